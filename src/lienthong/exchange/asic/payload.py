"""What a container holds of an exchange: both messages as they were sealed, and the evidence about them.

``request/`` and ``response/`` have the same files: ``message.json`` (the sealed header for reading: start line,
parties, times, digests), ``head`` and ``body`` byte for byte as sealed, ``header.cbor`` and ``seal.cose``.
``evidence/`` has the journal's entries, a receipt for each, and the part of the directory that names the keys.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from lienthong.directory.proof import extract
from lienthong.directory.published import Published
from lienthong.exchange.archive.kept import Kept, Message
from lienthong.exchange.asic.container import DIRECTORY, ENTRY, RECEIPT
from lienthong.exchange.asic.errors import ContainerRefused
from lienthong.exchange.evidence.record import header_json
from lienthong.kernel import cbor
from lienthong.kernel.identifiers import parse_client
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.journal import Journal
from lienthong.trust.journal_entry import Entry
from lienthong.trust.seal import digest_of, header_of, sender_organ

_CALLS: Final = frozenset({Kind.REQUEST.value, Kind.RESPONSE.value})
# Of a call and its answer: head and body.
_CONTENTS: Final = 2


class Parts(StrEnum):
    """Which messages of an exchange are asked for."""

    BOTH = "both"
    REQUEST = "request"
    RESPONSE = "response"


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A seal and the header in it."""

    header: Header
    sealed: bytes


def payload_of(kept: Kept, journal: Journal, published: Published, parts: Parts) -> dict[str, bytes] | None:
    """Return the files about an exchange: name → content; None for one whose answer is not on record.

    Nothing counts without evidence: an answer that could not be recorded was not given.

    Args:
        kept: what the archive has of it.
        journal: has the evidence; a checkpoint must cover it.
        published: the directory, for the keys.
        parts: which messages.

    Raises:
        ContainerRefused: what was kept is not what was sealed.
        EvidenceInvalid: no checkpoint covers the evidence yet.
        DirectoryMissing: the directory no longer names who sealed it.
    """
    entries = _entries(kept, journal)
    found = _seals(kept, [entry for _, entry in entries])
    if found is None:
        return None
    request, response = found
    payload: dict[str, bytes] = {}
    if parts is not Parts.RESPONSE:
        payload |= _message("request", request, kept.request)
    if parts is not Parts.REQUEST:
        payload |= _message("response", response, kept.response)
    for number, (index, entry) in enumerate(entries, start=1):
        payload[ENTRY.format(number)] = entry.to_bytes()
        payload[RECEIPT.format(number)] = journal.receipt(index)
    organs = {sender_organ(each.header) for each in (request, response)}
    payload[DIRECTORY] = extract(published, organs=organs, sites=[journal.site])
    return payload


def _entries(kept: Kept, journal: Journal) -> list[tuple[int, Entry]]:
    """Return the evidence of this very exchange: a peer may have used the same id towards others."""
    place = kept.place
    organ = str(parse_client(place.owner).organ)
    found = [(index, journal.entry(index)) for index in journal.find(str(place.exchange))]
    return [
        (index, entry)
        for index, entry in found
        if entry.organ == organ and entry.peer == place.peer and entry.kind in _CALLS and entry.verdict == "ok"
    ]


def _seals(kept: Kept, entries: Sequence[Entry]) -> tuple[Sealed, Sealed] | None:
    try:
        seals = [Sealed(header=header_of(sealed), sealed=sealed) for entry in entries for sealed in entry.seals]
    except SealInvalid as error:
        raise ContainerRefused(f"exchange {kept.place.exchange}: {error.where}") from error
    if all(each.header.kind is not Kind.RESPONSE for each in seals):
        return None
    for request in seals:
        if request.header.kind is not Kind.REQUEST or not _fits(kept.request, request.header):
            continue
        digest = digest_of(request.sealed)
        for response in seals:
            if response.header.answers == digest and _fits(kept.response, response.header):
                return request, response
    raise ContainerRefused(f"exchange {kept.place.exchange}: the journal has no evidence of these contents")


def _fits(message: Message, header: Header) -> bool:
    if len(header.contents) != _CONTENTS:
        return False
    head, body = header.contents
    return _is(message.head, head) and (message.body is None or _is(message.body, body))


def _is(data: bytes, content: Content) -> bool:
    return len(data) == content.size and hashlib.sha256(data).digest() == content.digest


def _message(folder: str, sealed: Sealed, message: Message) -> dict[str, bytes]:
    encoded, signature = cbor.decode(sealed.sealed)
    files = {f"{folder}/message.json": header_json(sealed.header), f"{folder}/head": message.head}
    if message.body is not None:
        files[f"{folder}/body"] = message.body
    return files | {f"{folder}/header.cbor": encoded, f"{folder}/seal.cose": signature}
