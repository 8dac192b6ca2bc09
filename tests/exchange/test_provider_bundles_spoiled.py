"""Bundles that do not hold as a whole: an alarm, and nothing of them is asked; only who sealed them can make one."""

from collections.abc import Callable

import msgspec
import pytest

from lienthong.exchange.bundle import Bundle, Item
from lienthong.exchange.packet import content_of, notice_of
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.envelope import MAX_ENVELOPE
from lienthong.trust.header import Header, Kind
from tests.support.bundles import RawBundle, Told, asking, outcomes, raw_bundle, replies
from tests.support.gateways import COMMUNE, LOW, MALLORY, NEIGHBOUR, OTHER, World


@pytest.fixture
def echo() -> Told:
    """A service that answers with the path."""
    return Told()


def numbered(world: World, count: int) -> list[Header]:
    return [asking(world, f"/{number}") for number in range(count)]


async def alarmed(world: World, echo: Told, data: bytes, code: str, **ends: OrganId) -> None:
    """Check that a message is an alarm as a whole: nothing of it is recorded as asked, nothing carried out."""
    (reply,) = await replies(world, data, **ends)
    assert notice_of(reply) == code
    assert world.evidence("p1") == [("in", "alarm", code)]
    assert echo.calls == []


# -- what spoils the whole bundle: only who sealed it can have made it


def forged(change: Callable[[Bundle], Bundle]) -> Callable[[World], RawBundle]:
    return lambda world: raw_bundle(world, numbered(world, 3), change=change)


def without(bundle: Bundle, place: int) -> Bundle:
    items = bundle.items[:place] + bundle.items[place + 1 :]
    return msgspec.structs.replace(bundle, items=items)


def with_fields(bundle: Bundle, **fields: object) -> Bundle:
    first = bundle.items[0]
    item = Item(msgspec.structs.replace(first.fields, **fields), first.parts)
    return msgspec.structs.replace(bundle, items=(item, *bundle.items[1:]))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (forged(lambda made: without(made, 0)), "seal_invalid"),
        (forged(lambda made: without(made, 2)), "seal_invalid"),
        (forged(lambda made: msgspec.structs.replace(made, items=made.items[::-1])), "seal_invalid"),
        (forged(lambda made: msgspec.structs.replace(made, items=made.items[:2] + made.items[:1])), "seal_invalid"),
        (forged(lambda made: msgspec.structs.replace(made, signature=bytes(64))), "seal_invalid"),
        (forged(lambda made: msgspec.structs.replace(made, protected=b"")), "seal_invalid"),
        (forged(lambda made: with_fields(made, path="/other")), "seal_invalid"),
        (forged(lambda made: with_fields(made, path="no path")), "seal_invalid"),
        (forged(lambda made: with_fields(made, level=9)), "seal_invalid"),
        (forged(lambda made: with_fields(made, status="200")), "seal_invalid"),
        (forged(lambda made: with_fields(made, sender="VN/PARTY/A02")), "seal_invalid"),
        (forged(lambda made: with_fields(made, sender="")), "seal_invalid"),
        (lambda world: raw_bundle(world, numbered(world, 2), by=NEIGHBOUR), "key_unknown"),
        (lambda world: raw_bundle(world, numbered(world, 2), by=COMMUNE), "key_unknown"),
        (lambda world: raw_bundle(world, numbered(world, 2), by=MALLORY), "key_unknown"),
        (lambda world: raw_bundle(world, [asking(world), asking(world, kind=Kind.MESSAGE)]), "malformed"),
        (
            lambda world: raw_bundle(world, [asking(world), asking(world, kind=Kind.RECEIPT, status="opened")]),
            "malformed",
        ),
        (
            lambda world: raw_bundle(world, [asking(world), asking(world, receiver="VN/PARTY/U2/reg/units")]),
            "misdirected",
        ),
        (lambda world: raw_bundle(world, [asking(world), asking(world, receiver="VN/PARTY/U1")]), "identifier_invalid"),
    ],
)
async def test_a_bundle_that_does_not_hold_is_an_alarm(
    country: World, echo: Told, make: Callable[[World], RawBundle], code: str
) -> None:
    await alarmed(country, echo, make(country).data, code)


async def test_a_bundle_of_another_kind_of_data_is_an_alarm(country: World, echo: Told) -> None:
    for data in (b"\x93", b"\x93" + b"\x91" * 100_000, b"\x93\xc4\x00\xc4\x00\xdd\xff\xff\xff\xff"):

        def other(_: Bundle, data: bytes = data) -> bytes:
            return data

        raw = raw_bundle(country, numbered(country, 1), change=other)
        (reply,) = await replies(country, raw.data)
        assert notice_of(reply) == "malformed"
    raw = raw_bundle(
        country, numbered(country, 2), change=lambda made: made.to_bytes().replace(b"request", b"reque\xff\xff", 1)
    )
    (reply,) = await replies(country, raw.data)
    assert notice_of(reply) == "malformed"
    assert country.evidence("p1") == [("in", "alarm", "malformed")] * 4
    assert echo.calls == []
    assert len(raw.data) < MAX_ENVELOPE


async def test_a_bundle_delivered_to_another_organ_is_not_taken(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 2))
    await alarmed(country, echo, raw.data, "key_unknown", to=OTHER)


async def test_another_site_cannot_bring_somebody_elses_bundle(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 3))
    found = [
        header.fault
        for reply in await replies(country, raw.data, sender=MALLORY)
        for header, _, _ in raw.answers(country, reply)
    ]
    assert found == ["connection_mismatch"] * 3
    assert country.evidence("p1") == [("in", "alarm", "connection_mismatch")] * 3
    assert echo.calls == []


async def test_a_bundle_under_an_unknown_session_is_not_looked_at(country: World, echo: Told) -> None:
    raw = raw_bundle(country, numbered(country, 2))
    (reply,) = await replies(country, raw.again())
    assert notice_of(reply) == "unknown_session"
    assert country.evidence("p1") == []
    assert set((await outcomes(country, raw)).values()) == {"ok"}
    # Known now, but to nobody else.
    (reply,) = await replies(country, raw.again(), sender=MALLORY)
    assert notice_of(reply) == "unknown_session"
    assert len(echo.calls) == 2


async def test_a_bundle_of_which_nothing_is_accepted_keeps_no_session(country: World) -> None:
    raw = raw_bundle(country, [asking(country, sender=str(LOW), path="/x")] * 2)
    await replies(country, raw.data)
    (reply,) = await replies(country, raw.again())
    assert notice_of(reply) == "unknown_session"


async def test_answers_are_bound_to_their_bundle(country: World) -> None:
    first = raw_bundle(country, numbered(country, 2))
    (reply, *_) = await replies(country, first.data)
    other = raw_bundle(country, numbered(country, 2))
    with pytest.raises(Exception, match="altered"):
        first.session.decrypt_response(reply, aad=content_of(other.plaintext).digest)
    with pytest.raises(Exception, match="altered"):
        first.session.decrypt_response(reply, aad=b"")
