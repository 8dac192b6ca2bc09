"""Auditing a journal file: is every entry still what was signed, and none missing?

Reads a copy or a live journal without writing to it, in slices, so that memory stays the same however
long the journal is and a running gateway is not held up. Every defect becomes a finding; a damaged file
is a finding too.

What an audit cannot see: entries after the last checkpoint that were rewritten together with their
hashes, and a file cut back together with its checkpoints. Against both stand the checkpoints that other
sites hold as witnesses; pass them in.
"""

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.cose import Resolve
from lienthong.trust.errors import EvidenceInvalid, SealInvalid
from lienthong.trust.journal_entry import Entry
from lienthong.trust.journal_file import APPLICATION_ID, READABLE, Unreadable, open_reader
from lienthong.trust.merkle import HASH_SIZE, Frontier, leaf_hash

type CheckSeal = Callable[[bytes, Millis], object]
"""Checks a sealed object as of a time; raises a LienthongError if it does not hold."""
type Progress = Callable[[int, int], object]
"""Is told how many entries of how many have been read."""

# How many entries it covers, where it is, and the checkpoint.
type _Head = tuple[int, str, Checkpoint]

MAX_FINDINGS: Final = 1000
_SLICE: Final = 500
_BEFORE_ALL: Final = -(2**63)
_COLUMNS: Final = ("at", "organ", "direction", "kind", "id", "peer", "verdict")
# As many problems as SQLite shall name; the first page of them says enough.
_INTEGRITY: Final = "PRAGMA integrity_check(20)"
# Both ends in one statement: a live journal grows meanwhile.
_EXTENT: Final = "SELECT (SELECT max(idx) FROM entries), (SELECT max(size) FROM checkpoints)"
_ENTRIES: Final = (
    "SELECT idx, leaf, body, at, organ, direction, kind, id, peer, verdict FROM entries"
    " WHERE idx > ? AND idx <= ? ORDER BY idx LIMIT ?"
)
_CHECKPOINTS: Final = "SELECT size, at, root, cose FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold."""

    # ``file``, ``entry 17``, ``entry 17, seal 0``, ``checkpoint 1000`` or ``witnessed checkpoint 1000``.
    where: str
    # The code: file_unreadable, file_damaged, not_a_journal, entry_missing, entry_altered,
    # columns_differ, in_the_future, journal_truncated, checkpoint_differs, checkpoint_order,
    # too_many_findings, or the code of the error that a seal or a signature raised.
    what: str
    detail: str


def audit_journal(  # noqa: PLR0913 - what to check, and against what: each by its name
    path: Path,
    resolve: Resolve,
    now: Millis,
    *,
    check_seal: CheckSeal | None = None,
    witnessed: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
) -> list[Finding]:
    """Read a whole journal and return everything that does not hold, in the order it was found.

    Args:
        path: the journal's file, live or a copy.
        resolve: finds the public key of a key id.
        now: nothing in the journal may be later than this.
        check_seal: checks each sealed object as of the time of its entry; without it seals are not checked.
        witnessed: checkpoints of this journal that others hold.
        progress: called after every slice of entries.

    Returns:
        The findings, none if all is well; after a thousand it stops and says so.
    """
    findings: list[Finding] = []
    try:
        with closing(open_reader(path)) as connection:
            # A damaged text must not end the reading: texts are compared as bytes.
            connection.text_factory = bytes
            audit = _Audit(connection, findings, resolve=resolve, now=now, check_seal=check_seal)
            audit.run(witnessed, progress)
    except Unreadable as error:
        findings.append(Finding(where="file", what="file_unreadable", detail=f"{path}: {error}"))
    except _EnoughError:
        findings.append(Finding(where="file", what="too_many_findings", detail="the rest was not looked at"))
    return findings


class _EnoughError(Exception):
    """So much is wrong that more findings help nobody."""


class _Audit:
    def __init__(
        self,
        connection: sqlite3.Connection,
        findings: list[Finding],
        *,
        resolve: Resolve,
        now: Millis,
        check_seal: CheckSeal | None,
    ) -> None:
        self._connection = connection
        self._findings = findings
        self._resolve = resolve
        self._now = now
        self._check_seal = check_seal
        self._site = ""
        self._frontier = Frontier()
        # The number the next entry must have, and how many of them agree with a signed root.
        self._next = 0
        self._signed = 0
        # Whether roots can still be computed: no entry is missing and none has been found to differ.
        self._whole = True
        self._latest: Millis = 0

    def run(self, witnessed: Sequence[Checkpoint], progress: Progress | None) -> None:
        if not self._identify():
            return
        self._check_pages()
        last, highest = self._connection.execute(_EXTENT).fetchone()
        others = [(item.size, f"witnessed checkpoint {item.size}", item) for item in witnessed]
        heads = heapq.merge(self._stored(highest), sorted(others, key=itemgetter(0)), key=itemgetter(0))
        head = self._meet(next(heads, None), heads)
        for row in self._rows(last, progress):
            self._check_entry(*row)
            head = self._meet(head, heads)
        total = 0 if last is None else last + 1
        while head is not None:
            size, where, checkpoint = head
            self._check_head(where, checkpoint)
            if size > total:
                self._report(where, "journal_truncated", f"it covers {size} entries, the file has {total}")
            head = next(heads, None)

    def _report(self, where: str, what: str, detail: str) -> None:
        self._findings.append(Finding(where=where, what=what, detail=detail))
        if len(self._findings) >= MAX_FINDINGS:
            raise _EnoughError

    def _identify(self) -> bool:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID or version not in READABLE:
            self._report("file", "not_a_journal", f"application {application:#x}, version {version}")
            return False
        sites = [_text(site) for (site,) in self._connection.execute("SELECT site FROM journal LIMIT 2")]
        if len(sites) != 1:
            self._report("file", "not_a_journal", f"it names {len(sites)} sites")
            return False
        self._site = sites[0]
        return True

    def _check_pages(self) -> None:
        try:
            for (line,) in self._connection.execute(_INTEGRITY):
                if line != b"ok":
                    self._report("file", "file_damaged", _text(line))
        except Unreadable as error:
            self._report("file", "file_damaged", str(error))

    def _rows(self, upto: int | None, progress: Progress | None) -> Iterator[tuple[Any, ...]]:
        last, count = _BEFORE_ALL, _SLICE
        while count == _SLICE:
            count = 0
            try:
                for row in self._connection.execute(_ENTRIES, (last, upto, _SLICE)):
                    last, count = row[0], count + 1
                    yield row
            except Unreadable as error:
                self._whole = False
                self._report(f"entries from {self._next}", "file_damaged", str(error))
                return
            if progress is not None and upto is not None:
                progress(self._next, upto + 1)

    def _check_entry(self, index: int, leaf: object, body: object, *columns: object) -> None:
        where = f"entry {index}"
        if index < 0:
            self._report(where, "entry_altered", "numbers begin with 0")
            return
        if index > self._next:
            missing = f"entry {self._next}" if index == self._next + 1 else f"entries {self._next} to {index - 1}"
            self._report(missing, "entry_missing", "the numbers leave it out")
            self._whole = False
        self._next = index + 1
        data = body if isinstance(body, bytes) else b""
        if leaf_hash(data) != leaf:
            self._report(where, "entry_altered", "it does not match its recorded hash")
        # The recorded hash stands for an altered entry, so that it is not found again in every root after it.
        self._frontier.append(leaf if isinstance(leaf, bytes) and len(leaf) == HASH_SIZE else leaf_hash(data))
        try:
            entry = Entry.from_bytes(data)
        except EvidenceInvalid as error:
            self._report(where, "entry_altered", str(error))
            return
        differing = [name for name, column in zip(_COLUMNS, columns, strict=True) if column != _column(entry, name)]
        if differing:
            self._report(where, "columns_differ", f"table and entry disagree about {', '.join(differing)}")
        if entry.at > self._now:
            self._report(where, "in_the_future", f"{entry.at} ms")
        self._check_seals(where, entry)

    def _check_seals(self, where: str, entry: Entry) -> None:
        if self._check_seal is None:
            return
        for number, sealed in enumerate(entry.seals):
            try:
                self._check_seal(sealed, entry.at)
            except LienthongError as error:
                self._report(f"{where}, seal {number}", error.code, str(error))

    def _stored(self, highest: int | None) -> Iterator[_Head]:
        last = _BEFORE_ALL
        while row := self._connection.execute(_CHECKPOINTS, (last, highest)).fetchone():
            last, at, root, signed = row
            where = f"checkpoint {last}"
            try:
                if not isinstance(root, bytes) or not isinstance(signed, bytes):
                    raise SealInvalid("not a checkpoint and a root")
                checkpoint = Checkpoint.parse(signed, root)
            except SealInvalid as error:
                self._report(where, error.code, str(error))
                continue
            if (checkpoint.size, checkpoint.at) == (last, at):
                yield last, where, checkpoint
            else:
                self._report(where, "columns_differ", "table and checkpoint disagree about size or at")

    def _meet(self, head: _Head | None, heads: Iterator[_Head]) -> _Head | None:
        """Compare with all checkpoints over what has been read so far; return the next one."""
        while head is not None and head[0] <= self._next:
            size, where, checkpoint = head
            if self._check_head(where, checkpoint) and self._whole:
                if self._frontier.root() == checkpoint.root:
                    self._signed = size
                else:
                    since = min(self._signed, size - 1)
                    self._report(where, "checkpoint_differs", f"entries {since} to {size - 1} are not those signed")
                    self._whole = False
            head = next(heads, None)
        return head

    def _check_head(self, where: str, checkpoint: Checkpoint) -> bool:
        try:
            checkpoint.verify(self._resolve)
        except LienthongError as error:
            self._report(where, error.code, str(error))
            return False
        if checkpoint.site != self._site:
            self._report(where, "checkpoint_differs", f"of site {checkpoint.site!r} in the journal of {self._site!r}")
        if checkpoint.at > self._now:
            self._report(where, "in_the_future", f"{checkpoint.at} ms")
        if checkpoint.at < self._latest:
            self._report(where, "checkpoint_order", "it is older than one over fewer entries")
        self._latest = max(self._latest, checkpoint.at)
        return True


def _column(entry: Entry, name: str) -> object:
    value = getattr(entry, name)
    return value.encode() if isinstance(value, str) else value


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
