"""Making calls: what is sent, what is believed of the answer, and what is recorded of both."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from lienthong.exchange import blobs, policy
from lienthong.exchange.caller import Call, Caller
from lienthong.exchange.errors import (
    AccessDenied,
    AnswerInvalid,
    CallerUnknown,
    CarrierTimeout,
    CarrierUnavailable,
    ConnectionMismatch,
    ExchangeError,
    LabelAboveCeiling,
    Malformed,
    NoResponder,
    ReceiverUnknown,
    RemoteError,
    RequestInvalid,
)
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Packet, Part, content_of, notice
from lienthong.exchange.transport.memory_broker import Listener
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import INTERNAL, Label, Level
from lienthong.trust.envelope import Session, session_id_of
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid, JournalError, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.seal import header_of
from tests.support.asgi import ask_web, r1
from tests.support.calls import FakeProvider, fill_disk, free_disk
from tests.support.gateways import CENTRE, COMMUNE, FILES, HSO, LOW, MALLORY, NEIGHBOUR, OTHER, UNITS, Echo, World

HEAD = encode_head(())


def call(
    client: ClientId = HSO, service: ServiceId = UNITS, path: str = "/a", body: bytes = b"", label: Label = INTERNAL
) -> Call:
    return Call(
        client=client,
        service=service,
        method="GET",
        path=path,
        message=HttpMessage(headers=(("x-road-client", str(client)),), body=body),
        connection=policy.Connection(),
        label=label,
    )


async def test_a_call_brings_the_services_answer(country: World, echo: Echo) -> None:
    made = call(body=b"question")
    answer = await country.running["tw"].caller.call(made)
    assert (answer.status, answer.message) == (200, echo.answer)
    assert echo.calls[0][3].body == b"question"
    (entry,) = country.entries("tw")
    assert (entry.direction, entry.kind, entry.verdict, entry.peer) == ("out", "request", "ok", str(UNITS))
    assert entry.id == str(made.id)
    asked, answered = map(header_of, entry.seals)
    assert (asked.kind, answered.kind) == (Kind.REQUEST, Kind.RESPONSE)
    assert answered.answers == content_of(entry.seals[0]).digest


async def test_later_calls_go_under_a_session(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = country.running["tw"]
    sent: list[bytes | None] = []
    request = gateway.node.carrier.request

    async def watched(subject: str, data: bytes, *, timeout: float) -> bytes:  # noqa: ASYNC109 - as the carrier has it
        sent.append(session_id_of(data))
        return await request(subject, data, timeout=timeout)

    monkeypatch.setattr(gateway.node.carrier, "request", watched)
    for _ in range(3):
        await gateway.caller.call(call())
    assert sent[0] is None
    assert sent[1] == sent[2] is not None
    # The provider has forgotten: the call is repeated at once, and carried out once.
    await country.restart("p1")
    await gateway.caller.call(call())
    assert sent[3] == sent[1]
    assert sent[4] is None
    backend = country.running["p1"].backend
    assert isinstance(backend, Echo)
    assert len(backend.calls) == 4
    country.clock.advance(MINUTE)
    await gateway.caller.call(call())
    assert sent[5] is None


async def test_a_confidential_service_is_called_under_its_label(country: World) -> None:
    await country.running["tw"].caller.call(call(service=FILES))
    assert {entry.label for entry in [*country.entries("tw"), *country.entries("p1")]} == {"confidential"}


async def test_large_bodies_travel_apart_both_ways(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=b"y" * (INLINE_LIMIT + 1))
    answer = await country.running["tw"].caller.call(call(body=b"x" * (INLINE_LIMIT + 1)))
    assert answer.message.body == echo.answer.body
    assert echo.calls[0][3].body == b"x" * (INLINE_LIMIT + 1)
    assert country.broker.streams["BLOB_tw"].messages
    assert country.broker.streams["BLOB_01"].messages


# -- refused on our side


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (call(client=LOW, path="/private"), AccessDenied),
        (call(client=LOW, label=Label(Level.SECRET)), LabelAboveCeiling),
        (call(service=replace(UNITS, member="none")), ReceiverUnknown),
        (replace(call(), connection=policy.Connection(clients=frozenset({str(LOW)}))), ConnectionMismatch),
    ],
)
async def test_our_own_policy_refuses_before_anything_leaves(
    country: World, echo: Echo, made: Call, error: type[ExchangeError]
) -> None:
    with pytest.raises(error):
        await country.running["tw"].caller.call(made)
    (entry,) = country.entries("tw")
    assert (entry.kind, entry.verdict, entry.seals) == ("refusal", error.code, ())
    assert country.entries("p1") == []
    assert not echo.calls


async def test_nobody_calls_in_the_name_of_an_organ_elsewhere(country: World) -> None:
    for client in (MALLORY, OrganId("VN", "PARTY", "none"), SubsystemId("VN", "PARTY", "U1", "reg")):
        with pytest.raises(CallerUnknown, match="site"):
            await country.running["tw"].caller.call(call(client=client))


async def test_a_header_that_no_provider_takes_is_not_sent(country: World) -> None:
    with pytest.raises(RequestInvalid):
        await country.running["tw"].caller.call(call(path="/" + "x" * 40_000))
    assert country.evidence("tw") == [("out", "failure", "bad_request")]
    assert country.entries("p1") == []


@pytest.mark.parametrize("ended", [CENTRE, COMMUNE])
async def test_a_missing_key_is_recorded(country: World, ended: OrganId) -> None:
    country.change(ended, keys=())
    with pytest.raises(KeyUnknown):
        await country.running["tw"].caller.call(call())
    assert country.evidence("tw") == [("out", "alarm", "key_unknown")]


async def test_without_room_for_evidence_there_is_no_answer(country: World, echo: Echo) -> None:
    gateway = country.running["tw"]
    await fill_disk(gateway)
    with pytest.raises(JournalError):
        await gateway.caller.call(call())
    with pytest.raises(JournalError):
        await gateway.caller.call(call(client=LOW, path="/private"))
    free_disk(gateway)
    assert (await gateway.caller.call(call())).status == 200
    assert len(echo.calls) == 2


# -- refused or lost on the other side


async def test_a_refusal_of_the_provider_is_passed_on_with_its_reason(country: World, echo: Echo) -> None:
    echo.error = AccessDenied("not today")
    with pytest.raises(RemoteError, match="not today") as caught:
        await country.running["tw"].caller.call(call())
    assert caught.value.remote_code == "access_denied"
    (entry,) = country.entries("tw")
    assert (entry.kind, entry.verdict) == ("refusal", "access_denied")
    assert header_of(entry.seals[1]).fault == "access_denied"


async def test_what_an_unsealed_notice_says_is_recorded_too(country: World) -> None:
    await fill_disk(country.running["p1"])
    with pytest.raises(RemoteError) as caught:
        await country.running["tw"].caller.call(call())
    assert caught.value.remote_code == "journal_unavailable"
    (entry,) = country.entries("tw")
    assert (entry.kind, entry.verdict, len(entry.seals)) == ("refusal", "journal_unavailable", 1)
    free_disk(country.running["p1"])


@pytest.mark.parametrize("code", ["unknown_session", "made_up"])
async def test_a_notice_may_say_anything_and_is_not_asked_for_ever(country: World, code: str) -> None:
    await country.stop("p1")
    fake = FakeProvider(country, lambda *_: notice(code))
    fake.listen()
    with pytest.raises(RemoteError, match=code):
        await country.running["tw"].caller.call(call())
    assert fake.calls == 1 + (code == "unknown_session")


async def test_nobody_at_the_other_end(country: World) -> None:
    await country.stop("p1")
    with pytest.raises(NoResponder):
        await country.running["tw"].caller.call(call())
    assert country.evidence("tw") == [("out", "failure", "no_responder")]


async def test_the_carrier_is_gone_before_and_in_the_middle(country: World, echo: Echo) -> None:
    async def lose() -> None:
        country.broker.stop()
        await asyncio.sleep(1)

    echo.before = lose
    for _ in range(2):
        with pytest.raises(CarrierUnavailable):
            await country.running["tw"].caller.call(call())
    assert country.evidence("tw") == [("out", "failure", "carrier_unavailable")] * 2
    # One was carried out, as far as we know: the provider's evidence says so.
    assert country.evidence("p1") == [("in", "request", "ok")]
    country.broker.start()
    echo.before = None
    assert (await country.running["tw"].caller.call(call())).status == 200


async def test_a_large_body_without_a_carrier_is_recorded(country: World) -> None:
    country.broker.stop()
    with pytest.raises(CarrierUnavailable):
        await country.running["tw"].caller.call(call(body=b"x" * (INLINE_LIMIT + 1)))
    assert country.evidence("tw") == [("out", "failure", "carrier_unavailable")]


async def test_an_answer_that_never_comes_is_not_waited_for(country: World, echo: Echo) -> None:
    async def sleep() -> None:
        await asyncio.sleep(10)

    echo.before = sleep
    impatient = Caller(country.running["tw"].node, timeout=30)
    with pytest.raises(CarrierTimeout):
        await impatient.call(call())
    assert country.evidence("tw") == [("out", "failure", "timeout")]


async def test_a_call_that_has_expired_in_the_meantime_is_not_repeated(country: World) -> None:
    await country.stop("p1")

    def late(*_: object) -> bytes:
        country.clock.advance(MINUTE)
        return notice("unknown_session")

    fake = FakeProvider(country, late)
    fake.listen()
    with pytest.raises(CarrierTimeout):
        await country.running["tw"].caller.call(call())
    assert fake.calls == 1


# -- answers that are not the provider's, or not to this call


type Change = Callable[[World, Header], Header]


def answered(
    world: World, *, by: OrganId = COMMUNE, change: Change | None = None, parts: tuple[Part, ...] = (HEAD, b"ok")
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
        return session.encrypt_response(Packet(sealed=world.seal(header, by), parts=parts).to_bytes(), aad=digest)

    return FakeProvider(world, make)


def with_fields(**fields: object) -> Change:
    return lambda _, header: replace(header, **fields)  # type: ignore[arg-type]


WRONG_BLOB = BlobRef(branch="02", site="p2", name="x", key=bytes(32), chunks=1)


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
        (COMMUNE, None, (HEAD, WRONG_BLOB), Malformed),
        (COMMUNE, with_fields(contents=()), (HEAD, WRONG_BLOB), AnswerInvalid),
        (COMMUNE, with_fields(contents=()), None, DigestMismatch),
        (COMMUNE, with_fields(contents=(content_of(b"x"), content_of(b"ok"))), (b"x", b"ok"), Malformed),
    ],
)
async def test_an_answer_that_does_not_hold_is_thrown_away(
    country: World,
    by: OrganId,
    change: Change | None,
    parts: tuple[Part, ...] | None,
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
        recorded.append(await true.answer(subject, data) or b"")
        return recorded[-1]

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


async def test_an_answer_in_a_large_content_of_another_site_is_not_fetched(country: World) -> None:
    await country.stop("p1")
    gateway = await country.start("p2")
    ref = await blobs.put(gateway.node.carrier, country.organ(MALLORY), b"ok")
    answered(country, parts=(HEAD, ref)).listen()
    with pytest.raises(Malformed, match="site p2"):
        await country.running["tw"].caller.call(call())


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
