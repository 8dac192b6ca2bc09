"""Services every provider has: what there is, what the caller may use of it, and how it is described (PR-MREST)."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from lienthong.directory.model import Grant, Service
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.errors import RequestInvalid, ServiceTypeInvalid, ServiceUnknown
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.policy import grants_reaching
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ServiceId, checked, parse_client
from lienthong.trust.header import Header

_OK: Final = 200
_MAX_FIELDS: Final = 32
# A service as a whole: X-Road's base endpoint, which is not listed.
_WHOLE: Final = ("*", "/**")


async def describe(
    directory: Snapshot, service: ServiceId, header: Header, descriptions: Descriptions
) -> tuple[int, HttpMessage]:
    """Answer a call to one of these services.

    Returns:
        Status and answer.

    Raises:
        RequestInvalid, ServiceUnknown, ServiceTypeInvalid: ``getOpenAPI`` of no service, or not of an OPENAPI one.
        DescriptionUnreadable: its description cannot be read.
    """
    if service.service == "getOpenAPI":
        return _OK, await descriptions.of(_described_service(directory, service, header.path))
    return _OK, _methods(directory, service, header)


def _described_service(directory: Snapshot, service: ServiceId, path: str) -> ServiceId:
    """Return the service whose description is asked for."""
    try:
        query = parse_qsl(path.partition("?")[2], errors="strict", max_num_fields=_MAX_FIELDS)
        code = next((checked(value) for name, value in query if name.lower() == "servicecode"), "")
    except (ValueError, IdentifierInvalid) as error:
        raise RequestInvalid(f"serviceCode: {error}") from error
    if not code:
        raise RequestInvalid("the parameter serviceCode is missing")
    provider = service.provider
    asked = ServiceId(provider.instance, provider.member_class, provider.member, provider.subsystem, code)
    found = directory.service(asked)
    if found is None:
        raise ServiceUnknown(str(asked))
    if found.type != "OPENAPI":
        raise ServiceTypeInvalid
    return asked


def _methods(directory: Snapshot, service: ServiceId, header: Header) -> HttpMessage:
    """Answer ``listMethods`` (all services of the provider) or ``allowedMethods`` (those granted to the caller).

    Only services that are called by REST are listed. As with X-Road's servers, endpoints are the methods and
    paths that are granted one by one; a service granted as a whole to all has none.
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
    return HttpMessage(headers=(("content-type", "application/json;charset=utf-8"),), body=body)


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
