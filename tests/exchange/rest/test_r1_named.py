"""Whom a call names beside client and service: a represented party, and the gateway it shall go to."""

import json

import pytest

from tests.support.sandbox import Backend, Sandbox


@pytest.mark.parametrize(
    "party",
    [
        "PARTY/C03",
        "VN/PARTY/C03",
        "PARTY/B%C3%B6",
        "STATE/G22",
        "COM/0123",
        "PERSON/%C4%91",
        "EE/PARTY/X",
        # As with X-Road, of a class that members have, too: whom a call is made for need not be one.
        "PARTY/NOBODY",
        "VN/PARTY/NOBODY",
    ],
)
def test_a_party_may_be_represented(gateways: Sandbox, system: Backend, party: str) -> None:
    assert gateways.call("echo", f"X-Road-Represented-Party: {party}").status == 200
    # Byte for byte; the seal binds it with all headers.
    assert system.last.header("x-road-represented-party") == party


@pytest.mark.parametrize(
    ("lines", "error", "says"),
    [
        (["X-Road-Represented-Party: C03"], (500, "Server.ClientProxy.InternalError"), "3 parts"),
        (["X-Road-Represented-Party: "], (500, "Server.ClientProxy.InternalError"), "3 parts"),
        (["X-Road-Represented-Party: PARTY/"], (500, "Server.ClientProxy.InternalError"), "not well formed"),
        (["X-Road-Represented-Party: PARTY/.."], (500, "Server.ClientProxy.InternalError"), "not well formed"),
        (["X-Road-Represented-Party: PARTY/%4"], (500, "Server.ClientProxy.InternalError"), "percent escape"),
        (["X-Road-Represented-Party: VN/PARTY/C03/x"], (500, "Server.ClientProxy.InternalError"), "3 parts"),
        (["X-Road-Represented-Party: PARTY/C03"] * 2, (400, "Client.BadRequest"), "twice"),
        (
            ["X-Road-Security-Server: VN/STATE/G22/consumer"],
            (500, "Server.ClientProxy.InvalidSecurityServer"),
            "gateway",
        ),
        (["X-Road-Security-Server: VN/PARTY/A01/provider"], (500, "Server.ClientProxy.InvalidSecurityServer"), "gate"),
        (["X-Road-Security-Server: VN/STATE/GONE/provider"], (500, "Server.ClientProxy.InvalidSecurityServer"), "gat"),
        (["X-Road-Security-Server: VN/STATE/G22"], (500, "Server.ClientProxy.InternalError"), "4 parts"),
        (["X-Road-Security-Server: VN/STATE/G22/%zz"], (500, "Server.ClientProxy.InternalError"), "percent escape"),
    ],
)
def test_whom_a_call_names_beside_is_checked(
    gateways: Sandbox, system: Backend, lines: list[str], error: tuple[int, str], says: str
) -> None:
    reply = gateways.call("echo", *lines)
    told = json.loads(reply.body)
    assert (reply.status, told["type"]) == error
    assert reply.header("x-road-error") == told["type"]
    assert says in told["message"]
    assert not system.seen
