"""Bodies that wait to be fetched: for one asker, and not for ever."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from lienthong.exchange.asks import MAX_ASKED, Asker, Pull
from lienthong.exchange.held import Held
from lienthong.exchange.packet import notice
from lienthong.exchange.spool import Spool
from lienthong.exchange.spool_store import UNIT
from lienthong.trust import chunks
from tests.support.large import spooled

_ASKER = Asker("p1", "u1")


async def replies(answer: bytes | AsyncGenerator[bytes]) -> list[bytes]:
    return [answer] if isinstance(answer, bytes) else [each async for each in answer]


async def test_names_cannot_be_guessed_and_keys_are_fresh() -> None:
    held, spool = Held(), Spool()
    refs = [held.hold(await spooled(spool, b"x"), _ASKER) for _ in range(20)]
    assert len({ref.name for ref in refs}) == len({ref.key for ref in refs}) == 20
    assert {len(ref.name) for ref in refs} == {16}
    held.close()
    assert spool.used == 0


@pytest.mark.parametrize(
    ("first", "count", "numbers"),
    [(0, 7, [0]), (0, 8, [0, 7]), (3, 9, [3, 7]), (13, 1, [13]), (14, MAX_ASKED, [14, 21]), (22, MAX_ASKED, [22])],
)
async def test_pieces_begin_where_they_are_asked_for(first: int, count: int, numbers: list[int]) -> None:
    held = Held()
    ref = held.hold(await spooled(Spool(), bytes(3 * UNIT + 2 * chunks.CHUNK)), _ASKER)
    come = await replies(held.asked(_ASKER, Pull(ref.name, first, count), max_payload=1 << 20))
    assert [int.from_bytes(piece[:8]) for piece in come] == numbers
    assert sum(len(piece) - 8 for piece in come) == min(count, 23 - first) * chunks.ON_WIRE
    held.close()


@pytest.mark.parametrize("asker", [Asker("p2", "u1"), Asker("p1", "u2"), Asker("", "")])
async def test_others_hear_that_there_is_nothing(asker: Asker) -> None:
    held, spool = Held(), Spool()
    ref = held.hold(await spooled(spool, b"x"), _ASKER)
    for count in (0, 1):
        assert held.asked(asker, Pull(ref.name, 0, count), max_payload=1 << 20) == notice("not_held")
    assert spool.used == 1
    held.close()


async def test_nobody_waits_for_ever() -> None:
    held, spool = Held(kept=0.1), Spool()
    ref = held.hold(await spooled(spool, b"x"), _ASKER)
    for _ in range(3):
        # As long as it is asked for, it stays.
        await asyncio.sleep(0.06)
        assert len(await replies(held.asked(_ASKER, Pull(ref.name, 0, 1), max_payload=1 << 20))) == 1
    await asyncio.sleep(0.25)
    assert held.asked(_ASKER, Pull(ref.name, 0, 1), max_payload=1 << 20) == notice("not_held")
    assert spool.used == 0


async def test_what_is_let_go_of_while_it_is_sent_ends_with_a_notice() -> None:
    held = Held()
    ref = held.hold(await spooled(Spool(), bytes(3 * UNIT)), _ASKER)
    answer = held.asked(_ASKER, Pull(ref.name, 0, 21), max_payload=1 << 20)
    assert not isinstance(answer, bytes)
    await anext(answer)
    held.drop(ref.name)
    held.drop(ref.name)
    assert [each async for each in answer] == [notice("not_held")]
