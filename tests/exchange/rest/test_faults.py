"""Errors in the form that X-Road's clients expect."""

import json
import uuid
from xml.etree import ElementTree as ET

import pytest

from lienthong.exchange import errors
from lienthong.exchange.rest.faults import Codes, fault, type_of
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.trust.errors import JournalError, KeyUnknown


@pytest.mark.parametrize(
    ("error", "classic", "modern", "status"),
    [
        (errors.RequestInvalid("x"), "Client.BadRequest", "client.bad_request", 400),
        (errors.AccessDenied("x"), "Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied", 500),
        (errors.PurposeMissing("x"), "Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied", 500),
        (errors.ServiceTypeInvalid(), "Server.ServerProxy.ServiceType", "server.serverproxy.service_type", 500),
        (errors.ServiceUnknown("x"), "Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", 500),
        (errors.CallerUnknown("x"), "Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", 500),
        (errors.DirectoryStale("x"), "Server.ClientProxy.OutdatedGlobalConf", None, 500),
        (errors.CarrierTimeout("x"), "Server.ClientProxy.NetworkError", "server.clientproxy.network_error", 500),
        (errors.RemoteError("access_denied", "no"), "Server.ServerProxy.AccessDenied", None, 500),
        (errors.RemoteError("service_failed", "no"), "Server.ServerProxy.ServiceFailed", None, 500),
        (errors.RemoteError("never_heard_of", "no"), "Server.ServerProxy.InternalError", None, 500),
        (IdentifierInvalid("x"), "Server.ClientProxy.InternalError", "server.clientproxy.internal_error", 500),
        (JournalError("x"), "Server.ClientProxy.InternalError", None, 500),
        (KeyUnknown("x"), "Server.ClientProxy.InternalError", None, 500),
    ],
)
def test_types_and_status(error: LienthongError, classic: str, modern: str | None, status: int) -> None:
    assert type_of(error) == classic
    old = fault(error, accept="", codes=Codes.CLASSIC)
    new = fault(error, accept="", codes=Codes.V7_8)
    assert (old.type, old.status, new.status) == (classic, status, status)
    assert new.type == (modern or new.type.lower())
    assert "." in new.type


def test_json_has_type_message_and_an_id_for_the_log() -> None:
    made = fault(errors.RemoteError("access_denied", 'no "way"'), accept="*/*", codes=Codes.CLASSIC)
    assert json.loads(made.body) == {
        "type": "Server.ServerProxy.AccessDenied",
        "message": 'no "way"',
        "detail": made.detail,
    }
    assert uuid.UUID(made.detail).version == 4


def test_xml_escapes_what_others_wrote() -> None:
    made = fault(errors.RemoteError("access_denied", "<&>"), accept="text/xml", codes=Codes.CLASSIC)
    assert [element.text for element in ET.fromstring(made.body)] == [  # noqa: S314 - our own
        "Server.ServerProxy.AccessDenied",
        "<&>",
        made.detail,
    ]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "application/json"),
        ("nonsense;;,,", "application/json"),
        ("text/xml", "text/xml"),
        ("application/xml", "application/xml"),
        ("text/*", "text/xml"),
        (" Text/XML ; charset=x ", "text/xml"),
        ("text/xml;q=0.1, application/xml;q=0.9", "text/xml"),
        ("application/json, application/xml", "application/xml"),
    ],
)
def test_first_xml_type_of_accept_decides(accept: str, content_type: str) -> None:
    made = fault(errors.AccessDenied(), accept=accept, codes=Codes.CLASSIC)
    assert made.content_type == f"{content_type};charset=utf-8"


def test_service_type_has_x_road_s_words_from_either_side() -> None:
    assert str(errors.ServiceTypeInvalid()) == "Invalid service type: REST"
    assert errors.fault_of(errors.ServiceTypeInvalid.code) == "ServiceType"
