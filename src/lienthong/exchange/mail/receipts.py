"""Receipts: sealed statements of the receiver about how far a message has come."""

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Misdirected
from lienthong.exchange.mail.draft import TERM
from lienthong.exchange.mail.items import Outgoing, ReceiptItem
from lienthong.exchange.mail.joining import Sealed, Unsealed, seal_all
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.mail.wraps import Wraps
from lienthong.exchange.node import Node
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.identifiers import parse_client
from lienthong.kernel.ids import new_id
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import Header, Kind, ReceiptState
from lienthong.trust.seal import Opened


class Receipt(msgspec.Struct, kw_only=True, eq=False):
    """A receipt: first as it will be sealed, then sealed, and ready to be published."""

    letter: Unsealed
    sender: Organ
    urgency: int
    # What it has become, once it is sealed.
    sealed: bytes = b""
    outgoing: Outgoing | None = None

    @property
    def header(self) -> Header:
        """What it says."""
        return self.letter.header


class Receipts:
    """Makes the receipts of one gateway's organs."""

    def __init__(self, node: Node, wraps: Wraps) -> None:
        """Seal and encrypt for this node."""
        self._node = node
        self._wraps = wraps

    def prepare(self, message: Opened, *, receiver: Organ, state: ReceiptState, note: str = "") -> Receipt:
        """Return a receipt for the sender of a message that wants only to be sealed.

        Args:
            message: the message, its seal checked.
            receiver: the organ that vouches for the state.
            state: how far the message has come.
            note: the reason, where it is refused.

        Raises:
            KeyUnknown, EnvelopeInvalid: a key of either end is missing, no longer valid or malformed.
            ReceiverUnknown: the sender has left the directory.
        """
        at = self._node.clock.now()
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
        key = self._node.sealing_key(receiver)
        if key.kid not in self._node.store.kids():
            raise KeyUnknown(f"{key.kid.hex()} is not held here")
        sender = self._node.organ(parse_client(header.receiver).organ)
        letter = Unsealed(
            header=header,
            encoded=header.to_bytes(),
            parts=(),
            receiver=sender,
            key=key,
            wrap=self._wraps.to(self._node.wrapping_key(sender, header)),
        )
        return Receipt(letter=letter, sender=receiver, urgency=message.header.urgency)

    def seal(self, receipts: Sequence[Receipt]) -> list[Outgoing]:
        """Seal and encrypt receipts, those of one organ to another together.

        Raises:
            KeyUnknown, KeyStoreError: the store does not hold a key, or refused; none of them is sealed.
        """
        sealed = seal_all(self._node, [receipt.letter for receipt in receipts])
        return [finish(receipt, each) for receipt, each in zip(receipts, sealed, strict=True)]


def finish(receipt: Receipt, sealed: Sealed) -> Outgoing:
    """Take over a receipt's seal and return what is to be published."""
    receipt.sealed = sealed.sealed
    receipt.outgoing = Outgoing(
        token=secrets.token_hex(16),
        subject=mail_subject(receipt.sender, receipt.letter.receiver),
        data=sealed.data,
        attempts=0,
        message=None,
        expires=receipt.header.expires,
        urgency=receipt.urgency,
        together=sealed.together,
    )
    return receipt.outgoing


def key_of(header: Header) -> ItemKey | None:
    """Return the key of the message that a receipt names, or None."""
    if header.kind is not Kind.RECEIPT or header.conversation is None:
        return None
    return header.sender, header.conversation, header.receiver


def check(node: Node, opened: Opened, sealed: bytes, *, sent: bytes | None) -> tuple[ReceiptItem, UUID | None]:
    """Return what a receipt says if it answers a message, or the recall of one, that was really sent.

    Args:
        node: the sender's gateway.
        opened: the receipt.
        sealed: its seal.
        sent: digest of the seal of the message that it names, if that was sent to who sends it.

    Returns:
        The receipt of the message; and the id of the recall that it answers, or None.

    Raises:
        Misdirected: no such message went to this receiver from here, or it had another seal.
    """
    header = opened.header
    message, recall, digest = header.conversation, None, sent
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
