"""What a check says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _

_NAMED: Final = 3


class Level(StrEnum):
    """How good or bad it is."""

    OK = "ok"
    # It works now and will not for ever, or it could not be checked.
    WARN = "warn"
    # The gateway does not work, or not in full.
    FAIL = "fail"


class Subject(StrEnum):
    """What was checked."""

    SOFTWARE = "software"
    CLOCK = "clock"
    KEYS = "keys"
    CERTIFICATES = "certificates"
    CARRIER = "carrier"
    DIRECTORY = "directory"
    DISK = "disk"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One result, in the language that is spoken now."""

    subject: Subject
    level: Level
    # What is so.
    text: str
    # What to do about it; empty where nothing is to be done.
    advice: str = ""


def ok(subject: Subject, text: str) -> Line:
    """Return that all is well."""
    return Line(subject=subject, level=Level.OK, text=text)


def warn(subject: Subject, text: str, advice: str) -> Line:
    """Return what will become a problem."""
    return Line(subject=subject, level=Level.WARN, text=text, advice=advice)


def fail(subject: Subject, text: str, advice: str) -> Line:
    """Return what is a problem."""
    return Line(subject=subject, level=Level.FAIL, text=text, advice=advice)


def failed(subject: Subject, error: LienthongError) -> Line:
    """Return what an error says."""
    place = f": {error.where}" if error.where else ""
    return fail(subject, f"{_(error.message)}{place}", _(error.advice))


def some(names: Sequence[str] | Iterable[str]) -> str:
    """Return the first few of many names, and how many there are."""
    known = list(names)
    shown = ", ".join(known[:_NAMED])
    return f"{shown} …" if len(known) > _NAMED else shown
