"""Chaining the trail: each entry's digest goes into a journal whose signed heads nobody can change unnoticed.

The journal holds no content, only what an entry is about and the digest of all of it. What is changed, removed or
slipped in between in the database afterwards shows when both are compared (``trail.comparison``).
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from lienthong.kernel.clock import HOUR, from_datetime
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.trail import rows
from lienthong.office.trail.notary import Notary
from lienthong.office.trail.rows import Row
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.journal import Entry, Journal

KIND: Final = "audit"
_SLICE: Final = 2000
_MARK: Final = (
    "CREATE TABLE IF NOT EXISTS trail_mark (one INTEGER PRIMARY KEY, xid INTEGER, id INTEGER, floor INTEGER);"
)
_READ_MARK: Final = "SELECT xid, id, floor FROM trail_mark"
_WRITE_MARK: Final = "INSERT OR REPLACE INTO trail_mark VALUES (1, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far the trail is chained."""

    # Transaction and number of the last entry.
    xid: int = 0
    id: int = 0
    # Entries up to this number are from before the database was restored from a backup, and chained.
    floor: int = 0


def extend(notary: Notary, *, most: int = 100_000) -> int:
    """Chain entries that are not chained yet, and sign when an hour has passed since it was last done.

    Args:
        notary: who signs.
        most: at most so many at a time.

    Returns:
        How many were chained.

    Raises:
        JournalError: the journal is in use or cannot be written; nothing is lost, the next call goes on.
    """
    journal = notary.journal()
    try:
        journal.ensure(_MARK)
        with scope.system():
            count = _extend(journal, most)
        if _is_time(journal, notary):
            asyncio.run(journal.checkpoint(notary.signer))
    finally:
        journal.close()
    return count


def seal(notary: Notary) -> Checkpoint:
    """Chain what is not chained yet and sign all of it now.

    Raises:
        JournalError: the journal is in use or cannot be written.
    """
    while extend(notary):
        pass
    journal = notary.journal()
    try:
        return asyncio.run(journal.checkpoint(notary.signer))
    finally:
        journal.close()


def mark_of(found: list[tuple[int, int, int]]) -> Mark:
    """Return the mark from the rows of its table."""
    return Mark(xid=found[0][0], id=found[0][1], floor=found[0][2]) if found else Mark()


def id_of(number: int) -> str:
    """Return what the journal calls an entry of the trail."""
    return f"row-{number}"


def number_of(name: str) -> int:
    """Return the number of an entry of the trail by its name in the journal; 0 for what is none."""
    kind, _, number = name.partition("-")
    return int(number) if kind == "row" and number.isdecimal() else 0


def _extend(journal: Journal, most: int) -> int:
    mark = mark_of(journal.read(_READ_MARK))
    now = rows.horizon()
    if now.next <= mark.xid:
        # This server counts transactions anew: it was restored from a backup.
        return _start_again(journal, now.ended)
    count = 0
    while count < most:
        found = rows.due(after=(mark.xid, mark.id), floor=mark.floor, ended=now.ended, limit=min(_SLICE, most - count))
        if not found:
            break
        mark = Mark(xid=found[-1].xid, id=found[-1].id, floor=mark.floor)
        count += _commit(journal, found, mark)
    return count


def _start_again(journal: Journal, ended: int) -> int:
    """Chain what came with a backup and is not chained, and count from the present on."""
    floor, after, count = rows.last_number(), 0, 0
    while found := rows.of_before(after=after, floor=floor, limit=_SLICE):
        after = found[-1].id
        # Not yet: were it cut off here, it would be done once more, and nothing twice.
        count += _commit(journal, found, None)
    _commit(journal, [], Mark(xid=ended - 1, id=0, floor=floor))
    return count


def _commit(journal: Journal, found: list[Row], mark: Mark | None) -> int:
    names = {id_of(row.id) for row in found}
    marks = ", ".join("?" * len(names))
    known = {name for (name,) in journal.read(f"SELECT id FROM entries WHERE id IN ({marks})", tuple(names))}  # noqa: S608 - of question marks
    new = [_entry(row) for row in found if id_of(row.id) not in known]
    also = [] if mark is None else [(_WRITE_MARK, (mark.xid, mark.id, mark.floor))]
    asyncio.run(journal.commit(new, also))
    return len(new)


def _entry(row: Row) -> Entry:
    return Entry(
        at=from_datetime(row.at),
        organ=row.organ_path,
        direction="own",
        kind=KIND,
        id=id_of(row.id),
        peer="",
        label=Level(row.label).slug,
        purpose="",
        verdict="ok",
        detail=row.kind,
        digests=(row.digest,),
    )


def _is_time(journal: Journal, notary: Notary) -> bool:
    found = journal.read("SELECT at, size FROM checkpoints ORDER BY size DESC LIMIT 1")
    last, size = map(int, found[0]) if found else (0, 0)
    return journal.size > size and notary.clock.now() - last >= HOUR
