"""Answers that are not the provider's, or not to this call; and what an information system sees of all that fails."""

import uuid
from collections.abc import Callable
from copy import replace

import pytest

from lienthong.exchange.errors import (
    AnswerInvalid,
    CallerUnknown,
    ExchangeError,
    Malformed,
)
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import CallPacket, CallPart, HeldRef, content_of
from lienthong.exchange.transport.memory_broker import Listener
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.envelope import Session
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from tests.support.asgi import ask_web, r1
from tests.support.calls import FakeProvider, call, fill_disk, free_disk
from tests.support.gateways import CENTRE, COMMUNE, FILES, HSO, LOW, MALLORY, NEIGHBOUR, OTHER, UNITS, Echo, World

HEAD = encode_head(())


# -- answers that are not the provider's, or not to this call


type Change = Callable[[World, Header], Header]


def answered(
    world: World, *, by: OrganId = COMMUNE, change: Change | None = None, parts: tuple[CallPart, ...] = (HEAD, b"ok")
) -> FakeProvider:
    """A provider that answers under a seal, in whatever way a test wants it to be wrong."""

    def make(request: Header, digest: bytes, session: Session) -> bytes:
        header = Header(
            kind=Kind.RESPONSE,
            id=request.id,
            sender=request.receiver,
            receiver=request.sender,
            label=request.label,
            created=request.created,
            expires=request.expires,
            answers=digest,
            status="200",
            contents=(content_of(HEAD), content_of(b"ok")),
        )
        if change is not None:
            header = change(world, header)
        return session.encrypt_response(CallPacket(sealed=world.seal(header, by), parts=parts).to_bytes(), aad=digest)

    return FakeProvider(world, make)


def with_fields(**fields: object) -> Change:
    return lambda _, header: replace(header, **fields)  # type: ignore[arg-type]  # by name


WRONG_REF = HeldRef(name=bytes(16), key=bytes(32), chunks=2)


@pytest.mark.parametrize(
    ("by", "change", "parts", "error"),
    [
        (OTHER, None, None, KeyUnknown),
        (CENTRE, None, None, KeyUnknown),
        (OTHER, with_fields(sender="VN/PARTY/U2/reg/units"), None, AnswerInvalid),
        (COMMUNE, with_fields(sender=str(FILES)), None, AnswerInvalid),
        (COMMUNE, with_fields(receiver=str(LOW)), None, AnswerInvalid),
        (COMMUNE, with_fields(id=uuid.UUID(int=5)), None, AnswerInvalid),
        (COMMUNE, with_fields(answers=bytes(32)), None, AnswerInvalid),
        (COMMUNE, with_fields(answers=b""), None, AnswerInvalid),
        (COMMUNE, with_fields(kind=Kind.MESSAGE, status="", sender=str(COMMUNE)), None, AnswerInvalid),
        (COMMUNE, with_fields(kind=Kind.RECEIPT, status="accepted", sender=str(COMMUNE)), None, AnswerInvalid),
        (COMMUNE, with_fields(status="99"), None, SealInvalid),
        (COMMUNE, with_fields(status=""), None, SealInvalid),
        (COMMUNE, None, (HEAD, b"no"), DigestMismatch),
        (COMMUNE, None, (HEAD,), AnswerInvalid),
        (COMMUNE, None, (), AnswerInvalid),
        (COMMUNE, None, (HEAD, b"ok", b""), AnswerInvalid),
        (COMMUNE, None, (HEAD, WRONG_REF), Malformed),
        (COMMUNE, with_fields(contents=()), (HEAD, WRONG_REF), AnswerInvalid),
        (COMMUNE, with_fields(contents=()), None, DigestMismatch),
        (COMMUNE, with_fields(contents=(content_of(b"x"), content_of(b"ok"))), (b"x", b"ok"), Malformed),
    ],
)
async def test_an_answer_that_does_not_hold_is_thrown_away(
    country: World,
    by: OrganId,
    change: Change | None,
    parts: tuple[CallPart, ...] | None,
    error: type[ExchangeError | TrustError],
) -> None:
    await country.stop("p1")
    answered(country, by=by, change=change, parts=(HEAD, b"ok") if parts is None else parts).listen()
    with pytest.raises(error):
        await country.running["tw"].caller.call(call())
    (entry,) = country.entries("tw")
    assert (entry.kind, entry.verdict) == ("alarm", error.code)
    # The call and the answer that was thrown away: both are evidence.
    assert len(entry.seals) == 2


async def test_an_answer_that_holds_is_taken(country: World) -> None:
    await country.stop("p1")
    answered(country).listen()
    assert (await country.running["tw"].caller.call(call())).message.body == b"ok"


async def test_an_answer_of_another_call_is_thrown_away(country: World) -> None:
    # Between the same two ends, recorded and played again: the answers of both calls are under one session.
    gateway = country.running["tw"]
    (true,) = country.broker.reached("rpc.01.p1.u1.tw.tw.a01")
    recorded: list[bytes] = []

    async def record(subject: str, data: bytes) -> bytes | None:
        if len(recorded) == 2:
            return recorded[1]
        answer = await true.answer(subject, data)
        assert isinstance(answer, bytes)
        recorded.append(answer)
        return answer

    country.broker.unlisten(true)
    country.broker.listen(Listener("rpc.01.p1.>", record, ""))
    await gateway.caller.call(call())
    await gateway.caller.call(call())
    with pytest.raises(EnvelopeInvalid):
        await gateway.caller.call(call())
    assert country.evidence("tw")[-1] == ("out", "alarm", "envelope_invalid")


@pytest.mark.parametrize("answer", [b"", b"\x00" * 50, b"\xd0\x80", b"\x82\x66notice\x01", b"\xff" * 300])
async def test_bytes_that_are_no_answer_are_thrown_away(country: World, answer: bytes) -> None:
    await country.stop("p1")
    FakeProvider(country, lambda *_: answer).listen()
    with pytest.raises(EnvelopeInvalid):
        await country.running["tw"].caller.call(call())
    assert country.evidence("tw") == [("out", "alarm", "envelope_invalid")]


# -- what an information system sees


@pytest.mark.parametrize(
    ("path", "headers", "status", "kind"),
    [
        (r1(UNITS, "/a"), {}, 500, "Server.ClientProxy.InternalError"),
        (r1(UNITS, "/a"), {"x-road-client": "VN/PARTY"}, 500, "Server.ClientProxy.InternalError"),
        (r1(UNITS, "/a"), {"x-road-client": "VN/PARTY/A01/%zz"}, 500, "Server.ClientProxy.InternalError"),
        ("/r1/VN/PARTY/U1/reg", {"x-road-client": str(HSO)}, 500, "Server.ClientProxy.InternalError"),
        ("/r1/VN/PARTY/U1/../units", {"x-road-client": str(HSO)}, 500, "Server.ClientProxy.InternalError"),
        (r1(UNITS, "/a"), {"x-road-client": str(MALLORY)}, 500, "Server.ClientProxy.UnknownMember"),
        (r1(UNITS, "/a"), {"x-road-client": "VN/PARTY/A01/none"}, 500, "Server.ClientProxy.UnknownMember"),
        (r1(replace(UNITS, member="none")), {"x-road-client": str(HSO)}, 500, "Server.ClientProxy.UnknownMember"),
        (r1(UNITS, "/private"), {"x-road-client": str(LOW)}, 500, "Server.ServerProxy.AccessDenied"),
        (r1(UNITS, "/public/../x"), {"x-road-client": str(LOW)}, 500, "Server.ServerProxy.AccessDenied"),
        (
            r1(UNITS, "/a"),
            {"x-road-client": str(HSO), "x-lienthong-label": "top-secret"},
            500,
            "Server.ClientProxy.AccessDenied",
        ),
        (
            r1(UNITS, "/a"),
            {"x-road-client": str(HSO), "x-lienthong-label": "x"},
            500,
            "Server.ClientProxy.InternalError",
        ),
        (r1(UNITS, "/" + "x" * 40_000), {"x-road-client": str(HSO)}, 400, "Client.BadRequest"),
    ],
)
async def test_what_is_malformed_or_refused_is_said_in_xroads_form(
    country: World, path: str, headers: dict[str, str], status: int, kind: str
) -> None:
    reply = await ask_web(country.running["tw"], "GET", path, headers=headers)
    assert (reply.status, reply.headers["x-road-error"]) == (status, kind)
    assert kind.encode() in reply.body


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        ("carrier", "Server.ClientProxy.NetworkError"),
        ("provider", "Server.ClientProxy.NetworkError"),
        ("disk", "Server.ServerProxy.InternalError"),
        ("own disk", "Server.ClientProxy.InternalError"),
        ("directory", "Server.ClientProxy.OutdatedGlobalConf"),
        ("answer", "Server.ClientProxy.InconsistentResponse"),
        ("replayed", "Server.ServerProxy.MessageReplayed"),
    ],
)
async def test_what_is_broken_is_said_in_xroads_form(country: World, echo: Echo, break_it: str, kind: str) -> None:
    match break_it:
        case "carrier":
            country.broker.stop()
        case "provider":
            await country.stop("p1")
        case "disk":
            await fill_disk(country.running["p1"])
        case "own disk":
            # As it is when the disk fills up later: the web face has its tables.
            await ask_web(country.running["tw"], "GET", "/listClients")
            await fill_disk(country.running["tw"])
        case "directory":
            country.clock.advance(1)
            now = country.clock.now()
            country.directory.snapshot = replace(country.directory.snapshot, expires=now - 1, grace_until=now)
        case "answer":
            await country.stop("p1")
            answered(country, change=with_fields(id=uuid.UUID(int=5))).listen()
        case "replayed":
            await country.stop("p1")
            answered(country, change=with_fields(status="", fault="replayed", note="Again."), parts=()).listen()
    reply = await ask_web(country.running["tw"], "GET", r1(UNITS, "/a"), headers={"x-road-client": str(HSO)})
    assert (reply.status, reply.headers["x-road-error"]) == (500, kind)
    for site in country.running:
        free_disk(country.running[site])


async def test_a_call_is_answered_through_the_web_face(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(("x-road-client", "forged"), ("x-mine", "1")), body=b"body")
    reply = await ask_web(
        country.running["tw"], "GET", r1(UNITS, "/a%20b?x=%2f"), headers={"X-Road-Client": str(HSO)}, body=b"ask"
    )
    assert (reply.status, reply.body, reply.headers["x-mine"]) == (200, b"body", "1")
    assert reply.headers["x-road-client"] == str(HSO)
    ((_, _, path, message),) = echo.calls
    assert (path, message.body) == ("/a%20b?x=%2f", b"ask")
    assert message.header("x-road-client") == str(HSO)


async def test_an_unknown_organ_of_ours_is_not_called_for(country: World) -> None:
    with pytest.raises(CallerUnknown):
        await country.running["tw"].caller.call(call(client=replace(NEIGHBOUR, member="A03")))
