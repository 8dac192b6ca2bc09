"""``/verificationconf``: what it takes to check containers and evidence somewhere else, without a network."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from lienthong.exchange.asic.container import zip_of
from lienthong.exchange.asic.containers import Containers
from lienthong.exchange.shared_params import shared_params

_FOLDER: Final = "verificationconf"


def verification_conf(containers: Containers, *, root: bytes) -> Response:
    """Return the ZIP file: the instance, its members and authorities, and the directory's root.

    Args:
        containers: whose certificates sign and stamp.
        root: root metadata of the directory that this gateway was given to trust.
    """
    directory = containers.node.snapshot
    signer, authority = containers.signer, containers.authority
    authorities = () if signer is None else (signer.chain or (signer.certificate,))[-1:]
    stamping = () if authority is None else [(authority.url, each) for each in authority.certificates]
    # An instance may be called anything: in a path it is one part, whatever it contains.
    folder = f"{_FOLDER}/{quote(directory.instance, safe='')}"
    members = {
        f"{_FOLDER}/instance-identifier": directory.instance.encode(),
        f"{folder}/shared-params.xml": shared_params(directory, authorities=authorities, timestamping=stamping),
        f"{folder}/root.json": root,
    }
    return Response(
        zip_of(members, at=containers.node.clock.now()),
        media_type="application/zip",
        headers={"content-disposition": 'attachment; filename="verificationconf.zip"'},
    )
