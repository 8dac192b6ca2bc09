"""Judging the seals of one entry: do they hold, and is the entry what was sealed?"""

from typing import Final

from lienthong.directory.snapshot import Standing
from lienthong.exchange.evidence.report import Notes
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.kernel.clock import Millis, iso
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal_entry import Entry
from lienthong.trust.seal import Opened, Verifier

# These record what was wrong with what came; that a seal does not hold may be the very reason.
_INCIDENTS: Final = frozenset({"alarm", "refusal", "failure"})
_SEALED: Final = frozenset(kind.value for kind in Kind)
_SERVICE_SLASHES: Final = 4


class Judge:
    """Checks entry after entry; remembers the batches whose signature it has checked."""

    def __init__(self, trusted: Trusted, notes: Notes) -> None:
        """Judge with the keys of a directory and note what is found."""
        self._verifier = Verifier(trusted.sealing_key)
        self._notes = notes

    def check(self, where: str, entry: Entry) -> None:
        """Check every seal as of the time of the entry, and the entry against them."""
        opened = [self._open(f"{where}, seal {number}", sealed, entry) for number, sealed in enumerate(entry.seals)]
        if not opened:
            if entry.kind in _SEALED and entry.verdict == "ok":
                self._notes.find(where, "seal_missing", f"a {entry.kind} that nobody sealed")
            return
        first, *answers = opened
        if first is None:
            return
        # Where nobody could be named, the entry is about a subject of the carrier and not about a header.
        if entry.id:
            self._compare(where, entry, first.header)
        for number, answer in enumerate(answers, start=1):
            if answer is not None and answer.header.answers != first.digest:
                # An answer to another call is what an alarm may be about.
                note = self._notes.tell if entry.kind in _INCIDENTS else self._notes.find
                note(f"{where}, seal {number}", "answer_differs", "it answers another seal than the first")

    def _open(self, where: str, sealed: bytes, entry: Entry) -> Opened | None:
        self._notes.seals += 1
        try:
            return self._verifier.open(sealed, at=entry.at)
        except TrustError as error:
            if entry.kind in _INCIDENTS:
                self._notes.tell(where, error.code, f"{entry.kind} {entry.verdict}: {error.where}")
            else:
                self._notes.find(where, error.code, error.where)
            return None

    def _compare(self, where: str, entry: Entry, header: Header) -> None:
        ours, theirs = (
            (header.sender, header.receiver) if entry.direction == "out" else (header.receiver, header.sender)
        )
        stated = {
            "kind": entry.kind in {header.kind.value, *_INCIDENTS},
            "id": entry.id == str(header.id),
            # Events are sealed for a topic, whoever reads them.
            "organ": (header.kind is Kind.EVENT and entry.direction == "in") or _is_of(ours, entry.organ),
            "peer": entry.peer == theirs,
            "label": entry.label == str(header.label),
            "purpose": entry.purpose == header.purpose,
        }
        differing = [name for name, same in stated.items() if not same]
        if differing:
            self._notes.find(where, "entry_differs", ", ".join(differing))
        if entry.digests != tuple(content.digest for content in header.contents):
            self._notes.find(where, "digest_mismatch", "its digests are not those that were sealed")


def check_standing(trusted: Trusted, notes: Notes, latest: Millis) -> None:
    """Note when a directory does not reach as far as the evidence: it cannot know of later revocations.

    In the days of grace a gateway may go on with known grants, so that is no defect of its evidence.
    """
    snapshot = trusted.snapshot
    where = f"version {snapshot.version} until {iso(snapshot.expires)}, evidence of {iso(latest)}"
    match snapshot.standing(latest):
        case Standing.GRACE:
            notes.tell("directory", "directory_in_grace", where)
        case Standing.STALE:
            notes.find("directory", "directory_expired", where)
        case Standing.FRESH:
            pass


def _is_of(party: str, organ: str) -> bool:
    """Tell whether an identifier is that of an organ or of something of the organ."""
    if party == organ or party.startswith(f"{organ}/"):
        return True
    try:
        # The same identifier may be percent-encoded in other ways.
        parsed = ServiceId.parse(party) if party.count("/") == _SERVICE_SLASHES else parse_client(party)
        return str(parsed.organ) == organ
    except IdentifierInvalid:
        return False
