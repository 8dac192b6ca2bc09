"""Gathering: everything is handed on once, in the order in which it came, and nobody waits for what will not come."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.gathering import Gathering, Lingering
from tests.support.gateways import turns


async def test_what_came_before_is_one_batch() -> None:
    gathering = Gathering[int](3)
    for number in range(3):
        gathering.add(number)
    assert [batch async for batch in gathering.batches()] == [[0, 1, 2]]


async def test_what_comes_later_is_handed_on_as_it_comes() -> None:
    gathering = Gathering[str](4)
    batches: list[list[str]] = []

    async def take() -> None:
        async for batch in gathering.batches():
            batches.append(batch)  # noqa: PERF401 - one by one, to see when each comes

    taking = asyncio.create_task(take())
    await turns()
    assert batches == []
    gathering.add("a")
    await turns()
    assert batches == [["a"]]
    gathering.add("b")
    gathering.add("c")
    await turns()
    assert batches == [["a"], ["b", "c"]]
    assert not taking.done()
    gathering.add("d")
    await taking
    assert batches == [["a"], ["b", "c"], ["d"]]


async def test_what_comes_while_a_batch_is_dealt_with_is_in_the_next() -> None:
    gathering = Gathering[int](3)
    gathering.add(0)
    seen = []
    async for batch in gathering.batches():
        seen.append(batch)
        if len(seen) == 1:
            gathering.add(1)
            gathering.add(2)
    assert seen == [[0], [1, 2]]


async def test_what_will_not_come_is_not_waited_for() -> None:
    gathering = Gathering[int](3)
    gathering.add(0)
    gathering.give_up()
    waiting = asyncio.create_task(anext(gathering.batches()))
    assert await waiting == [0]
    rest = gathering.batches()
    gathering.give_up()
    # No empty batch comes of it, either.
    assert [batch async for batch in rest] == []


async def test_nothing_to_wait_for_is_the_end() -> None:
    assert [batch async for batch in Gathering[int](0).batches()] == []


async def test_who_gives_up_in_the_middle_leaves_nothing_behind() -> None:
    gathering = Gathering[int](2)
    gathering.add(0)
    async with aclosing(gathering.batches()) as batches:
        assert await anext(batches) == [0]
    gathering.add(1)
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


@given(pauses=st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_everything_comes_once_and_in_order(pauses: list[int]) -> None:
    async def run() -> list[int]:
        gathering = Gathering[int](len(pauses))

        async def add() -> None:
            for number, pause in enumerate(pauses):
                await turns(pause)
                gathering.add(number)

        adding = asyncio.create_task(add())
        found = [number async for batch in gathering.batches() if batch for number in batch]
        await adding
        return found

    assert asyncio.run(run()) == list(range(len(pauses)))


async def test_what_comes_in_turns_that_follow_each_other_is_one_batch() -> None:
    gathering = Gathering[int](6)

    async def come() -> None:
        for number in range(4):
            gathering.add(number)
            await asyncio.sleep(0)

    coming = asyncio.create_task(come())
    async with aclosing(gathering.batches()) as batches:
        assert await anext(batches) == [0, 1, 2, 3]
    await coming


def test_lingering_ends_when_nothing_more_has_come() -> None:
    lingering = Lingering()
    assert [lingering.for_more_than(count) for count in (1, 5, 5)] == [True, True, False]


@given(st.lists(st.integers(1, 100), min_size=10, max_size=10))
def test_lingering_ends_however_much_comes(growth: list[int]) -> None:
    lingering = Lingering()
    assert not all(lingering.for_more_than(sum(growth[: place + 1])) for place in range(len(growth)))
