"""Names of members, subsystems and services: how they may be written, and what is none."""

import pytest

from tests.conformance.conftest import MEMBER, ODD_CLIENT, ODD_PROVIDER, PLAIN_CLIENT, PLAIN_PROVIDER
from tests.support.recorder import Recorder
from tests.support.sandbox import CONSUMER, PROVIDER
from tests.support.wire import Face

ODD_SERVICE = f"{ODD_PROVIDER}/s%2F%C3%B6%20%3F"
PLAIN_SERVICE = f"{PLAIN_PROVIDER}/svc'()+,-.=%3F"
INTERNAL = "Server.ClientProxy.InternalError"

# Each as a part of an identifier, percent-encoded.
REFUSED = {
    "empty": "",
    "dot": ".",
    "dots": "..",
    "dot encoded": "%2E",
    "dots encoded": "%2e%2E",
    "dots half encoded": ".%2e",
    "null": "a%00",
    "line feed": "%0Aa",
    "carriage return": "a%0Db",
    "tab": "a%09b",
    "escape": "%1B",
    "delete": "a%7F",
    "C1 control": "a%C2%85b",
    "zero-width space": "a%E2%80%8Bb",
    "zero-width joiner": "a%E2%80%8Db",
    "byte order mark": "%EF%BB%BFa",
    "right-to-left override": "a%E2%80%AEb",
    "soft hyphen": "a%C2%ADb",
    "line separator": "a%E2%80%A8b",
    "private use": "a%EE%80%80",
    "broken escape": "a%zz",
    "cut-off escape": "a%C",
    "lone percent": "a%",
    "not UTF-8": "a%FF",
    "cut-off UTF-8": "a%C3",
    "overlong UTF-8": "a%C0%AF",
    "surrogate": "a%ED%A0%80",
    "256 characters": "x" * 256,
}


@pytest.mark.line("Call: characters of the specification", "Call: parts are percent-encoded")
@pytest.mark.parametrize(
    ("client", "target"),
    [
        (PLAIN_CLIENT, PLAIN_SERVICE),
        # Encoded without need names the same.
        (
            PLAIN_CLIENT.replace("'()", "%27%28%29").replace("-.", "%2D%2e"),
            PLAIN_SERVICE.replace("()", "%28%29").replace("svc", "%73v%63"),
        ),
    ],
)
def test_all_characters_of_the_specification_are_taken(
    gateway: Face, service: Recorder, client: str, target: str
) -> None:
    got = gateway.call(f"/r1/{target}/a%2Fb", client=client)
    assert (got.status, service.only().target) == (200, "/plain/a%2Fb")
    assert (got.header("x-road-client"), got.header("x-road-service")) == (PLAIN_CLIENT, PLAIN_SERVICE)


@pytest.mark.line("Call: other printable characters", "Call: parts are percent-encoded")
@pytest.mark.parametrize(
    ("client", "target"),
    [
        (ODD_CLIENT, ODD_SERVICE),
        (ODD_CLIENT.lower().replace("vn/p", "VN/P").replace("rt", "RT").replace("/b", "/B"), ODD_SERVICE),
        (ODD_CLIENT, ODD_SERVICE.replace("%C3%B6", "%c3%b6").replace("%2F", "%2f")),
        # A tilde needs no encoding; nor do, in a path, ! : and @.
        (ODD_CLIENT, ODD_SERVICE.replace("%7E", "~").replace("%21", "!").replace("%3A", ":").replace("%40", "@")),
    ],
)
def test_any_printable_character_is_taken(gateway: Face, service: Recorder, client: str, target: str) -> None:
    got = gateway.call(f"/r1/{target}/x?y", client=client)
    assert (got.status, service.only().target) == (200, "/odd/x?y")
    assert got.header("x-road-client").startswith("VN/P%C3%81RT%C3%9D/B%C3%B6%20&%3C%3E%22/s%2Fub")


@pytest.mark.line("Call: other printable characters")
@pytest.mark.parametrize(
    "target",
    [
        # The slash inside a part is no separator, and a separator is not a slash inside a part.
        ODD_SERVICE.replace("%2FATE", "/ATE"),
        PROVIDER.replace("STATE/G22", "STATE%2FG22") + "/echo",
        f"{PROVIDER}%2Fecho",
        # Names are compared character by character: neither case nor composition is folded.
        ODD_SERVICE.replace("%C3%B6", "%C3%96"),
        ODD_SERVICE.replace("%C3%B6", "o%CC%88"),
        f"{PROVIDER}/Echo",
        PROVIDER.lower().replace("vn", "VN") + "/echo",
    ],
)
def test_what_only_looks_alike_is_another_name(gateway: Face, service: Recorder, target: str) -> None:
    got = gateway.call(f"/r1/{target}")
    assert got.status == 500
    assert got.error in {
        "Server.ClientProxy.UnknownMember",
        "Server.ServerProxy.UnknownService",
        "Server.ClientProxy.InternalError",
    }
    assert service.taken() == []


@pytest.mark.line("Call: refused parts", "Errors: 500 where the client is missing or malformed")
@pytest.mark.parametrize("part", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("place", range(5))
def test_a_part_of_a_service_s_name_that_is_none_is_refused(
    gateway: Face, service: Recorder, part: str, place: int
) -> None:
    parts = [*PROVIDER.split("/"), "echo"]
    parts[place] = part
    got = gateway.call(f"/r1/{'/'.join(parts)}/a")
    assert (got.status, got.error) == (500, INTERNAL)
    assert service.taken() == []


@pytest.mark.line("Call: refused parts", "Errors: 500 where the client is missing or malformed")
@pytest.mark.parametrize("part", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("place", range(4))
def test_a_part_of_a_client_s_name_that_is_none_is_refused(
    gateway: Face, service: Recorder, part: str, place: int
) -> None:
    parts = CONSUMER.split("/")
    parts[place] = part
    got = gateway.call("echo", client="/".join(parts))
    assert (got.status, got.error) == (500, INTERNAL)
    assert service.taken() == []


@pytest.mark.line("Call: X-Road-Client", "Errors: 500 where the client is missing or malformed")
@pytest.mark.parametrize(
    "client",
    ["", " ", "VN", "VN/PARTY", "/VN/PARTY/A01", "VN/PARTY/A01/", f"{CONSUMER}/", f"{CONSUMER}/x", "VN%2FPARTY%2FA01"],
)
def test_a_client_of_another_number_of_parts_is_refused(gateway: Face, service: Recorder, client: str) -> None:
    got = gateway.call("echo", client=client)
    assert (got.status, got.error) == (500, INTERNAL)
    assert service.taken() == []


@pytest.mark.line("Call: X-Road-Client", "Call: other printable characters")
def test_a_client_in_raw_utf_8_is_none(gateway: Face, service: Recorder) -> None:
    raw = "VN/PÁRTÝ/Bö %26%3C%3E%22/s%2Fub".encode().decode("latin-1")
    assert gateway.call(f"/r1/{ODD_SERVICE}", client=raw).status == 500
    assert service.taken() == []


@pytest.mark.line("Call: address", "Errors: 500 where the client is missing or malformed")
@pytest.mark.parametrize("target", ["/r1/", "/r1/VN", "/r1/VN/STATE/G22", f"/r1/{PROVIDER}", f"/r1/{PROVIDER}?x=/echo"])
def test_an_address_without_a_service_is_refused(gateway: Face, service: Recorder, target: str) -> None:
    got = gateway.call(target)
    assert (got.status, got.error) == (500, INTERNAL)
    assert service.taken() == []


@pytest.mark.line("Call: X-Road-Client")
@pytest.mark.parametrize("client", [CONSUMER, ODD_CLIENT, PLAIN_CLIENT, MEMBER])
def test_subsystems_and_bare_members_may_call(gateway: Face, service: Recorder, client: str) -> None:
    got = gateway.call("echo", client=client)
    assert got.status == 200
    assert service.only().header("x-road-client") == client


@pytest.mark.line("Call: X-Road-Client")
@pytest.mark.parametrize(
    ("client", "kind"),
    [
        ("VN/PARTY/A01/Nobody", "Server.ClientProxy.UnknownMember"),
        ("VN/PARTY/A99/Consumer", "Server.ClientProxy.UnknownMember"),
        ("VN/NONE/A01/Consumer", "Server.ClientProxy.UnknownMember"),
        ("EE/PARTY/A01/Consumer", "Server.ClientProxy.UnknownMember"),
        (f"{MEMBER}/x", "Server.ClientProxy.UnknownMember"),
        # Served by the other gateway: nobody here may speak for it.
        (PROVIDER, "Server.ClientProxy.UnknownMember"),
        # The member whose subsystem is a consumer is not one itself.
        ("VN/PARTY/A01", "Server.ServerProxy.AccessDenied"),
    ],
)
def test_who_is_not_known_may_not_call(gateway: Face, service: Recorder, client: str, kind: str) -> None:
    got = gateway.call("echo", client=client)
    assert (got.status, got.error) == (500, kind)
    assert service.taken() == []


@pytest.mark.line("Call: address")
@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("VN/STATE/G22/Nope/echo", "Server.ClientProxy.UnknownMember"),
        ("VN/STATE/G99/Provider/echo", "Server.ClientProxy.UnknownMember"),
        ("VN/NONE/G22/Provider/echo", "Server.ClientProxy.UnknownMember"),
        ("EE/STATE/G22/Provider/echo", "Server.ClientProxy.UnknownMember"),
        (f"{PROVIDER}/nope", "Server.ServerProxy.UnknownService"),
        (f"{CONSUMER}/echo", "Server.ServerProxy.UnknownService"),
    ],
)
def test_what_is_not_known_cannot_be_called(gateway: Face, service: Recorder, target: str, kind: str) -> None:
    got = gateway.call(f"/r1/{target}/a?b")
    assert (got.status, got.error) == (500, kind)
    assert service.taken() == []
