"""``/v1/evidence``: what the gateway's journal holds about the caller's organ, with proofs."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.responses import Response

from lienthong.exchange.evidence.export import export_record
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Caller, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import AddressUnknown, ReceiptNotYet
from lienthong.exchange.rest.v1.values import Limit, Time
from lienthong.kernel.clock import iso
from lienthong.kernel.labels import Label
from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.journal import Entry, EntryUnknown, Journal

_ZIP: Final = "application/zip"
_WINDOW: Final = 2000
_WINDOWS: Final = 10
"""A journal has the entries of all organs: so many times so many are looked through for one answer."""
type Index = Annotated[int, Meta(ge=0, le=2**53, description="Number of an entry in the gateway's journal.")]


class EvidenceParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries."""

    id: Annotated[UUID | None, Meta(description="Only those of this exchange.")] = None
    kind: Annotated[str, Meta(max_length=40, description="Only those of this kind.")] = ""
    before: Annotated[Index | None, Meta(description="Only those with a smaller number.")] = None
    limit: Limit = 100


class EntryParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entry."""

    index: Index


class EvidenceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of evidence."""

    index: int
    at: Time
    direction: str
    kind: str
    id: str
    peer: str
    label: str
    purpose: str
    verdict: str
    detail: str
    # SHA-256 of the contents, and the sealed objects themselves.
    digests: list[bytes]
    seals: list[bytes]


class EvidencePage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the evidence, newest first. It may be short, or empty, and yet be followed by more."""

    entries: list[EvidenceEntry]
    # Ask for what follows with it as before; null at the beginning of the journal.
    next: int | None


class EvidenceReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that an entry stands in the journal."""

    index: int
    # The entry as it was hashed, and the COSE receipt (RFC 9942) over it.
    entry: bytes
    receipt: bytes


async def _list(asked: Asked[EvidenceParams, Nothing]) -> EvidencePage:
    params, journal = asked.params, asked.gateway.node.journal
    if params.id is not None:
        entries = [(index, journal.entry(index)) for index in reversed(journal.find(str(params.id)))]
        found, stop = _ours(asked.caller, entries, params.kind), 0
        if params.before is not None:
            found = [each for each in found if each[0] < params.before]
    else:
        found, stop = _newest(asked, journal)
    if len(found) > params.limit:
        found = found[: params.limit]
        stop = found[-1][0]
    return EvidencePage(entries=[_entry(index, entry) for index, entry in found], next=stop or None)


def _newest(asked: Asked[EvidenceParams, Nothing], journal: Journal) -> tuple[list[tuple[int, Entry]], int]:
    """Return entries, newest first, and the number down to which the journal was looked through."""
    stop = journal.size if asked.params.before is None else min(asked.params.before, journal.size)
    found: list[tuple[int, Entry]] = []
    for _ in range(_WINDOWS):
        start = max(0, stop - _WINDOW)
        rows = journal.read(
            "SELECT idx, body FROM entries WHERE idx >= ? AND idx < ? AND organ = ? ORDER BY idx DESC",
            (start, stop, str(asked.caller.organ.id)),
        )
        stop = start
        found += _ours(asked.caller, [(index, Entry.from_bytes(body)) for index, body in rows], asked.params.kind)
        if len(found) > asked.params.limit or stop == 0:
            break
    return found, stop


def _ours(caller: Caller, entries: list[tuple[int, Entry]], kind: str) -> list[tuple[int, Entry]]:
    return [(index, entry) for index, entry in entries if may_see(caller, entry) and (not kind or entry.kind == kind)]


def may_see(caller: Caller, entry: Entry) -> bool:
    """Tell whether an entry is about the caller's organ, and nothing above what its system may handle."""
    covered = not entry.label or Label.parse(entry.label) <= caller.ceiling
    return entry.organ == str(caller.organ.id) and covered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proved:
    """An entry and its receipt, as they are exported."""

    site: str
    found: Entry
    proof: bytes

    def entry(self, _: int) -> Entry:
        return self.found

    def receipt(self, _: int) -> bytes:
        return self.proof


async def _receipt(asked: Asked[EntryParams, Nothing]) -> EvidenceReceipt:
    proved = _proved(asked)
    return EvidenceReceipt(index=asked.params.index, entry=proved.found.to_bytes(), receipt=proved.proof)


async def _record(asked: Asked[EntryParams, Nothing]) -> Response:
    proved, published = _proved(asked), asked.face.published
    if published is None:
        raise AddressUnknown(asked.request.url.path)
    trusted = Trusted(published=published(), snapshot=asked.gateway.node.snapshot)
    # The part of the directory is looked for in all of it.
    data = await asyncio.to_thread(export_record, proved, trusted, asked.params.index)
    return Response(data, media_type=_ZIP)


def _proved(asked: Asked[EntryParams, Nothing]) -> _Proved:
    index, journal = asked.params.index, asked.gateway.node.journal
    found = journal.entries(index, index + 1)
    # An entry of another organ is as unknown as one that is not there.
    if not found or not may_see(asked.caller, found[0]):
        raise EntryUnknown(str(index))
    try:
        receipt = journal.receipt(index)
    except EvidenceInvalid as error:
        raise ReceiptNotYet(str(index)) from error
    return _Proved(site=journal.site, found=found[0], proof=receipt)


def _entry(index: int, entry: Entry) -> EvidenceEntry:
    return EvidenceEntry(
        index=index,
        at=iso(entry.at),
        direction=entry.direction,
        kind=entry.kind,
        id=entry.id,
        peer=entry.peer,
        label=entry.label,
        purpose=entry.purpose,
        verdict=entry.verdict,
        detail=entry.detail,
        digests=list(entry.digests),
        seals=list(entry.seals),
    )


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/evidence",
        handler=_list,
        summary="List the evidence about the organ, newest first.",
        params=EvidenceParams,
        body=Nothing,
        answer=EvidencePage,
    ),
    Endpoint(
        method="GET",
        path="/v1/evidence/{index}/receipt",
        handler=_receipt,
        summary="Prove that an entry stands in the journal (COSE receipt, RFC 9942).",
        params=EntryParams,
        body=Nothing,
        answer=EvidenceReceipt,
        errors=(EntryUnknown, ReceiptNotYet),
    ),
    Endpoint(
        method="GET",
        path="/v1/evidence/{index}/record",
        handler=_record,
        summary="Export an entry with all that it takes to verify it anywhere (lienthong evidence verify).",
        params=EntryParams,
        body=Nothing,
        media_type=_ZIP,
        errors=(EntryUnknown, ReceiptNotYet, AddressUnknown),
    ),
)
