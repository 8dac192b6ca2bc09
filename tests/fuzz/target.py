"""What a fuzzing target is: one decoder of what comes from outside, and what it may answer with.

The same functions run under atheris (``tools/fuzz.py``), over the kept corpus, and over mutations of it in the
ordinary tests.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lienthong.kernel.errors import LienthongError

MAX_TEXT: Final = 2000
"""Characters that an error may have: what strangers send must not fill the log."""

type Run = Callable[[bytes], None]


class DefectError(AssertionError):
    """The decoder did something that it must not do, whatever it was fed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A decoder under test."""

    name: str
    run: Run
    # What it may raise; anything else is a defect.
    refusals: tuple[type[Exception], ...] = ()

    def feed(self, data: bytes) -> bool:
        """Feed one input; tells whether it was taken.

        Raises:
            DefectError: a refusal that would harm the log, or a property that does not hold.
            Exception: whatever is not among the refusals.
        """
        try:
            self.run(data)
        except self.refusals as error:
            check_text(str(error))
            return False
        return True


def check_text(text: str) -> None:
    """Check that a refusal is fit for a log: one line, of bounded length, whatever was quoted in it.

    Raises:
        DefectError: it is not.
    """
    if len(text) > MAX_TEXT:
        raise DefectError(f"an error of {len(text)} characters")
    if not text.isprintable():
        raise DefectError(f"an error that does not print: {text!r}")


def check(held: object, what: str) -> None:
    """Check a property.

    Raises:
        DefectError: it does not hold.
    """
    if not held:
        raise DefectError(what)


class Complaints(logging.Handler):
    """Notices what a server logs as a defect of its own: it lets the connection end and tells nobody else."""

    def __init__(self) -> None:
        """Listen to everything from errors up."""
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    def forget(self) -> None:
        """Begin anew: what others in this process have logged is theirs."""
        self.records = []

    def check(self) -> None:
        """Raise what was noticed since the last time.

        Raises:
            DefectError: something was logged as a defect.
        """
        records, self.records = self.records, []
        if records:
            error = records[0].exc_info[1] if records[0].exc_info else None
            raise DefectError(records[0].getMessage()) from error


REFUSED: Final = (LienthongError,)
