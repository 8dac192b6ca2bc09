"""Services every provider has: which methods there are, and which of them the caller may use (PR-MREST)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from lienthong.directory.model import Grant, Service
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.policy import grants_reaching
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.trust.header import Header

_OK: Final = 200
# A service as a whole: X-Road's base endpoint, which is not listed.
_WHOLE: Final = ("*", "/**")


def describe(directory: Snapshot, service: ServiceId, header: Header) -> tuple[int, HttpMessage]:
    """Answer ``listMethods`` (all services of the provider) or ``allowedMethods`` (those granted to the caller).

    Only services that are called by REST are listed. As with X-Road's servers, endpoints are the methods and
    paths that are granted one by one; a service granted as a whole to all has none.

    Returns:
        Status and JSON answer.
    """
    listed: list[dict[str, object]] = []
    for item in directory.services_of(service.provider):
        if item.type == "SOAP":
            continue
        endpoints = _endpoints(item.grants)
        if service.service == "allowedMethods":
            reaching = grants_reaching(item, parse_client(header.sender), directory)
            if not reaching:
                continue
            if _WHOLE not in _pairs(reaching):
                endpoints = _endpoints(reaching)
        listed.append(_described(item, endpoints))
    body = msgspec.json.encode({"service": listed})
    return _OK, HttpMessage(headers=(("content-type", "application/json;charset=utf-8"),), body=body)


def _pairs(grants: Iterable[Grant]) -> set[tuple[str, str]]:
    return {(method, grant.path) for grant in grants for method in grant.methods or ("*",)}


def _endpoints(grants: Iterable[Grant]) -> list[dict[str, str]]:
    return [{"method": method, "path": path} for method, path in sorted(_pairs(grants) - {_WHOLE})]


def _described(service: Service, endpoints: list[dict[str, str]]) -> dict[str, object]:
    return {
        "object_type": "SERVICE",
        "service_type": service.type,
        "xroad_instance": service.id.instance,
        "member_class": service.id.member_class,
        "member_code": service.id.member,
        "subsystem_code": service.id.subsystem,
        "service_code": service.id.service,
        "endpoint_list": endpoints,
    }
