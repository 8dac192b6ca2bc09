"""Receipts: sealed statements of the receiver about how far a message has come."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Misdirected
from lienthong.exchange.mail.draft import TERM
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.store import MailStore, Outgoing, ReceiptItem
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.identifiers import parse_client
from lienthong.kernel.ids import new_id
from lienthong.trust import envelope, seal
from lienthong.trust.header import Header, Kind, ReceiptState
from lienthong.trust.seal import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt that has been sealed and waits to be published."""

    header: Header
    sealed: bytes
    outgoing: Outgoing


def make(node: Node, message: Opened, *, receiver: Organ, state: ReceiptState, note: str = "") -> Receipt:
    """Seal and encrypt a receipt for the sender of a message.

    Args:
        node: the receiver's gateway.
        message: the message, its seal checked.
        receiver: the organ that vouches for the state.
        state: how far the message has come.
        note: the reason, where it is refused.

    Raises:
        KeyUnknown, EnvelopeInvalid: a key of either end is missing, no longer valid or malformed.
        KeyStoreError: the store refused.
        ReceiverUnknown: the sender has left the directory.
    """
    at = node.clock.now()
    header = Header(
        kind=Kind.RECEIPT,
        id=new_id(),
        sender=message.header.receiver,
        receiver=message.header.sender,
        label=message.header.label,
        created=at,
        expires=at + TERM,
        conversation=message.header.id,
        answers=message.digest,
        status=state.value,
        note=note,
    )
    # Receipts of different organs share no key, so there is nothing to batch.
    sealed = seal.seal(header, key=node.sealing_key(receiver), store=node.store)
    sender = node.organ(parse_client(header.receiver).organ)
    data = envelope.encrypt(Packet(sealed=sealed, parts=()).to_bytes(), to=node.wrapping_key(sender, header))
    outgoing = Outgoing(
        token=secrets.token_hex(16),
        subject=mail_subject(receiver, sender),
        data=data,
        attempts=0,
        message=None,
        expires=header.expires,
        urgency=message.header.urgency,
    )
    return Receipt(header=header, sealed=sealed, outgoing=outgoing)


def check(node: Node, store: MailStore, opened: Opened, sealed: bytes) -> tuple[ReceiptItem, UUID | None]:
    """Return what a receipt says if it answers a message, or the recall of one, that was really sent.

    Returns:
        The receipt of the message; and the id of the recall that it answers, or None.

    Raises:
        Misdirected: no such message went to this receiver from here, or it had another seal.
    """
    header = opened.header
    message, recall, digest = header.conversation, None, None
    if message is not None:
        digest = store.sent_digest(message, receiver=header.sender, sender=header.receiver)
    if message is not None and digest is None:
        recalled = Ledger(node.journal).recalled(message, receiver=header.sender, sender=header.receiver)
        if recalled is not None:
            recall, (message, digest) = message, recalled
    if message is None or digest is None or not secrets.compare_digest(digest, header.answers):
        raise Misdirected(f"a receipt of {header.sender} for a message it was not sent")
    item = ReceiptItem(
        message=message,
        receiver=header.sender,
        state=ReceiptState(header.status),
        at=node.clock.now(),
        note=header.note,
        sealed=sealed,
    )
    return item, recall
