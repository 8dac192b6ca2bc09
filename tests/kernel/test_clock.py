"""Time: whole milliseconds, in UTC."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.clock import DAY, HOUR, MINUTE, SECOND, ManualClock, SystemClock, from_datetime, iso, to_datetime

MOMENTS = st.integers(0, 4_102_444_800_000)


def test_the_system_clock_tells_milliseconds_since_1970() -> None:
    before = time.time()
    now = SystemClock().now()
    assert int(before * 1000) <= now <= time.time() * 1000


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(5)
    assert clock.now() == clock.now() == 5
    clock.advance(SECOND)
    assert clock.now() == 1005


def test_the_units_are_milliseconds() -> None:
    assert (SECOND, MINUTE, HOUR, DAY) == (1_000, 60_000, 3_600_000, 86_400_000)


@given(at=MOMENTS)
def test_datetimes_come_back(at: int) -> None:
    assert to_datetime(at).tzinfo is UTC
    assert from_datetime(to_datetime(at)) == at


@given(at=MOMENTS, hours=st.integers(-12, 14))
def test_the_zone_does_not_matter(at: int, hours: int) -> None:
    assert from_datetime(to_datetime(at).astimezone(timezone(timedelta(hours=hours)))) == at


def test_a_datetime_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        from_datetime(datetime(2026, 11, 22))  # noqa: DTZ001 - this is what is refused


def test_the_text_is_iso_8601() -> None:
    assert iso(1_795_334_400_123) == "2026-11-22T08:00:00.123Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"
