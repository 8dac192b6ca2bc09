"""Boarding: together goes what comes together, nothing waits for ever, and nothing is lost."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.boarding import Boarding
from tests.support.gateways import turns

FULL = 4


@pytest.fixture
def gone() -> list[list[int]]:
    """What has been let go, group by group."""
    return []


@pytest.fixture
def boarding(gone: list[list[int]]) -> Boarding[int]:
    """A place that is full with four."""
    return Boarding(gone.append, full=FULL)


async def test_what_comes_in_one_turn_goes_together(boarding: Boarding[int], gone: list[list[int]]) -> None:
    for number in range(3):
        boarding.add("a", number)
    assert gone == []
    await turns()
    assert gone == [[0, 1, 2]]


async def test_what_comes_in_turns_that_follow_each_other_goes_together(
    boarding: Boarding[int], gone: list[list[int]]
) -> None:
    for number in range(3):
        boarding.add("a", number)
        await asyncio.sleep(0)
    await turns()
    assert gone == [[0, 1, 2]]


async def test_what_comes_later_goes_later(boarding: Boarding[int], gone: list[list[int]]) -> None:
    boarding.add("a", 0)
    await turns()
    boarding.add("a", 1)
    await turns()
    assert gone == [[0], [1]]


async def test_other_ways_go_by_themselves(boarding: Boarding[int], gone: list[list[int]]) -> None:
    boarding.add("a", 0)
    boarding.add("b", 1)
    boarding.add("a", 2)
    await turns()
    assert gone == [[0, 2], [1]]


async def test_a_full_group_goes_at_once_and_the_others_wait(boarding: Boarding[int], gone: list[list[int]]) -> None:
    boarding.add("b", 9)
    for number in range(FULL + 1):
        boarding.add("a", number)
    assert gone == [[0, 1, 2, 3]]
    await turns()
    assert gone == [[0, 1, 2, 3], [9], [4]]


async def test_what_keeps_coming_holds_nothing_back_for_ever(gone: list[list[int]]) -> None:
    boarding = Boarding(gone.append, full=1000)
    for number in range(20):
        boarding.add("a", number)
        await asyncio.sleep(0)
    assert gone
    await turns()
    assert [number for group in gone for number in group] == list(range(20))


@given(steps=st.lists(st.none() | st.sampled_from("abc"), max_size=60))
async def test_everything_goes_once_and_in_its_order(steps: list[str | None]) -> None:
    gone: list[list[tuple[str, int]]] = []
    boarding = Boarding(gone.append, full=FULL)
    sent: dict[str, list[tuple[str, int]]] = {}
    for number, way in enumerate(steps):
        if way is None:
            await asyncio.sleep(0)
        else:
            boarding.add(way, (way, number))
            sent.setdefault(way, []).append((way, number))
    await turns()
    assert all(0 < len(group) <= FULL and len({way for way, _ in group}) == 1 for group in gone)
    for way, items in sent.items():
        assert [item for group in gone for item in group if item[0] == way] == items
