"""Taking a message back: a sealed recall for every receiver who may still have it unread."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange.mail.draft import TERM
from lienthong.exchange.mail.items import Outgoing
from lienthong.exchange.mail.ledger import Ledger, Sent
from lienthong.exchange.mail.publishing import Postman
from lienthong.exchange.mail.status import Recall
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import parse_client
from lienthong.kernel.ids import new_id
from lienthong.kernel.labels import Label
from lienthong.trust import envelope
from lienthong.trust.header import Header, Kind, ReceiptState
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import digest_of

URGENCY: Final = 1 << 20
"""A recall goes before everything else: it races against being read."""
_CONCLUDED: Final = frozenset({ReceiptState.ACCEPTED, ReceiptState.REFUSED, ReceiptState.RECALLED, ReceiptState.KEPT})


@dataclass(slots=True, kw_only=True)
class _Made:
    outgoing: list[Outgoing]
    entries: list[Entry]
    statements: list[Statement]


async def recall(  # noqa: PLR0913 - by keyword
    node: Node,
    store: MailStore,
    postman: Postman,
    *,
    message: UUID,
    sent: Sequence[Sent],
    sender: Organ,
    label: Label,
    reason: str,
) -> Recall:
    """Ask receivers to give a message back.

    Args:
        node: the sender's gateway.
        store: its mail.
        postman: publishes what is asked.
        message: what is taken back.
        sent: the receivers it is taken back from.
        sender: the organ that sent it.
        label: that of the message, which also covers the reason.
        reason: for the receivers' people.

    Raises:
        KeyUnknown, EnvelopeInvalid: a key of either end is missing or no longer valid.
        KeyStoreError: the store refused.
        ReceiverUnknown: a receiver has left the directory.
        RequestInvalid: the reason is too long.
        JournalError: it cannot be recorded; nothing was sent.
    """
    concluded = {item.receiver for item in store.receipts(message) if item.state in _CONCLUDED}
    asked = [each for each in sent if each.receiver not in concluded]
    made = _Made(outgoing=[], entries=[], statements=[])
    for each in asked:
        _make(node, store, made, each, message=message, sender=sender, label=label, reason=reason)
    await node.journal.commit(made.entries, made.statements)
    await postman.publish(made.outgoing)
    return Recall(
        message=message,
        asked=tuple(each.receiver for each in asked),
        concluded=tuple(sorted(each.receiver for each in sent if each.receiver in concluded)),
    )


def _make(  # noqa: PLR0913 - by keyword
    node: Node,
    store: MailStore,
    made: _Made,
    sent: Sent,
    *,
    message: UUID,
    sender: Organ,
    label: Label,
    reason: str,
) -> None:
    at = node.clock.now()
    header = Header(
        kind=Kind.RECALL,
        id=new_id(),
        sender=sent.sender,
        receiver=sent.receiver,
        label=label,
        created=at,
        # It is remembered for as long as its message might still come.
        expires=max(at + TERM, sent.expires + MINUTE),
        conversation=message,
        answers=sent.digest,
        note=reason,
    )
    (sealed,) = node.seals.seal_all([header], node.sealing_key(sender))
    receiver = node.organ(parse_client(sent.receiver).organ)
    data = envelope.encrypt(Packet(sealed=sealed, parts=()).to_bytes(), to=node.wrapping_key(receiver, header))
    item = Outgoing(
        token=secrets.token_hex(16),
        subject=mail_subject(sender, receiver),
        data=data,
        attempts=0,
        message=header.id.bytes,
        expires=header.expires,
        receiver=header.receiver,
        urgency=URGENCY,
    )
    made.outgoing.append(item)
    made.entries.append(node.entry(header, organ=sender, direction="out", seals=(sealed,), detail=reason))
    made.statements += store.put([item], due=at + MINUTE)
    made.statements += Ledger(node.journal).recalls(
        header.id, receiver=sent.receiver, message=message, sender=sent.sender, digest=digest_of(sealed), at=at
    )
