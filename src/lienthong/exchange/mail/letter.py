"""A letter: a message, a receipt or a recall that has been opened and whose seal has been checked."""

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.mail.bundle import Bundle, is_bundle
from lienthong.exchange.mail.harvest import Line
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.envelope import Wrap
from lienthong.trust.header import Kind, ReceiptState
from lienthong.trust.seal import Opened


class Letter(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What came, opened."""

    # The envelope as it came, or for a message of a bundle one of its own; where from, and our key that opened it.
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


def open_letters(node: Node, message: Message, seals: list[bytes]) -> list[Letter]:
    """Open an envelope, and check the seals in it and that all is for the organ it was delivered to.

    Args:
        node: the receiver's gateway.
        message: an envelope as it came from the carrier.
        seals: gets the seal, also where it does not hold; not those of a bundle, which follow from what holds.

    Raises:
        Malformed, EnvelopeInvalid, SealInvalid, KeyUnknown, KeyNotValid, IdentifierInvalid, Misdirected: it is not.
        KeyStoreError: the store refused.
    """
    route = Route.parse(message.subject)
    unwrapped = node.unwrap(message.data, route.to_organ)
    if not is_bundle(unwrapped.plaintext):
        packet = Packet.from_bytes(unwrapped.plaintext)
        seals.append(packet.sealed)
        opened = node.open_seal(packet.sealed)
        return [_letter(node, message.data, message.subject, route, unwrapped.kid, packet, opened)]
    # Each is kept by itself, under the key that came with all of them.
    wrap = Wrap(unwrapped.content_key, unwrapped.recipients)
    return [
        _letter(
            node,
            wrap.encrypt(packet.to_bytes()) if opened.header.kind is Kind.MESSAGE else b"",
            message.subject,
            route,
            unwrapped.kid,
            packet,
            opened,
        )
        for opened, packet in Bundle.from_bytes(unwrapped.plaintext).opened(node.verifier, at=node.clock.now())
    ]


def _letter(  # noqa: PLR0913, PLR0917 - one per field
    node: Node, data: bytes, subject: str, route: Route, kid: bytes, packet: Packet, opened: Opened
) -> Letter:
    return Letter(
        data=data,
        subject=subject,
        route=route,
        kid=kid,
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


def objection(error: LienthongError, letter: Letter, *receipts: Receipt) -> Line:
    """Return the evidence that a letter was not taken."""
    return Line(
        header=letter.opened.header,
        organ=letter.receiver,
        direction="in",
        kind=kind_of(error),
        seals=(letter.packet.sealed, *receipts),
        verdict=error.code,
        detail=str(error),
    )
