"""What a dry run tells: each row's effect, or what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lienthong.office.core.sheets.tables import Limits

LIMITS: Final = Limits(size=4 * 1024 * 1024, rows=5_000)
"""As much as is written within one request."""


class Effect(StrEnum):
    """What a row does."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(slots=True, kw_only=True)
class Line:
    """A row as it was judged."""

    number: int
    # What the row is about, such as a name.
    subject: str
    effect: Effect = Effect.NEW
    # What changes, or what is wrong and what to do.
    notes: list[str] = field(default_factory=list)

    def wrong(self, text: str) -> None:
        """Add what is wrong."""
        self.effect = Effect.WRONG
        self.notes.append(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All rows of a spreadsheet as they were judged."""

    lines: Sequence[Line]
    # Heads of columns that were passed over.
    unknown: Sequence[str]

    def count(self, effect: Effect) -> int:
        """Return how many rows have an effect."""
        return sum(line.effect is effect for line in self.lines)

    @property
    def wrong(self) -> bool:
        """Tell whether anything stands in the way of doing it."""
        return any(line.effect is Effect.WRONG for line in self.lines)
