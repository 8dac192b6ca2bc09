"""A letter: a message, a receipt or a recall that has been opened and whose seal has been checked."""

from dataclasses import dataclass

from lienthong.directory.model import Organ
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.mail.store import MailItem
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Entry
from lienthong.trust.seal import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What came, opened."""

    # The envelope as it came, where from, and our key that opened it.
    data: bytes
    subject: str
    route: Route
    kid: bytes
    packet: Packet
    opened: Opened
    receiver: Organ

    @property
    def key(self) -> ItemKey:
        """What it is known by."""
        return str(self.receiver.id), self.opened.header.id, self.opened.header.sender


def open_letter(node: Node, message: Message, seals: list[bytes]) -> Letter:
    """Open an envelope, and check its seal and that it is for the organ it was delivered to.

    Args:
        node: the receiver's gateway.
        message: as it came from the carrier.
        seals: gets the seal, also where it does not hold.

    Raises:
        Malformed, EnvelopeInvalid, SealInvalid, KeyUnknown, KeyNotValid, IdentifierInvalid, Misdirected: it is not.
        KeyStoreError: the store refused.
    """
    route = Route.parse(message.subject)
    unwrapped = node.unwrap(message.data, route.to_organ)
    packet = Packet.from_bytes(unwrapped.plaintext)
    seals.append(packet.sealed)
    opened = node.open_seal(packet.sealed)
    return Letter(
        data=message.data,
        subject=message.subject,
        route=route,
        kid=unwrapped.kid,
        packet=packet,
        opened=opened,
        receiver=node.check_receiver(opened.header, route.to_organ),
    )


def item_of(letter: Letter, at: Millis, state: ReceiptState) -> MailItem:
    """Return a message as it enters its mailbox."""
    header = letter.opened.header
    return MailItem(
        message=header.id,
        # Mailboxes belong to organs, whichever of their systems is named.
        receiver=str(letter.receiver.id),
        sender=header.sender,
        label=str(header.label),
        urgency=header.urgency,
        arrived=at,
        state=state,
        conversation=header.conversation,
        sequence=header.sequence,
    )


def objection(node: Node, error: LienthongError, letter: Letter, seals: tuple[bytes, ...] = ()) -> Entry:
    """Return the evidence that a letter was not taken."""
    return node.entry(
        letter.opened.header,
        organ=letter.receiver,
        direction="in",
        kind=kind_of(error),
        seals=(letter.packet.sealed, *seals),
        verdict=error.code,
        detail=str(error),
    )
