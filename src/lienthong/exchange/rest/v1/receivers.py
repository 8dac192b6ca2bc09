"""How far a sent message has come at its receivers, as the sender's information systems see it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.mail.status import Progress, RecallState, Standing, Status
from lienthong.exchange.rest.v1.endpoint import Asked
from lienthong.exchange.rest.v1.evidence import may_see as may_see_entry
from lienthong.exchange.rest.v1.values import Time
from lienthong.kernel.clock import iso
from lienthong.trust.header import Kind, ReceiptState

_STEPS = tuple(ReceiptState)


class MessageParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which message."""

    id: UUID


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed statement of a receiver."""

    state: ReceiptState
    at: Time
    note: str
    # The seal itself, as evidence (docs/protocol.md).
    sealed: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at one receiver."""

    receiver: str
    standing: Standing
    # Null where it was never sent.
    sent: Time | None
    expires: Time | None
    # Why it was refused or given up: a code, and what a person has said.
    refusal: str
    note: str
    recall: RecallState | None
    # The message that was sent in its place.
    redriven: UUID | None
    receipts: list[ReceiptView]


class MessageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come."""

    id: UUID
    sender: str
    deliveries: list[Delivery]


def status_view(status: Status, receipts: Sequence[ReceiptItem]) -> MessageStatus:
    """Put status and receipts together."""
    said: dict[str, list[ReceiptView]] = {}
    # Two may have come in one millisecond: how far they say it is decides.
    for item in sorted(receipts, key=lambda item: (item.at, _STEPS.index(item.state))):
        view = ReceiptView(state=item.state, at=iso(item.at), note=item.note, sealed=item.sealed)
        said.setdefault(item.receiver, []).append(view)
    return MessageStatus(
        id=status.message,
        sender=status.sender,
        deliveries=[_delivery(each, said.get(each.receiver, [])) for each in status.receivers],
    )


def _delivery(progress: Progress, receipts: list[ReceiptView]) -> Delivery:
    return Delivery(
        receiver=progress.receiver,
        standing=progress.standing,
        sent=iso(progress.sent) if progress.sent else None,
        expires=iso(progress.expires) if progress.expires else None,
        refusal=progress.refusal,
        note=progress.note,
        recall=progress.recall,
        redriven=progress.redriven,
        receipts=receipts,
    )


def may_see[P, B](asked: Asked[P, B], message: UUID) -> bool:
    """Tell whether the label of a message that the caller's organ has sent is one that the caller may handle."""
    journal, organ = asked.gateway.node.journal, str(asked.caller.organ.id)
    entries = [journal.entry(index) for index in journal.find(str(message))]
    # A refusal before anything was sent bears the label, too.
    ours = [entry for entry in entries if entry.organ == organ and entry.direction == "out"]
    about = [entry for entry in ours if entry.kind in {Kind.MESSAGE.value, "refusal"}]
    return bool(about) and all(may_see_entry(asked.caller, entry) for entry in about)
