"""Comparing the trail in the database with its journal: what was changed, removed or slipped in since."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from lienthong.kernel.clock import Millis
from lienthong.office.core import scope
from lienthong.office.trail import rows
from lienthong.office.trail.chain import Mark, mark_of, number_of
from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.journal_entry import Entry

_SLICE: Final = 2000


class Fault(StrEnum):
    """What is wrong with an entry."""

    CHANGED = "changed"
    MISSING = "missing"
    # There, but of a time that is chained already, and the journal does not know it.
    SLIPPED_IN = "slipped in"
    UNREADABLE = "unreadable in the journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One entry of the trail that is not as it was chained."""

    fault: Fault
    # Its number in the database; 0 where the journal itself is damaged.
    number: int
    # Its place in the journal, when it happened, and what: None and "" where the journal does not know it.
    index: int | None = None
    at: Millis | None = None
    kind: str = ""


def compare(journal: Path) -> Iterator[Finding]:
    """Yield what differs, in the order in which it was chained, then what the journal does not know.

    The journal is read beside whoever writes it. That it is itself as it was signed is told by ``lienthong evidence
    verify``.

    Args:
        journal: its file.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as file, scope.system():
        # Before the entries are read: what is chained meanwhile is not missed.
        mark = mark_of(file.execute("SELECT xid, id, floor FROM trail_mark").fetchall())
        yield from _against_journal(file)
        yield from _unknown(file, mark)


def _against_journal(file: sqlite3.Connection) -> Iterator[Finding]:
    last = -1
    while found := file.execute(
        "SELECT idx, body FROM entries WHERE idx > ? ORDER BY idx LIMIT ?", (last, _SLICE)
    ).fetchall():
        last = found[-1][0]
        entries = [(index, _entry(body)) for index, body in found]
        there = {row.id: row.digest for row in rows.by_number([number_of(entry.id) for _, entry in entries if entry])}
        for index, entry in entries:
            if entry is None:
                yield Finding(fault=Fault.UNREADABLE, number=0, index=index)
                continue
            number = number_of(entry.id)
            fault = Fault.MISSING if number not in there else Fault.CHANGED
            if (there.get(number),) != entry.digests:
                yield Finding(fault=fault, number=number, index=index, at=entry.at, kind=entry.detail)


def _unknown(file: sqlite3.Connection, mark: Mark) -> Iterator[Finding]:
    for slice_ in rows.numbers(_SLICE):
        chained = [number for number, xid in slice_ if number <= mark.floor or (xid, number) <= (mark.xid, mark.id)]
        marks = ", ".join("?" * len(chained))
        names = [f"row-{number}" for number in chained]
        known = {
            number_of(name)
            for (name,) in file.execute(f"SELECT id FROM entries WHERE id IN ({marks})", names)  # noqa: S608 - of question marks
        }
        for number in chained:
            if number not in known:
                yield Finding(fault=Fault.SLIPPED_IN, number=number)


def _entry(body: bytes) -> Entry | None:
    try:
        return Entry.from_bytes(body)
    except EvidenceInvalid:
        return None
