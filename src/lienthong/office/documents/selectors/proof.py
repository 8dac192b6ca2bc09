"""What the exchange can prove of a document: what was sealed by whom and when, and that it stands in the journal.

It is asked of the organ's gateway when somebody looks. Each piece can be taken along as a file, which anyone verifies
with ``lienthong evidence verify FILE --root root.json`` and nothing else: not this office, not the gateway.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from lienthong.client import Conflict, EvidenceEntry, Receipt
from lienthong.kernel.clock import to_datetime
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.exchange.gateways import connected
from lienthong.office.documents.exchange.link import Link
from lienthong.office.documents.models import Delivery, Document
from lienthong.office.documents.selectors.documents import document as seen
from lienthong.trust.checkpoint import read_receipt
from lienthong.trust.errors import TrustError
from lienthong.trust.seal import header_of

_MOST: Final = 50
"""Pieces that one page shows; more are not made by one message and its receipts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """That an entry stands in the gateway's journal, signed by its site."""

    site: str
    # How many entries the checkpoint covers.
    size: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One entry of the journal about a message."""

    index: int
    at: datetime
    # out, in or own; message, receipt, recall, refusal.
    direction: str
    kind: str
    # Who is at the other end.
    peer: str
    verdict: str
    detail: str
    # SHA-256 of the contents, hexadecimal.
    digests: tuple[str, ...]
    # How many sealed objects the entry holds: the sender's, the receiver's.
    seals: int
    # None: no checkpoint covers it yet; within a minute one does.
    inclusion: Inclusion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that the gateway holds about a message."""

    message: UUID
    # Oldest first.
    pieces: tuple[Piece, ...]


def of_arrival(actor: Actor, number: int) -> Proof:
    """Return the proof of how a document arrived.

    Args:
        actor: who looks.
        number: the document's id.

    Raises:
        NotFound: there is none that they may see, or it came another way.
        ClientError, OrganUnserved, GatewaysInvalid: the gateway does not tell.
    """
    found = seen(actor, number)
    if found.message is None:
        raise NotFound(str(number))
    return _proof(_link(found), found.message, [found.message])


def of_delivery(actor: Actor, number: int) -> Proof:
    """Return the proof of what was sent to one receiver, with its sealed receipts.

    Args:
        actor: who looks.
        number: the delivery's id.

    Raises:
        NotFound: there is none whose document they may see, or nothing was sent.
        ClientError, OrganUnserved, GatewaysInvalid: the gateway does not tell.
    """
    row = Delivery.objects.select_related("dispatch").filter(pk=number).first()
    if row is None or row.dispatch.message is None:
        raise NotFound(str(number))
    link, message = _link(seen(actor, row.dispatch.document_id)), row.dispatch.message
    organ = connected().organ(row.organ_code)
    receipts = [
        receipt for each in link.message(message).deliveries if each.receiver == str(organ) for receipt in each.receipts
    ]
    return _proof(link, message, [message, *_ids(receipts)], peer=str(organ))


def record_of_arrival(actor: Actor, number: int, index: int) -> bytes:
    """Return a piece of ``of_arrival`` as a file that anyone can verify (ZIP).

    Args:
        actor: who looks.
        number: the document's id.
        index: the piece's.

    Raises:
        NotFound: there is no such document that they may see, or no such piece of its proof.
        Conflict: no checkpoint covers it yet.
        ClientError, OrganUnserved, GatewaysInvalid: the gateway does not tell.
    """
    return _record(_link(seen(actor, number)), of_arrival(actor, number), index)


def record_of_delivery(actor: Actor, number: int, index: int) -> bytes:
    """Return a piece of ``of_delivery`` as such a file; all else as for ``record_of_arrival``."""
    proof = of_delivery(actor, number)
    row = Delivery.objects.select_related("dispatch").get(pk=number)
    return _record(_link(seen(actor, row.dispatch.document_id)), proof, index)


def _record(link: Link, proof: Proof, index: int) -> bytes:
    # The gateway knows only the organ, not who looks: a piece of another document must not come this way.
    if index not in {piece.index for piece in proof.pieces}:
        raise NotFound(str(index))
    return link.evidence_record(index)


def _link(document: Document) -> Link:
    return connected().link(document.organ.code)


def _ids(receipts: Iterable[Receipt]) -> list[UUID]:
    """Return by what the receipts' own entries are found."""
    found = []
    for receipt in receipts:
        try:
            found.append(header_of(receipt.sealed).id)
        except TrustError:
            # The gateway has checked it; one that is not read here is left out, not believed.
            continue
    return found


def _proof(link: Link, message: UUID, ids: Sequence[UUID], peer: str = "") -> Proof:
    entries: dict[int, EvidenceEntry] = {}
    for id_ in ids:
        for entry in link.evidence(id=id_):
            # A national dispatch has an entry for each receiver.
            if not peer or entry.peer in {"", peer}:
                entries[entry.index] = entry
            if len(entries) >= _MOST:
                break
    return Proof(message=message, pieces=tuple(_piece(link, entries[index]) for index in sorted(entries)))


def _piece(link: Link, entry: EvidenceEntry) -> Piece:
    return Piece(
        index=entry.index, at=entry.at, direction=entry.direction, kind=entry.kind, peer=entry.peer,
        verdict=entry.verdict, detail=entry.detail, digests=tuple(digest.hex() for digest in entry.digests),
        seals=len(entry.seals), inclusion=_inclusion(link, entry.index),
    )  # fmt: skip


def _inclusion(link: Link, index: int) -> Inclusion | None:
    try:
        receipt = link.evidence_receipt(index)
    except Conflict:
        return None
    # What it says; whether that is signed tells whoever verifies the record.
    site, size, at = read_receipt(receipt.receipt)
    return Inclusion(site=site, size=size, at=to_datetime(at))
