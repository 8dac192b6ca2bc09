"""Answering bundles: every call is decided, recorded and answered by itself; what is none is an alarm."""

import asyncio
from collections.abc import AsyncGenerator
from copy import replace
from typing import Any

import pytest

from lienthong.exchange.asks import Await, later_of
from lienthong.exchange.bundle import digest_of
from lienthong.exchange.errors import BackendUnavailable
from lienthong.exchange.http import encode_head
from lienthong.exchange.packet import INLINE_LIMIT, HeldRef, content_of, notice_of
from lienthong.exchange.policy import LONGEST
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import Header, Kind
from lienthong.trust.seal import header_of
from tests.support.bundles import Parts, Told, asking, outcomes, raw_bundle, replies
from tests.support.calls import HEAD, fill_disk, free_disk, raw_call, said
from tests.support.gateways import CENTRE, COMMUNE, FILES, LOW, SPY, World, turns


@pytest.fixture
def echo() -> Told:
    """A service that answers with the path."""
    return Told()


def numbered(world: World, count: int) -> list[Header]:
    return [asking(world, f"/{number}") for number in range(count)]


def recorded(world: World, header: Header) -> list[tuple[str, str, str]]:
    """Direction, kind and verdict of the provider's evidence of one call."""
    return [(entry.direction, entry.kind, entry.verdict) for entry in world.entries("p1") if entry.id == str(header.id)]


ANSWERED = [("in", "request", "ok"), ("out", "response", "ok")]


# -- what is answered


async def test_each_call_is_answered_and_recorded(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 5))
    answers = [each for reply in await replies(country, raw.data) for each in raw.answers(country, reply)]
    assert {header.id for header, _, _ in answers} == {header.id for header in raw.headers}
    by_id = {header.id: (header, sealed, parts) for header, sealed, parts in answers}
    for request, sealed_request in zip(raw.headers, raw.bundled.seals, strict=True):
        header, sealed, parts = by_id[request.id]
        assert (header.kind, header.status, header.fault) == (Kind.RESPONSE, "200", "")
        assert (header.sender, header.receiver) == (request.receiver, request.sender)
        assert header.answers == content_of(sealed_request).digest
        assert parts[1] == request.path.encode()
        asked, answered = (entry for entry in country.entries("p1") if entry.id == str(request.id))
        assert (asked.seals, answered.seals) == ((sealed_request,), (sealed,))
        # Evidence knows nothing of bundles: each seal opens alone.
        for each in (sealed_request, sealed):
            country.running["p1"].node.open_seal(each)
    assert sorted(echo.paths()) == [f"/{number}" for number in range(5)]


@pytest.mark.parametrize("count", [1, 2, 32])
async def test_a_bundle_of_any_size_is_answered(country: World, count: int) -> None:
    raw = raw_bundle(country, numbered(country, count))
    assert list((await outcomes(country, raw)).values()) == ["ok"] * count


async def test_evidence_of_all_is_durable_before_the_service_is_asked(country: World, echo: Told) -> None:
    seen: list[list[tuple[str, str, str]]] = []

    async def look() -> None:
        seen.append(country.evidence("p1"))

    echo.before = look
    await outcomes(country, raw_bundle(country, numbered(country, 3)))
    assert len(seen) == 3
    assert all(each[:3] == [("in", "request", "ok")] * 3 for each in seen)


async def test_a_slow_service_holds_up_nobody_else(country: World, echo: Told) -> None:
    echo.held["/0"] = asyncio.Event()
    raw = raw_bundle(country, numbered(country, 3))
    subject = "rpc.01.p1.u1.tw.tw.a01"
    (listener,) = country.broker.reached(subject)
    answer = await listener.answer(subject, raw.data)
    assert isinstance(answer, AsyncGenerator)
    quick: set[str] = set()
    while len(quick) < 2:
        quick |= {header.path or str(header.id) for header, _, _ in raw.answers(country, await anext(answer))}
    assert quick == {str(header.id) for header in raw.headers[1:]}
    assert recorded(country, raw.headers[1]) == ANSWERED
    assert recorded(country, raw.headers[0]) == ANSWERED[:1]
    last = asyncio.ensure_future(anext(answer))
    await turns()
    assert not last.done()
    echo.held["/0"].set()
    ((header, _, parts),) = raw.answers(country, await last)
    assert (header.id, parts[1]) == (raw.headers[0].id, b"/0")
    with pytest.raises(StopAsyncIteration):
        await anext(answer)


async def test_a_large_answer_comes_later_in_a_packet_of_its_own(country: World, echo: Told) -> None:
    echo.bodies["/1"] = b"x" * (INLINE_LIMIT + 1)
    raw = raw_bundle(country, numbered(country, 3))
    come = await replies(country, raw.data)
    words = {reply: later_of(raw.session.decrypt_response(reply, aad=digest_of(raw.plaintext))) for reply in come}
    (later,) = [word for word in words.values() if word is not None]
    assert later.digest == content_of(raw.bundled.seals[1]).digest
    assert sum(len(raw.answers(country, reply)) for reply in come if words[reply] is None) == 2
    (reply,) = await replies(country, Await(later.name).to_bytes())
    ((header, sealed, parts),) = raw.answers(country, reply)
    assert header.id == raw.headers[1].id
    assert isinstance(parts[1], HeldRef)
    assert recorded(country, raw.headers[1]) == ANSWERED
    country.running["p1"].node.open_seal(sealed)


async def test_answers_that_are_too_much_together_go_in_several_bundles(country: World, echo: Told) -> None:
    echo.bodies = {f"/{number}": bytes([number]) * 100_000 for number in range(5)}
    raw = raw_bundle(country, numbered(country, 5))
    come = await replies(country, raw.data)
    assert len(come) == 3
    assert all(len(reply) < country.broker.max_payload for reply in come)
    assert sum(len(raw.answers(country, reply)) for reply in come) == 5


# -- one is refused, the others are answered


type Bad = tuple[dict[str, Any], tuple[bytes, ...] | None, str, str]
"""Fields and contents that are wrong, the code and the kind of evidence."""
BAD_HEAD = b"Accept: */*\r\n"
OTHER_CLIENT = encode_head((("x-road-client", str(SPY)),))


@pytest.mark.parametrize(
    "bad",
    [
        ({"sender": str(LOW), "path": "/private"}, None, "access_denied", "refusal"),
        ({"sender": str(LOW), "path": "/public/../private"}, None, "access_denied", "refusal"),
        ({"sender": "VN/PARTY/A01/none"}, None, "sender_unknown", "refusal"),
        ({"sender": "VN/PARTY/A0%31/hso"}, None, "address_invalid", "alarm"),
        ({"receiver": "VN/PARTY/U1/reg/none"}, None, "service_unknown", "refusal"),
        ({"receiver": "VN/PARTY/U1/reg/unit%73"}, None, "address_invalid", "alarm"),
        ({"method": "CONNECT"}, None, "call_invalid", "alarm"),
        ({"label": Label(Level.SECRET)}, None, "label_above_ceiling", "refusal"),
        ({"label": Label(Level.CONFIDENTIAL)}, None, "key_too_weak", "refusal"),
        ({"receiver": str(FILES)}, None, "key_too_weak", "refusal"),
        ({}, (HEAD, b"other"), "digest_mismatch", "alarm"),
        ({}, (b"", b""), "digest_mismatch", "alarm"),
        ({}, (HEAD,), "malformed", "alarm"),
        ({}, (), "malformed", "alarm"),
        ({"contents": ()}, None, "digest_mismatch", "alarm"),
        ({"contents": (content_of(BAD_HEAD), content_of(b""))}, (BAD_HEAD, b""), "malformed", "alarm"),
        ({"contents": (content_of(b"\xff"), content_of(b""))}, (b"\xff", b""), "malformed", "alarm"),
        ({"contents": (content_of(OTHER_CLIENT), content_of(b""))}, (OTHER_CLIENT, b""), "malformed", "alarm"),
        ({"created": -2 * MINUTE, "expires": -MINUTE}, None, "expired", "refusal"),
        ({"created": 2 * MINUTE, "expires": 3 * MINUTE}, None, "from_the_future", "refusal"),
        ({"created": 0, "expires": LONGEST[Kind.REQUEST] + 1}, None, "term_too_long", "alarm"),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 2])
async def test_a_call_that_is_refused_is_refused_alone(
    country: World,
    echo: Told,
    bad: Bad,
    place: int,
) -> None:
    fields, parts, code, kind = bad
    now = country.clock.now()
    fields = {name: now + value if name in {"created", "expires"} else value for name, value in fields.items()}
    headers = numbered(country, 3)
    headers[place] = replace(headers[place], **fields)
    contents: list[Parts] = [(HEAD, b"")] * 3
    contents[place] = contents[place] if parts is None else parts
    raw = raw_bundle(country, headers, contents)
    found = await outcomes(country, raw)
    assert [found[str(header.id)] for header in headers] == [code if n == place else "ok" for n in range(3)]
    assert headers[place].path not in echo.paths()
    for number, header in enumerate(headers):
        if number != place:
            assert recorded(country, header) == ANSWERED
    (entry,) = (entry for entry in country.entries("p1") if entry.id == str(headers[place].id))
    assert (entry.direction, entry.kind, entry.verdict) == ("in", kind, code)
    # Call and refusal, both sealed.
    assert entry.seals[0] == raw.bundled.seals[place]
    refusal = country.running["p1"].node.open_seal(entry.seals[1]).header
    assert (refusal.fault, refusal.answers) == (code, content_of(entry.seals[0]).digest)


async def test_calls_that_are_all_refused_are_all_answered(country: World, echo: Told) -> None:
    raw = raw_bundle(country, [asking(country, sender=str(LOW), path=f"/{n}") for n in range(32)])
    assert set((await outcomes(country, raw)).values()) == {"access_denied"}
    assert country.evidence("p1") == [("in", "refusal", "access_denied")] * 32
    assert echo.calls == []


async def test_a_service_that_fails_fails_one_call(country: World, echo: Told) -> None:
    echo.errors["/1"] = BackendUnavailable("down")
    raw = raw_bundle(country, numbered(country, 3))
    assert list(map((await outcomes(country, raw)).get, map(str, (h.id for h in raw.headers)))) == [
        "ok",
        "service_failed",
        "ok",
    ]
    assert recorded(country, raw.headers[1]) == [("in", "request", "ok"), ("in", "failure", "service_failed")]


async def test_a_defect_leaves_one_call_without_an_answer_and_ends(
    country: World, echo: Told, caplog: pytest.LogCaptureFixture
) -> None:
    echo.errors["/1"] = ZeroDivisionError("defect")
    raw = raw_bundle(country, numbered(country, 3))
    async with asyncio.timeout(5):
        found = await outcomes(country, raw)
    assert set(found) == {str(raw.headers[0].id), str(raw.headers[2].id)}
    assert "ZeroDivisionError" in caplog.text
    assert recorded(country, raw.headers[1]) == ANSWERED[:1]


# -- again


async def test_a_replayed_bundle_executes_nothing(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 4))
    assert set((await outcomes(country, raw)).values()) == {"ok"}
    # The very bytes, then under the session that they opened, then after a restart.
    assert set((await outcomes(country, raw)).values()) == {"replayed"}
    assert set((await outcomes(country, raw, raw.again())).values()) == {"replayed"}
    await country.restart("p1")
    assert set((await outcomes(country, raw)).values()) == {"replayed"}
    assert len(echo.calls) == 4
    assert country.evidence("p1")[8:] == [("in", "alarm", "replayed")] * 12


async def test_the_same_id_twice_in_a_bundle_counts_once(country: World, echo: Told) -> None:
    headers = numbered(country, 3)
    headers[2] = replace(headers[2], id=headers[0].id)
    raw = raw_bundle(country, headers)
    found = [
        (header.answers, header.fault or "ok")
        for reply in await replies(country, raw.data)
        for header, _, _ in raw.answers(country, reply)
    ]
    expected = zip(raw.bundled.seals, ("ok", "ok", "replayed"), strict=True)
    assert sorted(found) == sorted((content_of(sealed).digest, outcome) for sealed, outcome in expected)
    assert sorted(echo.paths()) == ["/0", "/1"]


async def test_the_same_call_twice_in_a_bundle_counts_once(country: World, echo: Told) -> None:
    header = asking(country, "/0")
    raw = raw_bundle(country, [header, header])
    found = [
        header.fault or "ok"
        for reply in await replies(country, raw.data)
        for header, _, _ in raw.answers(country, reply)
    ]
    assert sorted(found) == ["ok", "replayed"]
    assert echo.paths() == ["/0"]


async def test_a_call_that_came_alone_is_not_taken_in_a_bundle_again(country: World, echo: Told) -> None:
    alone = raw_call(country, path="/alone")
    assert await said(country, alone) == "ok"
    raw = raw_bundle(country, [alone.header, asking(country, "/0")])
    assert await outcomes(country, raw) == {str(alone.header.id): "replayed", str(raw.headers[1].id): "ok"}
    assert echo.paths() == ["/alone", "/0"]


async def test_a_call_of_a_bundle_is_not_taken_alone_again(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 2))
    await outcomes(country, raw)
    # Its seal holds alone; so it could be sent alone.
    data = country.wrap(raw.bundled.seals[0], COMMUNE, HEAD, b"")
    assert notice_of(await country.ask(CENTRE, COMMUNE, data)) is None
    assert country.evidence("p1")[-1] == ("in", "alarm", "replayed")
    assert len(echo.calls) == 2


# -- without room for evidence, or without anybody who waits


async def test_without_room_for_evidence_nothing_is_carried_out(country: World, echo: Told) -> None:
    gateway = country.running["p1"]
    await fill_disk(gateway)
    size = gateway.node.journal.size
    raw = raw_bundle(country, numbered(country, 3))
    (reply,) = await replies(country, raw.data)
    assert notice_of(reply) == "journal_unavailable"
    assert echo.calls == []
    assert gateway.node.journal.size == size
    free_disk(gateway)
    # Nothing was remembered of it: the same calls are taken now.
    assert set((await outcomes(country, raw)).values()) == {"ok"}


async def test_an_answer_without_evidence_is_not_given(country: World, echo: Told) -> None:
    gateway = country.running["p1"]
    echo.held = {"/0": asyncio.Event(), "/1": asyncio.Event()}
    raw = raw_bundle(country, numbered(country, 2))
    asking_it = asyncio.create_task(replies(country, raw.data))
    while len(echo.calls) < 2:  # noqa: ASYNC110 - the service knows nothing of events
        await asyncio.sleep(0.001)
    await fill_disk(gateway)
    for event in echo.held.values():
        event.set()
    (reply,) = await asking_it
    assert notice_of(reply) == "journal_unavailable"
    free_disk(gateway)
    # It was carried out, and is not a second time.
    assert set((await outcomes(country, raw)).values()) == {"replayed"}


async def test_who_goes_away_leaves_what_was_asked_to_be_carried_out(country: World, echo: Told) -> None:
    echo.held["/1"] = asyncio.Event()
    raw = raw_bundle(country, numbered(country, 2))
    subject = "rpc.01.p1.u1.tw.tw.a01"
    (listener,) = country.broker.reached(subject)
    answer = await listener.answer(subject, raw.data)
    assert isinstance(answer, AsyncGenerator)
    await anext(answer)
    closing = asyncio.ensure_future(answer.aclose())
    await turns()
    assert not closing.done()
    echo.held["/1"].set()
    await closing
    assert sorted(echo.paths()) == ["/0", "/1"]


async def test_a_key_that_ends_meanwhile_is_an_alarm(country: World) -> None:
    raw = raw_bundle(country, numbered(country, 2))
    country.stores["p1"]._keys.clear()
    kept = country.stores["p1"]
    assert kept is country.running["p1"].node.store
    (reply,) = await replies(country, raw.data)
    assert notice_of(reply) == "key_unknown"
    assert country.evidence("p1") == [("in", "alarm", "key_unknown")]


async def test_refusals_and_answers_may_share_a_bundle(country: World) -> None:
    raw = raw_bundle(country, [asking(country, "/0"), asking(country, "/1", sender=str(LOW))])
    headers = [header for reply in await replies(country, raw.data) for header, _, _ in raw.answers(country, reply)]
    refusal = next(header for header in headers if header.fault)
    assert (refusal.fault, refusal.contents, refusal.status) == ("access_denied", (), "")
    assert header_of(raw.bundled.seals[1]).sender == str(LOW)
