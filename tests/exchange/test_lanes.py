"""Lanes: calls that wait together travel together, and each ends by itself, with its own evidence."""

import asyncio

import pytest

from lienthong.directory.entries import GrantEntry, ServiceEntry
from lienthong.exchange import policy
from lienthong.exchange.asks import PREFIXES
from lienthong.exchange.errors import (
    AccessDenied,
    BodyGone,
    RemoteError,
)
from lienthong.exchange.exchanged import Call
from lienthong.exchange.http import HttpMessage, LargeBody
from lienthong.exchange.packet import INLINE_LIMIT, content_of
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import ServiceId
from lienthong.trust.envelope import session_id_of
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.header import Kind
from lienthong.trust.seal import header_of
from tests.support.bundles import ANSWERED, ASKED, Told, Traffic, calls, made, recorded, watched
from tests.support.calls import call
from tests.support.gateways import COMMUNE, FILES, HSO, LOW, MALLORY, UNITS, StaticDirectory, World, turns
from tests.support.whole import whole


@pytest.fixture
def echo() -> Told:
    """A service that answers with the path."""
    return Told()


@pytest.fixture
def traffic(country: World, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """What the centre's gateway sends and gets."""
    return watched(country.running["tw"], monkeypatch)


# -- together


@pytest.mark.parametrize("count", [1, 2, 20, 24])
async def test_calls_of_one_turn_leave_as_one_message(country: World, echo: Told, traffic: Traffic, count: int) -> None:
    wanted = calls(count)
    assert await made(country, wanted) == [b"/%d" % number for number in range(count)]
    assert len(traffic.sent) == 1
    assert sorted(echo.paths()) == sorted(one.path for one in wanted)
    for one in wanted:
        assert recorded(country, "tw", one) == ASKED
        assert recorded(country, "p1", one) == ANSWERED


async def test_calls_of_turns_that_follow_each_other_leave_as_one_message(country: World, traffic: Traffic) -> None:
    async def later(place: int) -> list[object]:
        await turns(place)
        return await made(country, calls(2))

    assert await asyncio.gather(*map(later, range(3))) == [[b"/0", b"/1"]] * 3
    assert len(traffic.sent) == 1


async def test_calls_that_keep_coming_hold_none_back(country: World, traffic: Traffic) -> None:
    made_later = []
    for _ in range(20):
        made_later.append(asyncio.create_task(made(country, calls(1))))
        await turns(1)
    left = len(traffic.sent)
    await asyncio.gather(*made_later)
    assert left >= 2


async def test_a_full_message_leaves_at_once(country: World, traffic: Traffic) -> None:
    wanted = calls(25)
    made_later = [asyncio.create_task(made(country, [one])) for one in wanted[:24]]
    await turns(2)
    assert len(traffic.sent) == 1
    await asyncio.gather(*made_later, made(country, wanted[24:]))
    assert len(traffic.sent) == 2


async def test_evidence_is_that_of_calls_that_came_alone(country: World) -> None:
    wanted = calls(5)
    await made(country, wanted)
    ours = {entry.id: entry for entry in country.entries("tw")}
    theirs = {(entry.id, entry.direction): entry for entry in country.entries("p1")}
    for one in wanted:
        asked, answered = ours[str(one.id)].seals
        assert theirs[str(one.id), "in"].seals == (asked,)
        assert theirs[str(one.id), "out"].seals == (answered,)
        for sealed, kind in ((asked, Kind.REQUEST), (answered, Kind.RESPONSE)):
            header = country.running["tw"].node.open_seal(sealed).header
            assert (header.kind, str(header.id)) == (kind, str(one.id))
        assert header_of(answered).answers == content_of(asked).digest
        assert header_of(asked).path == one.path


async def test_more_than_fit_leave_in_several_messages(country: World, traffic: Traffic) -> None:
    assert await made(country, calls(70)) == [b"/%d" % number for number in range(70)]
    assert len(traffic.sent) == 3


async def test_large_headers_are_divided_so_that_the_carrier_takes_them(country: World, traffic: Traffic) -> None:
    wanted = [call(path=f"/{number}?" + "x" * 30_000, body=bytes(10_000)) for number in range(40)]
    assert await made(country, wanted) == [one.path.encode() for one in wanted]
    assert len(traffic.sent) > 4
    assert max(map(len, traffic.sent)) <= country.broker.max_payload


async def test_a_call_alone_travels_as_before(country: World, traffic: Traffic) -> None:
    await made(country, calls(1))
    ((asked, _),) = [entry.seals for entry in country.entries("tw")]
    # Nobody's proof in it.
    assert len(asked) < 700
    assert len(traffic.sent) == len(traffic.come) == 1


async def test_calls_of_later_turns_do_not_wait(country: World, echo: Told, traffic: Traffic) -> None:
    echo.held["/0"] = asyncio.Event()
    caller = country.running["tw"].caller
    first = asyncio.ensure_future(caller.call(call(path="/0")))
    await turns(5)
    assert (await caller.call(call(path="/1"))).message.body == b"/1"
    assert not first.done()
    assert len(traffic.sent) == 2
    echo.held["/0"].set()
    assert (await first).message.body == b"/0"


async def test_systems_of_one_organ_share_a_message_and_other_services_keys_do_not(
    country: World, traffic: Traffic
) -> None:
    wanted = [call(), call(LOW, path="/public/x"), call(service=FILES, path="/f"), call(service=FILES, path="/g")]
    assert await made(country, wanted) == [b"/a", b"/public/x", b"/f", b"/g"]
    # What is confidential goes under the stronger key, by itself.
    assert len(traffic.sent) == 2


async def test_calls_to_several_organs_go_to_each(country: World, traffic: Traffic) -> None:
    await country.start("p2")
    outcomes = await made(
        country, [call(path="/0"), call(service=ServiceId("VN", "STATE", "M1", "spy", "listMethods"))]
    )
    assert outcomes[0] == b"/0"
    assert isinstance(outcomes[1], bytes)
    assert len(traffic.sent) == 2
    assert country.organ(MALLORY).site == "p2"


async def test_a_slow_service_holds_up_nobody_else(country: World, echo: Told) -> None:
    echo.held["/1"] = asyncio.Event()
    wanted = calls(4)
    caller = country.running["tw"].caller
    tasks = [asyncio.ensure_future(caller.call(one)) for one in wanted]
    await asyncio.wait([tasks[0], *tasks[2:]], timeout=5)
    assert [task.done() for task in tasks] == [True, False, True, True]
    for number, one in enumerate(wanted):
        assert recorded(country, "tw", one) == ([] if number == 1 else ASKED)
    echo.held["/1"].set()
    assert (await tasks[1]).message.body == b"/1"
    assert recorded(country, "tw", wanted[1]) == ASKED


async def test_later_calls_go_under_a_session_alone_or_together(country: World, echo: Told, traffic: Traffic) -> None:
    for count in (3, 1, 4):
        await made(country, calls(count))
    sessions = list(map(session_id_of, traffic.sent))
    assert sessions[0] is None
    assert sessions[1] == sessions[2] is not None
    # The provider has forgotten: all are repeated at once, and carried out once.
    await country.restart("p1")
    wanted = calls(5)
    assert await made(country, wanted) == [b"/%d" % number for number in range(5)]
    assert list(map(session_id_of, traffic.sent[3:])) == [sessions[1], None]
    assert len(echo.calls) == 13
    for one in wanted:
        assert recorded(country, "tw", one) == ASKED
        assert recorded(country, "p1", one) == ANSWERED
    country.clock.advance(MINUTE)
    await made(country, calls(2))
    assert session_id_of(traffic.sent[5]) is None


# -- large ones


async def test_a_large_body_travels_alone_and_the_others_together(country: World, echo: Told, traffic: Traffic) -> None:
    wanted = [call(path=f"/{n}", body=b"x" * (INLINE_LIMIT + 1) if not n else b"") for n in range(4)]
    assert await made(country, wanted) == [b"/0", b"/1", b"/2", b"/3"]
    # Beside what is asked for of the large one.
    assert len([data for data in traffic.sent if not data.startswith(PREFIXES)]) == 2
    assert {path: message.body for _, _, path, message in echo.calls}["/0"] == wanted[0].message.body
    for one in wanted:
        assert recorded(country, "p1", one) == ANSWERED


async def test_a_large_answer_comes_beside_the_others(country: World, echo: Told, traffic: Traffic) -> None:
    large = b"x" * (3 * INLINE_LIMIT)
    echo.bodies["/1"] = large
    wanted = calls(3)
    first, body, last = await made(country, wanted)
    assert isinstance(body, LargeBody)
    assert (first, await whole(body), last) == (b"/0", large, b"/2")
    assert len([data for data in traffic.sent if not data.startswith(PREFIXES)]) == 1
    for one in wanted:
        assert recorded(country, "tw", one) == ASKED


async def test_a_large_answer_that_cannot_be_fetched_fails_alone(country: World, echo: Told) -> None:
    echo.bodies["/1"] = b"x" * (3 * INLINE_LIMIT)
    wanted = calls(3)
    first, body, last = await made(country, wanted)
    assert isinstance(body, LargeBody)
    country.running["p1"].node.held.close()
    with pytest.raises(BodyGone):
        await whole(body)
    assert (first, last) == (b"/0", b"/2")
    assert recorded(country, "tw", wanted[1]) == [*ASKED, ("out", "failure", "not_held")]


# -- refused, each by itself


async def test_a_replayed_id_is_refused_alone(country: World, echo: Told) -> None:
    first = call(path="/first")
    await made(country, [first])
    again = Call(
        id=first.id,
        client=HSO,
        service=UNITS,
        method="GET",
        path="/again",
        message=HttpMessage(headers=(), body=b""),
        connection=policy.Connection(),
    )
    wanted = [*calls(2), again]
    outcomes = await made(country, wanted)
    assert outcomes[:2] == [b"/0", b"/1"]
    assert isinstance(outcomes[2], RemoteError)
    assert outcomes[2].remote_code == "replayed"
    assert "/again" not in echo.paths()
    ours = [entry for entry in country.entries("tw") if entry.id == str(first.id)][1]
    theirs = [entry for entry in country.entries("p1") if entry.id == str(first.id)][2]
    assert (ours.direction, ours.kind, ours.verdict) == ("out", "refusal", "replayed")
    assert (theirs.direction, theirs.kind, theirs.verdict) == ("in", "alarm", "replayed")
    # Call and refusal, the same on both sides.
    assert ours.seals == theirs.seals
    assert header_of(ours.seals[1]).fault == "replayed"


async def test_what_the_provider_no_longer_grants_is_refused_alone(country: World, echo: Told) -> None:
    # The caller's gateway has not heard of it yet.
    old = country.directory.snapshot
    country.running["tw"].node.directory = StaticDirectory(old, country.clock)
    units = ServiceEntry(subsystem="reg", code="units", grants=(GrantEntry(to=str(HSO)),))
    country.change(COMMUNE, services=(units,))
    wanted = [call(path="/0"), call(LOW, path="/public/x"), call(path="/2")]
    outcomes = await made(country, wanted)
    assert outcomes[::2] == [b"/0", b"/2"]
    assert isinstance(outcomes[1], RemoteError)
    assert outcomes[1].remote_code == "access_denied"
    assert recorded(country, "tw", wanted[1]) == [("out", "refusal", "access_denied")]
    assert recorded(country, "p1", wanted[1]) == [("in", "refusal", "access_denied")]
    assert echo.paths() == ["/0", "/2"]


async def test_what_our_own_policy_refuses_does_not_leave(country: World, echo: Told, traffic: Traffic) -> None:
    wanted = [call(path="/0"), call(LOW, path="/private"), call(path="/2")]
    outcomes = await made(country, wanted)
    assert outcomes[::2] == [b"/0", b"/2"]
    assert isinstance(outcomes[1], AccessDenied)
    assert recorded(country, "tw", wanted[1]) == [("out", "refusal", "access_denied")]
    assert recorded(country, "p1", wanted[1]) == []


@pytest.mark.parametrize("count", [1, 3])
async def test_calls_that_cannot_be_sealed_have_failed_on_record(
    country: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def broken(*_: object) -> bytes:
        raise KeyStoreError("the token is gone")

    with monkeypatch.context() as patched:
        patched.setattr(country.stores["tw"], "sign", broken)
        outcome = await made(country, calls(count))
    assert [type(each) for each in outcome] == [KeyStoreError] * count
    entries = country.entries("tw")
    assert {(entry.direction, entry.kind, entry.verdict, entry.seals) for entry in entries} == {
        ("out", "failure", "key_store", ())
    }
    assert len({entry.id for entry in entries}) == count
    # With the store back it goes on.
    (answer,) = await made(country, calls(1))
    assert not isinstance(answer, Exception)


@pytest.mark.parametrize("count", [1, 3])
async def test_answers_that_cannot_be_sealed_are_on_record_at_both_ends(
    country: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def broken(*_: object) -> bytes:
        raise KeyStoreError("the token is gone")

    monkeypatch.setattr(country.stores["p1"], "sign", broken)
    outcome = await made(country, calls(count))
    assert [getattr(each, "remote_code", None) for each in outcome] == ["key_store"] * count
    assert [entry.verdict for entry in country.entries("tw")] == ["key_store"] * count
    # What was asked is on record, and once that it could not be answered.
    assert country.evidence("p1") == [*[("in", "request", "ok")] * count, ("in", "failure", "key_store")]
