"""A world whose gateways keep what calls carry, and hand out containers of it."""

import io
import subprocess
import zipfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.asic.container import MANIFEST, MIMETYPE, SIGNATURE
from lienthong.exchange.asic.containers import Containers
from lienthong.exchange.asic.local import make_local
from lienthong.exchange.asic.signer import Signer
from lienthong.exchange.asic.timestamp import Authority
from lienthong.exchange.exchanged import Call
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.policy import Connection
from lienthong.kernel.clock import SECOND
from lienthong.kernel.identifiers import ClientId, ServiceId
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust.keystore import MemoryKeyStore
from tests.support.gateways import HSO, UNITS, Echo, World

FULL: Final = Settings(keep=Keep.FULL)


def asking(
    query: str = "q1",
    *,
    client: ClientId = HSO,
    service: ServiceId = UNITS,
    body: bytes = b"asked",
    label: Label = INTERNAL,
) -> Call:
    """A call with an X-Road-Id, as an information system makes it."""
    headers = (("x-road-client", str(client)), ("x-road-id", query))
    return Call(
        client=client,
        service=service,
        method="POST",
        path="/a?b=c",
        message=HttpMessage(headers=headers, body=body),
        connection=Connection(),
        label=label,
    )


@asynccontextmanager
async def keeping(folder: Path, settings: Settings = FULL, echo: Echo | None = None) -> AsyncGenerator[World]:
    """A world in which the gateways of centre and province keep what calls carry."""
    made = World(folder=folder, archive=settings)
    try:
        await made.start("tw")
        await made.start("p1", echo or Echo())
        yield made
    finally:
        await made.close()


def signer_in(folder: Path, world: World) -> Signer:
    """A signer whose authority is in ``authority.pem`` of the folder."""
    certificate, key = make_local("Gateway of a test", world.clock.now())
    (folder / "asic.pem").write_bytes(certificate)
    (folder / "asic.key").touch(mode=0o600)
    (folder / "asic.key").write_bytes(key)
    signer = Signer.load(folder / "asic.pem", folder / "asic.key", MemoryKeyStore())
    (folder / "authority.pem").write_bytes(signer.chain[-1].public_bytes(Encoding.PEM))
    return signer


def containers_of(world: World, site: str, signer: Signer | None, authority: Authority | None = None) -> Containers:
    """What hands out containers at a gateway."""
    gateway = world.running[site]
    return Containers(
        node=gateway.node,
        archive=gateway.archive,
        signer=signer,
        authority=authority,
        published=world.published,
        checkpoint=gateway.checkpoint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container taken apart."""

    data: bytes

    @property
    def members(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist()}

    def __getitem__(self, name: str) -> bytes:
        return self.members[name]


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these members in their order, the media type stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == MIMETYPE else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def openssl_verifies(container: Container, folder: Path, world: World) -> subprocess.CompletedProcess[str]:
    """Have `openssl cms` check the signature over the manifest, from the authority in the folder."""
    (folder / "manifest.xml").write_bytes(container[MANIFEST])
    (folder / "signature.p7s").write_bytes(container[SIGNATURE])
    return subprocess.run(
        [
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "signature.p7s"),
            *("-content", folder / "manifest.xml", "-CAfile", folder / "authority.pem", "-out", "/dev/null"),
            *("-attime", str(world.clock.now() // SECOND)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
