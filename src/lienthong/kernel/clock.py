"""Time, as something that is passed in: UTC, whole milliseconds since 1970 on the wire."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

type Millis = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

SECOND: Millis = 1000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> Millis:
        """Return the present time in milliseconds since 1970 (UTC)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Millis:
        """Return the present time in milliseconds since 1970 (UTC)."""
        return time.time_ns() // 1_000_000


@dataclass(slots=True)
class ManualClock:
    """A clock that only moves when told to: for tests and for judging the past."""

    at: Millis

    def now(self) -> Millis:
        """Return the time it was set to."""
        return self.at

    def advance(self, by: Millis) -> None:
        """Move forward by so many milliseconds."""
        self.at += by


def to_datetime(at: Millis) -> datetime:
    """Return the aware UTC datetime of a time in milliseconds."""
    # Without the detour over floating point, which loses a millisecond now and then.
    return _EPOCH + timedelta(milliseconds=at)


def from_datetime(at: datetime) -> Millis:
    """Return the milliseconds of an aware datetime.

    Raises:
        ValueError: the datetime has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return (at - _EPOCH) // timedelta(milliseconds=1)


def iso(at: Millis) -> str:
    """Return the ISO 8601 text of a time, such as 2026-11-22T08:00:00.000Z."""
    return to_datetime(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
