"""Making calls: what is sent, what is believed of the answer, and what is recorded of both."""

import asyncio
from collections.abc import AsyncGenerator
from copy import replace

import pytest

from lienthong.exchange import policy
from lienthong.exchange.caller import Caller
from lienthong.exchange.errors import (
    AccessDenied,
    CallerUnknown,
    CarrierTimeout,
    CarrierUnavailable,
    ConnectionMismatch,
    ExchangeError,
    LabelAboveCeiling,
    NoResponder,
    ReceiverUnknown,
    RemoteError,
    RequestInvalid,
)
from lienthong.exchange.exchanged import Call
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import INLINE_LIMIT, content_of, notice
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import OrganId, SubsystemId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.envelope import session_id_of
from lienthong.trust.errors import JournalError, KeyUnknown
from lienthong.trust.header import Kind
from lienthong.trust.seal import header_of
from tests.support.calls import FakeProvider, call, fill_disk, free_disk
from tests.support.gateways import CENTRE, COMMUNE, FILES, LOW, MALLORY, UNITS, Echo, World, turns
from tests.support.whole import whole

HEAD = encode_head(())


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
    request = gateway.node.carrier.request_many

    def watched(subject: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:
        sent.append(session_id_of(data))
        return request(subject, data, timeout=timeout)

    monkeypatch.setattr(gateway.node.carrier, "request_many", watched)
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
    assert await whole(answer.message.body) == echo.answer.body
    assert echo.calls[0][3].body == b"x" * (INLINE_LIMIT + 1)
    # The carrier stores nothing of it, and nothing of it stays at either gateway.
    assert not country.broker.streams["BLOB_tw"].messages
    assert not country.broker.streams["BLOB_01"].messages
    await turns()
    assert [country.running[site].node.spool.used for site in ("tw", "p1")] == [0, 0]


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
