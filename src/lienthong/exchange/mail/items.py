"""What goes out, what came in, how far it got: rows of the tables of mail, as values."""

from typing import Any, Final
from uuid import UUID

import msgspec

from lienthong.exchange.mail.conversation import LATE
from lienthong.exchange.mail.joining import Together
from lienthong.kernel.clock import Millis
from lienthong.trust.header import ReceiptState

ITEM: Final = """receiver, message, sender, label, urgency, arrived, state, place, conversation, sequence, gap, held,
    concluded, key, note"""
"""The columns of a message in a mailbox, as ``item_from`` reads them."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be published on the carrier."""

    # Unguessable; names it at the broker and here.
    token: str
    subject: str
    data: bytes
    attempts: int
    # Messages stay until their receipt is there; receipts only until the carrier has them.
    message: bytes | None
    expires: Millis
    # Whose receipt a message waits for.
    receiver: str | None = None
    # The higher, the earlier.
    urgency: int = 0
    # The envelope it can share on its first way; not kept.
    together: Together | None = None


class MailItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a mailbox, as far as one sees without opening it."""

    message: UUID
    receiver: str
    sender: str
    label: str
    urgency: int
    arrived: Millis
    state: ReceiptState
    # The order in which this gateway handed messages over, across all mailboxes; 0 while it is held back.
    place: int = 0
    conversation: UUID | None = None
    # Its place in the conversation, from 1; 0 if it has none.
    sequence: int = 0
    # How many messages of the conversation are missing before it; -1 if it comes after later ones.
    gap: int = 0
    # Until when it is held back for an earlier one at the most; 0 once it is handed over.
    held: Millis = 0
    # When it was accepted or refused, under which key of the application, and with what words.
    concluded: Millis = 0
    key: str = ""
    note: str = ""

    @property
    def late(self) -> bool:
        """Whether later messages of the conversation were handed over before it."""
        return self.gap == LATE


class ReceiptItem(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that has come back and holds."""

    message: UUID
    receiver: str
    state: ReceiptState
    at: Millis
    note: str
    sealed: bytes


def item_from(row: tuple[Any, ...]) -> MailItem:
    """Read a row of ``ITEM``."""
    receiver, message, sender, label, urgency, arrived, state, place, conversation, *rest = row
    sequence, gap, held, concluded, key, note = rest
    return MailItem(
        message=UUID(bytes=message),
        receiver=receiver,
        sender=sender,
        label=label,
        urgency=urgency,
        arrived=arrived,
        state=ReceiptState(state),
        place=place,
        conversation=UUID(bytes=conversation) if conversation else None,
        sequence=sequence,
        gap=gap,
        held=held,
        concluded=concluded,
        key=key,
        note=note,
    )
