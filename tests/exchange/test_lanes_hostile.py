"""A provider that answers a bundle in ways it should not: the exact error for each call, and each recorded once."""

import asyncio
import uuid
from collections.abc import Callable, Iterable

import pytest

from lienthong.exchange import lanes
from lienthong.exchange.asks import PREFIXES, Later
from lienthong.exchange.caller import Caller
from lienthong.exchange.errors import AnswerInvalid, CarrierTimeout, ExchangeError, Malformed, RemoteError
from lienthong.exchange.exchanged import Answer
from lienthong.exchange.packet import HeldRef, Packet, content_of, notice
from lienthong.exchange.transport.memory_broker import Listener
from lienthong.trust.envelope import Session
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.seal import header_of
from tests.support.bundles import EMPTY_HEAD, Asked, FakeBundleProvider, Parts
from tests.support.calls import FakeProvider, call
from tests.support.gateways import CENTRE, FILES, LOW, OTHER, World

type Make = Callable[[Asked], Iterable[bytes]]
OK = None
INVALID = [AnswerInvalid] * 3
WRONG_REF = HeldRef(name=bytes(16), key=bytes(32), chunks=2)


async def outcomes(world: World, make: Make, *, calls: int = 3) -> list[type[BaseException] | None]:
    """Make calls at once to a provider that answers so; each must have exactly one line of evidence."""
    await world.stop("p1")
    provider = FakeBundleProvider(world, make)
    provider.listen()
    caller = Caller(world.running["tw"].node, timeout=1500)
    wanted = [call(path=f"/{number}") for number in range(calls)]
    async with asyncio.timeout(10):
        found = await asyncio.gather(*map(caller.call, wanted), return_exceptions=True)
    for one, outcome in zip(wanted, found, strict=True):
        (entry,) = (entry for entry in world.entries("tw") if entry.id == str(one.id))
        assert header_of(entry.seals[0]).path == one.path
        if isinstance(outcome, Answer):
            assert outcome.message.body == one.path.encode()
            assert (entry.kind, entry.verdict) == ("request", "ok")
            assert header_of(entry.seals[1]).answers == content_of(entry.seals[0]).digest
            assert len(entry.seals) == 2
        elif isinstance(outcome, RemoteError):
            assert (entry.kind, entry.verdict) == ("refusal", outcome.remote_code[:100])
        else:
            assert isinstance(outcome, ExchangeError | TrustError)
            kind = "failure" if isinstance(outcome, CarrierTimeout) else "alarm"
            assert (entry.kind, entry.verdict) == (kind, outcome.code)
    assert len(provider.messages) == 1
    return [None if isinstance(each, Answer) else type(each) for each in found]


def good(asked: Asked, *places: int) -> list[tuple[Header, Parts]]:
    return [asked.answer(place) for place in places]


def swapped(asked: Asked) -> list[tuple[Header, Parts]]:
    one, two, three = good(asked, 0, 1, 2)
    return [(one[0], two[1]), (two[0], one[1]), three]


def foreign(asked: Asked) -> tuple[Header, Parts]:
    return asked.answer(0, id=uuid.uuid4(), answers=bytes(32))


def refusal(asked: Asked) -> tuple[Header, Parts]:
    return asked.answer(0, status="", fault="f", contents=())[0], ()


def unsealed(asked: Asked, data: bytes) -> list[bytes]:
    return [asked.encrypted(data)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        # As it should be, in whatever order and arrangement.
        (lambda a: [a.reply(*good(a, 0, 1, 2))], [OK] * 3),
        (lambda a: [a.reply(*good(a, 2, 0, 1))], [OK] * 3),
        (lambda a: [a.reply(*good(a, 1)), a.reply(*good(a, 2, 0))], [OK] * 3),
        (lambda a: [a.packet(each) for each in good(a, 2, 1, 0)], [OK] * 3),
        (lambda a: [a.packet(a.answer(1)), a.reply(*good(a, 0, 2))], [OK] * 3),
        # Answers swapped between calls.
        (lambda a: [a.reply(*swapped(a))], [DigestMismatch, DigestMismatch, OK]),
        (lambda a: [a.reply(a.answer(0, answers=a.calls[1].digest), *good(a, 1, 2))], INVALID),
        (lambda a: [a.reply(a.answer(0, id=a.calls[1].header.id), *good(a, 1, 2))], INVALID),
        (lambda a: [a.packet(a.answer(0, answers=a.calls[1].digest))], INVALID),
        (lambda a: [a.packet(a.answer(0)), a.packet(a.answer(1, answers=a.calls[2].digest))], [OK, *INVALID[:2]]),
        (lambda a: [a.packet(a.answer(0)), a.packet(a.answer(1, answers=a.calls[0].digest))], [OK, *INVALID[:2]]),
        # One answered twice: in one reply, in two, in another way, with another answer, or as refused.
        (lambda a: [a.reply(*good(a, 0, 0, 1))], INVALID),
        (lambda a: [a.reply(*good(a, 0), a.answer(0, b"other"), *good(a, 1, 2))], INVALID),
        (lambda a: [a.reply(*good(a, 0)), a.reply(*good(a, 0))], [OK, *INVALID[:2]]),
        (lambda a: [a.reply(*good(a, 0)), a.packet(a.answer(0, b"other"))], [OK, *INVALID[:2]]),
        (lambda a: [a.reply(*good(a, 0, 1, 2)), a.reply(*good(a, 0))], [OK] * 3),
        # One never asked.
        (lambda a: [a.reply(*good(a, 0, 1, 2), foreign(a))], INVALID),
        (lambda a: [a.packet(foreign(a))], INVALID),
        (lambda a: [a.reply(*good(a, 0, 1)), a.packet(foreign(a))], [OK, OK, AnswerInvalid]),
        # Ones that are none.
        (lambda a: [a.reply(a.answer(0, kind=Kind.MESSAGE, status="", sender="VN/PARTY/U1"))], INVALID),
        (lambda a: [a.reply(a.answer(0, sender=str(FILES)))], INVALID),
        (lambda a: [a.reply(a.answer(0, receiver=str(LOW)))], INVALID),
        (lambda a: [a.reply(a.answer(0, status="99"))], [SealInvalid] * 3),
        (lambda a: [a.reply(a.answer(0, sender="VN/PARTY/U2/reg/units"), *good(a, 1))], [SealInvalid] * 3),
        # One left out.
        (lambda a: [a.reply(*good(a, 0, 2))], [OK, CarrierTimeout, OK]),
        (lambda _: [], [CarrierTimeout] * 3),
        # Notices.
        (lambda _: [notice("malformed")], [RemoteError] * 3),
        (lambda a: [a.reply(*good(a, 1)), notice("journal_unavailable")], [RemoteError, OK, RemoteError]),
        (lambda a: [a.reply(*good(a, 1)), notice("unknown_session")], [RemoteError, OK, RemoteError]),
        (lambda _: [notice("x" * 230)], [RemoteError] * 3),
        # Refusals.
        (lambda a: [a.reply(refusal(a), *good(a, 1, 2))], [RemoteError, OK, OK]),
        # Garbage.
        (lambda _: [b""], [EnvelopeInvalid] * 3),
        (lambda _: [b"\xd0\x83" + bytes(60)], [EnvelopeInvalid] * 3),
        (lambda a: [a.reply(*good(a, 0)), b"\xff" * 300], [OK, EnvelopeInvalid, EnvelopeInvalid]),
        (lambda a: [a.session.encrypt_response(b"x", aad=bytes(32))], [EnvelopeInvalid] * 3),
        (lambda a: [a.session.encrypt_response(b"x", aad=a.calls[0].digest)], [EnvelopeInvalid] * 3),
        (lambda a: [a.session.encrypt_request(b"x", aad=a.aad)], [EnvelopeInvalid] * 3),
        (lambda a: unsealed(a, b""), [Malformed] * 3),
        (lambda a: unsealed(a, b"\x93"), [Malformed] * 3),
        (lambda a: unsealed(a, b"\x93" + b"\x91" * 100_000), [Malformed] * 3),
        (lambda a: unsealed(a, b"\x93\xc4\x00\xc4\x00\xdd\xff\xff\xff\xff"), [Malformed] * 3),
        (lambda a: unsealed(a, b"\x93\xc4\x00\xc4\x00\x91\x92\xdc\x00\x11\xa1\xff"), [Malformed] * 3),
        # Seals that do not hold.
        (lambda a: [a.reply(*good(a, 0, 1, 2), by=OTHER)], [KeyUnknown] * 3),
        (lambda a: [a.reply(*good(a, 0, 1, 2), by=CENTRE)], [KeyUnknown] * 3),
        (lambda a: [a.packet(a.answer(0), by=OTHER)], [KeyUnknown] * 3),
        (lambda a: unsealed(a, Packet(sealed=b"\x82\x40\x40", parts=()).to_bytes()), [SealInvalid] * 3),
        # Contents that are none.
        (lambda a: [a.reply((a.answer(0)[0], (EMPTY_HEAD,)), *good(a, 1, 2))], [AnswerInvalid, OK, OK]),
        (lambda a: [a.reply((a.answer(0)[0], ()), *good(a, 1, 2))], [AnswerInvalid, OK, OK]),
        (lambda a: [a.reply(*good(a, 1, 2), (a.answer(0, contents=())[0], a.answer(0)[1]))], [DigestMismatch, OK, OK]),
        (
            lambda a: [
                a.reply(
                    *good(a, 1, 2),
                    (a.answer(0, contents=(content_of(b"X: y"), content_of(b"/0")))[0], (b"X: y", b"/0")),
                )
            ],
            [Malformed, OK, OK],
        ),
        (
            lambda a: [a.packet((a.answer(0)[0], (EMPTY_HEAD, WRONG_REF))), a.reply(*good(a, 1, 2))],
            [Malformed, OK, OK],
        ),
    ],
)
async def test_each_call_ends_as_it_deserves_and_is_recorded_once(
    country: World, make: Make, expected: list[type[BaseException] | None]
) -> None:
    assert await outcomes(country, make) == expected


async def test_a_provider_that_knows_no_session_is_asked_twice_and_no_more(country: World) -> None:
    await country.stop("p1")
    provider = FakeBundleProvider(country, lambda _: [notice("unknown_session")])
    provider.listen()
    wanted = [call(path=f"/{number}") for number in range(3)]
    found = await asyncio.gather(*map(country.running["tw"].caller.call, wanted), return_exceptions=True)
    assert [getattr(each, "remote_code", None) for each in found] == ["unknown_session"] * 3
    assert len(provider.messages) == 2
    # The very seals both times: nothing is carried out twice.
    first, second = ([each.digest for each in message.calls] for message in provider.messages)
    assert first == second
    assert country.evidence("tw") == [("out", "refusal", "unknown_session")] * 3


async def test_a_call_alone_may_be_answered_by_a_bundle_of_one(country: World) -> None:
    assert await outcomes(country, lambda a: [a.reply(a.answer())], calls=1) == [OK]


async def test_a_call_alone_is_answered_once(country: World) -> None:
    assert await outcomes(country, lambda a: [a.reply(a.answer(), a.answer(0, b"other"))], calls=1) == [AnswerInvalid]


@pytest.mark.parametrize("calls", [1, 3])
async def test_answers_of_an_earlier_bundle_are_thrown_away(country: World, calls: int) -> None:
    kept: list[bytes] = []

    def again(asked: Asked) -> list[bytes]:
        kept.append(asked.reply(*good(asked, *range(calls))))
        return kept[:1]

    await country.stop("p1")
    FakeBundleProvider(country, again).listen()
    caller = country.running["tw"].caller
    wanted = [[call(path=f"/{number}") for number in range(calls)] for _ in range(2)]
    await asyncio.gather(*map(caller.call, wanted[0]))
    # Fresh sessions and the same one: bound to the bundle in either case.
    country.clock.advance(61_000)
    found = await asyncio.gather(*map(caller.call, wanted[1]), return_exceptions=True)
    assert [type(each) for each in found] == [EnvelopeInvalid] * calls


async def test_what_a_refusal_says_reaches_its_caller_only(country: World) -> None:
    def make(asked: Asked) -> list[bytes]:
        refusals = [asked.answer(n, status="", fault=f"code_{n}", note=f"why {n}", contents=())[0] for n in range(3)]
        return [asked.reply(*((refusal, ()) for refusal in refusals))]

    await country.stop("p1")
    FakeBundleProvider(country, make).listen()
    wanted = [call(path=f"/{number}") for number in range(3)]
    found = await asyncio.gather(*map(country.running["tw"].caller.call, wanted), return_exceptions=True)
    assert [(each.remote_code, each.where) for each in found if isinstance(each, RemoteError)] == [
        (f"code_{number}", f"why {number}") for number in range(3)
    ]
    entries = {entry.id: (entry.kind, entry.verdict, entry.detail) for entry in country.entries("tw")}
    assert [entries[str(one.id)] for one in wanted] == [("refusal", f"code_{n}", f"why {n}") for n in range(3)]


async def test_a_provider_that_is_working_for_ever_is_not_asked_without_pause_nor_without_end(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(lanes, "_LONGEST_SECONDS", 0.5)
    await country.stop("p1")
    asked: list[bytes] = []

    def make(_: Header, digest: bytes, session: Session) -> bytes:
        return session.encrypt_response(Later(digest, bytes(16)).to_bytes(), aad=digest)

    provider = FakeProvider(country, make)

    async def answer(subject: str, data: bytes) -> bytes:
        if not data.startswith(PREFIXES):
            return await provider.answer(subject, data)
        asked.append(data)
        return notice("working")

    country.broker.listen(Listener("rpc.01.p1.>", answer, ""))
    with pytest.raises(CarrierTimeout):
        await country.running["tw"].caller.call(call())
    assert 1 < len(asked) <= 11
    assert [(entry.kind, entry.verdict) for entry in country.entries("tw")] == [("failure", "timeout")]
