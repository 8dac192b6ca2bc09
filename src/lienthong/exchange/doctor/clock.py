"""The clock, against the other times that a gateway comes by; the internet is not asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lienthong.exchange.doctor.lines import Line, Subject, fail, ok, warn
from lienthong.exchange.policy import CLOCK_SKEW
from lienthong.kernel.clock import SECOND, Millis, iso
from lienthong.kernel.i18n import _

_NOTICEABLE: Final[Millis] = 2 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A time that lies in the past for certain."""

    # Whose word it is, for the reader.
    name: str
    at: Millis


def clock(now: Millis, past: Sequence[Reference], ahead: Millis | None) -> list[Line]:
    """Check the clock.

    Args:
        now: what it shows.
        past: times it must not be behind.
        ahead: milliseconds by which it is ahead of the carrier's clock; None if that could not be measured.
    """
    advice = _("Set the clock and keep it right with NTP (chrony or systemd-timesyncd).")
    lines = [
        fail(
            Subject.CLOCK,
            _("The clock shows {now}; {name} is later: {at}").format(now=iso(now), name=each.name, at=iso(each.at)),
            advice,
        )
        for each in past
        if each.at > now + SECOND
    ]
    if ahead is None:
        text = _("The clock shows {now}; it could not be compared with the carrier's.").format(now=iso(now))
        return [*lines, warn(Subject.CLOCK, text, _("Compare it with another clock, or connect to the carrier."))]
    text = _("The clock differs from the carrier's by {seconds} s").format(seconds=f"{ahead / SECOND:+.1f}")
    if abs(ahead) >= CLOCK_SKEW:
        return [*lines, fail(Subject.CLOCK, text, advice)]
    if abs(ahead) >= _NOTICEABLE:
        return [*lines, warn(Subject.CLOCK, text, advice)]
    return [*lines, ok(Subject.CLOCK, text)]
