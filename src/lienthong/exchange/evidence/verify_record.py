"""Verifying one exported record."""

from collections.abc import Mapping
from pathlib import Path

from lienthong.directory.errors import DirectoryError
from lienthong.directory.published import Published
from lienthong.exchange.evidence import record
from lienthong.exchange.evidence.export import seal_members
from lienthong.exchange.evidence.judge import Judge, check_standing
from lienthong.exchange.evidence.report import Notes, Report
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis, iso
from lienthong.kernel.errors import CborInvalid
from lienthong.trust import cose
from lienthong.trust.checkpoint import CWT_CLAIMS, INCLUSION, ISS, Checkpoint, ReceiptFacts, verify_receipt
from lienthong.trust.errors import EvidenceInvalid, SealInvalid, TrustError
from lienthong.trust.journal_entry import Entry
from lienthong.trust.merkle import leaf_hash, root_from_inclusion


def verify_record(path: Path, root: bytes, now: Millis, contents: Mapping[Path, bytes]) -> Report:
    """Verify a record.

    Args:
        path: its file.
        root: root metadata of the directory that is trusted already.
        now: nothing may be later than this (milliseconds UTC).
        contents: files that are said to belong to it, and their SHA-256.
    """
    return _Record(path, root, now).report(contents)


def checkpoint_of(receipt: bytes, entry: bytes) -> Checkpoint:
    """Return the checkpoint that a receipt was made of; its signature is not checked by that.

    Raises:
        SealInvalid: malformed.
        EvidenceInvalid: the proof inside does not fit.
    """
    parsed = cose.parse1(receipt)
    match parsed.unprotected:
        case {cose.VDP: dict() as proofs}:
            root = _root(proofs.get(INCLUSION), entry)
        case _:
            raise SealInvalid("a receipt without a proof")
    return Checkpoint.parse(cose.with_unprotected(parsed, {}), root)


class _Record:
    def __init__(self, path: Path, root: bytes, now: Millis) -> None:
        self._path = path
        self._root = root
        self._now = now
        self._notes = Notes()

    def report(self, contents: Mapping[Path, bytes]) -> Report:
        try:
            found = record.read(self._path)
            entry = Entry.from_bytes(found.entry)
        except EvidenceInvalid as error:
            self._notes.find("file", error.code, error.where)
            return self._report(None, contents=0)
        self._check_members(found, entry)
        self._check_contents(found, entry, contents)
        facts = None
        if trusted := self._directory(found):
            facts = self._check_receipt(found, trusted)
            Judge(trusted, self._notes).check("entry", entry)
            check_standing(trusted, self._notes, max(entry.at, facts.at if facts else 0))
        self._check_times(entry, facts)
        return self._report(facts, contents=len(found.contents) + len(contents))

    def _report(self, facts: ReceiptFacts | None, *, contents: int) -> Report:
        return Report(
            site=facts.site if facts else "",
            index=facts.index if facts else None,
            findings=self._notes.in_order(),
            notices=tuple(self._notes.notices),
            entries=1,
            seals=self._notes.seals,
            checkpoints=1,
            contents=contents,
        )

    def _directory(self, found: record.Record) -> Trusted | None:
        try:
            return Trusted.of(Published.from_bytes(found.directory), root=self._root, at=self._now)
        except DirectoryError as error:
            self._notes.find("directory", error.code, error.where)
            return None

    def _check_members(self, found: record.Record, entry: Entry) -> None:
        expected = seal_members(entry)
        for name in sorted(expected.keys() | found.seals.keys()):
            if name not in found.seals:
                self._notes.find(name, "member_missing", "the entry has this seal")
            elif found.seals[name] != expected.get(name):
                self._notes.find(name, "member_differs", "the entry has it otherwise")

    def _check_contents(self, found: record.Record, entry: Entry, files: Mapping[Path, bytes]) -> None:
        for number, digest in found.contents.items():
            if entry.digests[number : number + 1] != (digest,):
                self._notes.find(f"contents/{number}", "digest_mismatch", f"SHA-256 {digest.hex()}")
        for path, digest in files.items():
            if digest not in entry.digests:
                self._notes.find(str(path), "digest_mismatch", f"SHA-256 {digest.hex()}")

    def _check_receipt(self, found: record.Record, trusted: Trusted) -> ReceiptFacts | None:
        try:
            # Which site it claims only says whose keys to look among; the claim is under the signature.
            claims = cose.parse1(found.receipt).protected.get(CWT_CLAIMS)
            site = claims.get(ISS) if isinstance(claims, dict) else None
            return verify_receipt(found.receipt, found.entry, trusted.site_keys(str(site)))
        except TrustError as error:
            self._notes.find("receipt", error.code, error.where)
            return None

    def _check_times(self, entry: Entry, facts: ReceiptFacts | None) -> None:
        if entry.at > self._now:
            self._notes.find("entry", "in_the_future", iso(entry.at))
        if facts is not None and facts.at > self._now:
            self._notes.find("receipt", "in_the_future", iso(facts.at))


def _root(proofs: object, entry: bytes) -> bytes:
    try:
        match proofs:
            case [bytes() as proof]:
                size, index, path = cbor.decode(proof)
                return root_from_inclusion(leaf_hash(entry), index, size, path)
    except (CborInvalid, TypeError, ValueError) as error:
        raise SealInvalid(f"a malformed inclusion proof: {error}") from error
    raise SealInvalid("a receipt without exactly one inclusion proof")
