"""When calls leave: none waits where the way is free, few bundles are under way at once, and none waits for long."""

import asyncio

import pytest

from lienthong.exchange import departures
from lienthong.exchange.bundle import MAX_CALLS
from lienthong.exchange.departures import AT_ONCE, Departures, Flight


class Runway:
    """Notes what leaves, and lands it when told to."""

    def __init__(self) -> None:
        """Begin empty."""
        self.left: list[tuple[list[int], Flight]] = []
        self.departures = Departures[str, int](self._start, size=lambda _: 1, alone=lambda item: item < 0)

    def _start(self, group: list[int], flight: Flight) -> None:
        self.left.append((group, flight))

    @property
    def groups(self) -> list[list[int]]:
        """What has left."""
        return [group for group, _ in self.left]

    async def full(self, key: str = "a") -> None:
        """Have as many leave as may."""
        for number in range(AT_ONCE):
            self.departures.add(key, number)
            await asyncio.sleep(0)


@pytest.fixture
def runway() -> Runway:
    """Nothing is under way."""
    return Runway()


async def test_what_comes_in_one_turn_leaves_together_in_the_next(runway: Runway) -> None:
    for number in range(5):
        runway.departures.add("a", number)
    assert runway.groups == []
    await asyncio.sleep(0)
    assert runway.groups == [[0, 1, 2, 3, 4]]


async def test_others_gather_while_as_many_as_may_are_under_way(runway: Runway) -> None:
    await runway.full()
    for number in range(10, 15):
        runway.departures.add("a", number)
        await asyncio.sleep(0)
    assert runway.groups == [[0], [1], [2]]
    runway.left[1][1].land()
    await asyncio.sleep(0)
    assert runway.groups == [[0], [1], [2], [10, 11, 12, 13, 14]]


async def test_a_flight_lands_once(runway: Runway) -> None:
    await runway.full()
    runway.departures.add("a", 10)
    runway.left[0][1].land()
    runway.left[0][1].land()
    await asyncio.sleep(0)
    runway.departures.add("a", 11)
    await asyncio.sleep(0)
    assert runway.groups[AT_ONCE:] == [[10]]


async def test_one_lane_does_not_hold_another(runway: Runway) -> None:
    await runway.full("a")
    runway.departures.add("b", 10)
    await asyncio.sleep(0)
    assert runway.groups[AT_ONCE:] == [[10]]


async def test_no_call_waits_longer_than_patience_lasts(runway: Runway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "PATIENCE", 0.001)
    await runway.full()
    runway.departures.add("a", 10)
    runway.departures.add("a", 11)
    async with asyncio.timeout(5):
        while len(runway.left) == AT_ONCE:  # noqa: ASYNC110 - a timer of the code under test ends it
            await asyncio.sleep(0.001)
    assert runway.groups[AT_ONCE:] == [[10, 11]]


async def test_landing_beyond_what_may_leaves_the_others_waiting(
    runway: Runway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "PATIENCE", 0.001)
    await runway.full()
    runway.departures.add("a", 10)
    async with asyncio.timeout(5):
        while len(runway.left) == AT_ONCE:  # noqa: ASYNC110 - a timer of the code under test ends it
            await asyncio.sleep(0.001)
    monkeypatch.setattr(departures, "PATIENCE", 60)
    runway.departures.add("a", 11)
    runway.left[0][1].land()
    await asyncio.sleep(0)
    assert len(runway.left) == AT_ONCE + 1, "three are still under way"
    runway.left[1][1].land()
    await asyncio.sleep(0)
    assert runway.groups[AT_ONCE + 1 :] == [[11]]


async def test_only_as_many_bundles_leave_as_there_is_room_for(runway: Runway) -> None:
    count = MAX_CALLS * (AT_ONCE + 1) + 1
    for number in range(count):
        runway.departures.add("a", number)
    await asyncio.sleep(0)
    assert [len(group) for group in runway.groups] == [MAX_CALLS] * AT_ONCE
    for _, flight in runway.left[:AT_ONCE]:
        flight.land()
    await asyncio.sleep(0)
    assert [number for group in runway.groups for number in group] == list(range(count)), "in their order"


async def test_a_flight_that_lands_while_it_starts_makes_room_at_once() -> None:
    groups: list[list[int]] = []

    def start(group: list[int], flight: Flight) -> None:
        groups.append(group)
        flight.land()

    gathering = Departures[str, int](start, size=lambda _: 1, alone=lambda _: True)
    for number in range(3 * AT_ONCE):
        gathering.add("a", number)
    for _ in range(3):
        await asyncio.sleep(0)
    assert groups == [[number] for number in range(3 * AT_ONCE)]


async def test_a_lane_without_calls_is_forgotten(runway: Runway) -> None:
    await runway.full()
    for _, flight in runway.left:
        flight.land()
    assert not runway.departures._lanes
