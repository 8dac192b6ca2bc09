"""Exporting one entry with everything that it takes to verify it anywhere."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from lienthong.directory.proof import extract
from lienthong.exchange.evidence import readme, record
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.kernel import cbor
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import cose
from lienthong.trust.errors import DigestMismatch, SealInvalid
from lienthong.trust.header import Header
from lienthong.trust.journal_entry import Entry
from lienthong.trust.seal import header_of, sender_organ


class Source(Protocol):
    """A journal: the gateway's own or one that is only read."""

    @property
    def site(self) -> str:
        """Whose journal it is."""
        ...

    def entry(self, index: int) -> Entry:
        """Return an entry, or raise EntryUnknown."""
        ...

    def receipt(self, index: int) -> bytes:
        """Return its COSE receipt, or raise EvidenceInvalid."""
        ...


def export_record(journal: Source, trusted: Trusted, index: int, *, contents: Sequence[bytes] = ()) -> bytes:
    """Return the record of an entry as a ZIP file.

    Args:
        journal: where the entry is.
        trusted: the directory, as current as possible: it must reach as far as the entry.
        index: the number of the entry.
        contents: what shall go with it in plain; normally nothing.

    Raises:
        EntryUnknown: there is no such entry.
        EvidenceInvalid: no checkpoint covers it yet, or the journal is damaged.
        DigestMismatch: a content is not one of the entry's.
        DirectoryMissing: the directory does not name the site.
    """
    entry = journal.entry(index)
    members = {
        record.README: readme.text(entry, index=index, site=journal.site).encode(),
        record.ENTRY: entry.to_bytes(),
        record.RECEIPT: journal.receipt(index),
        record.DIRECTORY: extract(trusted.published, organs=_organs(entry, trusted), sites=[journal.site]),
        **seal_members(entry),
    }
    for content in contents:
        digest = hashlib.sha256(content).digest()
        if digest not in entry.digests:
            raise DigestMismatch(f"{len(content)} bytes that entry {index} does not name")
        members[f"contents/{entry.digests.index(digest)}"] = content
    return record.write(members, at=entry.at)


def seal_members(entry: Entry) -> dict[str, bytes]:
    """Return the seals of an entry taken apart, for other tools; what is not a seal is left out."""
    members: dict[str, bytes] = {}
    for number, sealed in enumerate(entry.seals):
        try:
            header = header_of(sealed)
        except SealInvalid:
            # The evidence about something malformed; it is in the entry as it came.
            continue
        encoded, signature = cbor.decode(sealed)
        members[f"seals/{number}.header.cbor"] = encoded
        members[f"seals/{number}.header.json"] = record.header_json(header)
        members[f"seals/{number}.cose"] = signature
    return members


def _organs(entry: Entry, trusted: Trusted) -> set[OrganId]:
    """Return those whose keys it takes: every sender, and whose key it really was where that differs."""
    organs: set[OrganId] = set()
    for sealed in entry.seals:
        try:
            header: Header = header_of(sealed)
            organs.add(sender_organ(header))
            kid = cose.parse1(cbor.decode(sealed)[1]).protected.get(cose.KID)
        except SealInvalid:
            continue
        owner = trusted.snapshot.key(kid) if isinstance(kid, bytes) else None
        if owner is not None and owner.organ is not None:
            organs.add(owner.organ)
    return {organ for organ in organs if trusted.snapshot.organ(organ) is not None}
