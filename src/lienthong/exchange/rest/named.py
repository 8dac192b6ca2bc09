"""Whom a request names beside client and service: a party it is made for, and the gateway it shall go to."""

from typing import Final

from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.errors import RequestInvalid, SecurityServerInvalid
from lienthong.exchange.http import Headers
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import OrganId, ServiceId, part_of

REPRESENTED: Final = "x-road-represented-party"
SERVER: Final = "x-road-security-server"
_CHECKED: Final = frozenset({REPRESENTED, SERVER})
_LOCAL_PARTS: Final = 2
_SERVER_PARTS: Final = 4


def check(headers: Headers, service: ServiceId, directory: Snapshot) -> None:
    """Check the headers that name somebody; they travel as they came, bound by the seal to the rest.

    Args:
        headers: names in lower case.
        service: what is called.
        directory: who is known.

    Raises:
        RequestInvalid: one of them is there twice: another reader might take the other.
        IdentifierInvalid: malformed.
        SecurityServerInvalid: another gateway than the provider's.
    """
    named: dict[str, str] = {}
    for name, value in headers:
        if name in _CHECKED:
            if name in named:
                raise RequestInvalid(f"{name} is there twice")
            named[name] = value
    if REPRESENTED in named:
        _check_party(named[REPRESENTED], directory.instance)
    if SERVER in named:
        _check_server(named[SERVER], service, directory)


def _check_party(text: str, instance: str) -> None:
    """Check the form, ``[INSTANCE/]CLASS/MEMBER``: who is represented, such as a company, need not be a member.

    Nothing is granted to whoever is named here, so that there is nothing to gain by it.
    """
    parts = text.split("/")
    if len(parts) == _LOCAL_PARTS:
        OrganId(instance, *map(part_of, parts))
    else:
        OrganId.parse(text)


def _check_server(text: str, service: ServiceId, directory: Snapshot) -> None:
    """Check ``INSTANCE/CLASS/MEMBER/SERVER``: an organ, and the code of the site that serves it and the provider."""
    parts = [part_of(part) for part in text.split("/")]
    if len(parts) != _SERVER_PARTS:
        raise IdentifierInvalid(f"{text[:200]!r} has not {_SERVER_PARTS} parts")
    owner, provider = directory.organ(OrganId(*parts[:3])), directory.organ(service.organ)
    sites = {parts[3], None if owner is None else owner.site, None if provider is None else provider.site}
    if len(sites) > 1:
        raise SecurityServerInvalid(text[:200])
