"""Services every provider has: which methods there are, and which of them the caller may use (PR-MREST)."""

from typing import Final

import msgspec

from lienthong.directory.model import Service
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.policy import grants_reaching
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.trust.header import Header

_OK: Final = 200


def describe(directory: Snapshot, service: ServiceId, header: Header) -> tuple[int, HttpMessage]:
    """Answer ``listMethods`` (all services of the provider) or ``allowedMethods`` (those granted to the caller).

    Only services that are called by REST are listed.

    Returns:
        Status and JSON answer.
    """
    client = parse_client(header.sender)
    found = tuple(item for item in directory.services_of(service.provider) if item.type != "SOAP")
    if service.service == "allowedMethods":
        found = tuple(item for item in found if grants_reaching(item, client, directory))
    body = msgspec.json.encode({"service": [_described(item) for item in found]})
    return _OK, HttpMessage(headers=(("content-type", "application/json;charset=utf-8"),), body=body)


def _described(service: Service) -> dict[str, object]:
    return {
        "object_type": "SERVICE",
        "service_type": service.type,
        "xroad_instance": service.id.instance,
        "member_class": service.id.member_class,
        "member_code": service.id.member,
        "subsystem_code": service.id.subsystem,
        "service_code": service.id.service,
        "endpoint_list": [
            {"method": method, "path": path}
            for path, methods in sorted({(grant.path, grant.methods) for grant in service.grants})
            for method in sorted(methods) or ["*"]
        ],
    }
