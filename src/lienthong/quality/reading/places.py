"""Where in a file something is wrong."""

from dataclasses import dataclass
from pathlib import Path

from lienthong.quality.errors import RecordsRefused

MOST_SHOWN = 60
"""Characters of a value that an error quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file, as exactly as it is known. Lines and columns count from 1; a heading names a column."""

    file: Path
    line: int | None = None
    column: int | str | None = None

    def __str__(self) -> str:
        """``members.csv, line 12, column Họ tên``."""
        line = f", line {self.line}" if self.line is not None else ""
        column = f", column {self.column}" if self.column is not None else ""
        return f"{self.file.name}{line}{column}"


def refused(place: Place, what: str, *, hint: str = "") -> RecordsRefused:
    """Return the error that says what is wrong at that place."""
    return RecordsRefused(f"{place}: {what}", hint=hint)


def shown(value: str) -> str:
    """Return a value as an error quotes it."""
    return repr(value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + "…")
