"""Verifying a whole journal: its form and its signed heads, then every seal in every entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lienthong.directory.errors import DirectoryError
from lienthong.exchange.evidence.errors import EvidenceUnreadable
from lienthong.exchange.evidence.judge import Judge, check_standing
from lienthong.exchange.evidence.reader import JournalReader
from lienthong.exchange.evidence.report import Enough, Notes, Report
from lienthong.exchange.evidence.trusted import Trusted, read_directory
from lienthong.kernel.clock import Millis
from lienthong.trust.audit import Progress, audit_journal
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.errors import EvidenceInvalid, KeyUnknown
from lienthong.trust.journal_entry import Entry
from lienthong.trust.keys import PublicKey

_PROGRESS_EVERY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a journal is verified against."""

    # Root metadata of the directory that is trusted already.
    root: bytes
    # Nothing may be later than this (milliseconds UTC).
    now: Millis
    # Where the directory is.
    directory: Path
    # Checkpoints of the same journal that others hold.
    witnessed: Sequence[Checkpoint] = ()


def verify_journal(
    path: Path, against: Against, contents: Mapping[Path, bytes], progress: Progress | None = None
) -> Report:
    """Verify a journal, and that it names contents.

    Args:
        path: the journal's file.
        against: what to verify it against.
        contents: files and their SHA-256.
        progress: is told how much of how much is done.
    """
    return _Journal(path, against, progress).report(contents)


class _Journal:
    def __init__(self, path: Path, against: Against, progress: Progress | None) -> None:
        self._path = path
        self._against = against
        self._progress = progress
        self._notes = Notes()
        self._entries = 0
        self._checkpoints = 0
        self._site = ""

    def report(self, contents: Mapping[Path, bytes]) -> Report:
        wanted = set(contents.values())
        try:
            trusted = self._directory()
            try:
                with JournalReader.open(self._path) as reader:
                    self._site, self._checkpoints = reader.site, reader.checkpoint_count()
                    self._audit(trusted)
                    self._judge(reader, trusted, wanted)
            except EvidenceUnreadable as error:
                self._unreadable(error)
            for path, digest in contents.items():
                if digest in wanted:
                    self._notes.find(str(path), "digest_mismatch", f"SHA-256 {digest.hex()}")
        except Enough:
            self._notes.tell("file", "too_many_findings", "the rest was not looked at")
        return Report(
            site=self._site,
            index=None,
            findings=self._notes.in_order(),
            notices=tuple(self._notes.notices),
            entries=self._entries,
            seals=self._notes.seals,
            checkpoints=self._checkpoints,
            contents=len(contents),
        )

    def _directory(self) -> Trusted | None:
        try:
            published = read_directory(self._against.directory)
            return Trusted.of(published, root=self._against.root, at=self._against.now)
        except DirectoryError as error:
            self._notes.find("directory", error.code, error.where)
            return None

    def _audit(self, trusted: Trusted | None) -> None:
        found = audit_journal(
            self._path,
            trusted.site_keys(self._site) if trusted else _no_directory,
            self._against.now,
            witnessed=self._against.witnessed,
            progress=self._first_half,
        )
        for each in found:
            # Without a directory no key is known; that has been said once.
            if trusted is not None or each.what != KeyUnknown.code:
                self._notes.find(each.where, each.what, each.detail)

    def _judge(self, reader: JournalReader, trusted: Trusted | None, wanted: set[bytes]) -> None:
        size, latest = reader.size, 0
        judge = None if trusted is None else Judge(trusted, self._notes)
        for index, body in reader.bodies():
            self._entries += 1
            try:
                entry = Entry.from_bytes(body)
            except EvidenceInvalid:
                # The audit has said so.
                continue
            latest = max(latest, entry.at)
            wanted.difference_update(entry.digests)
            if judge is not None:
                judge.check(f"entry {index}", entry)
            if self._progress is not None and self._entries % _PROGRESS_EVERY == 0:
                self._progress(size + index, 2 * size)
        if trusted is not None:
            check_standing(trusted, self._notes, self._reached(latest))

    def _reached(self, latest: Millis) -> Millis:
        # An entry from the future is a finding of its own and must not make the directory look old.
        return min(latest, self._against.now)

    def _first_half(self, done: int, of: int) -> None:
        if self._progress is not None:
            self._progress(done, 2 * of)

    def _unreadable(self, error: EvidenceUnreadable) -> None:
        """Say what the audit makes of a file that cannot be read to its end."""
        if not self._site:
            self._audit(None)
        if not self._notes.findings:
            self._notes.find("file", error.code, error.where)


def _no_directory(kid: bytes) -> PublicKey:
    raise KeyUnknown(kid.hex())
