"""Mailboxes: what an organ's information system reads, and what it says about it."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import MessageUnknown, Refused
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.sender import Attachment, publish
from lienthong.exchange.mail.store import MailItem, MailStore
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, check_contents
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import KeyStoreError, TrustError
from lienthong.trust.header import Header, ReceiptState
from lienthong.trust.seal import Opened

_log = logging.getLogger(__name__)

# From which states a message may come to a further one.
_BEFORE: Final = {
    ReceiptState.OPENED: frozenset({ReceiptState.DELIVERED}),
    ReceiptState.ACCEPTED: frozenset({ReceiptState.DELIVERED, ReceiptState.OPENED}),
    ReceiptState.REFUSED: frozenset({ReceiptState.DELIVERED, ReceiptState.OPENED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message with its contents, decrypted and checked."""

    header: Header
    contents: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A message in a mailbox, its seal checked."""

    item: MailItem
    receiver: Organ
    opened: Opened
    packet: Packet


class Mailbox:
    """The mailboxes of one gateway's organs."""

    def __init__(self, node: Node, store: MailStore, blobs: BlobStore) -> None:
        """Read what the receiver has put there."""
        self._node = node
        self._store = store
        self._blobs = blobs
        # Locks live as long as someone advances that message.
        self._advancing: WeakValueDictionary[tuple[str, UUID, str], asyncio.Lock] = WeakValueDictionary()

    def list(self, organ: OrganId, *, state: ReceiptState | None = None, limit: int = 1000) -> list[MailItem]:
        """Return the messages of an organ hosted here, urgent first.

        Args:
            organ: whose mailbox.
            state: only those that have come so far and no further, such as ``DELIVERED`` for the unread ones.
            limit: at most so many; ask by state, or what is done stands in the way of what is new.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._store.mailbox(str(self._node.hosted(organ).id), state=state, limit=limit)

    async def open(self, organ: OrganId, message: UUID, *, sender: str = "") -> Letter:
        """Return a message with its contents; its sender gets the receipt ``opened`` the first time.

        Args:
            organ: whose mailbox.
            message: its id.
            sender: needed only where two senders have used one id.

        Raises:
            MessageUnknown: it is not in this mailbox, or the sender must be named.
            StorageFailed: a content cannot be read.
            TrustError: what is stored no longer fits its seal.
        """
        found = self._find(organ, message, sender)
        opened, packet = found.opened, found.packet
        contents = [part if isinstance(part, bytes) else await self._blobs.read(part) for part in packet.parts]
        check_contents(opened.header, contents)
        try:
            await self._advance(found, ReceiptState.OPENED)
        except (Refused, TrustError, KeyStoreError) as error:
            # Keys end and organs are dissolved; what was received stays readable all the same.
            _log.warning("%s cannot be told that %s is opened: %s", opened.header.sender, message, error)
        return Letter(
            header=opened.header,
            contents=tuple(
                Attachment(name=content.name, media_type=content.media_type, data=data)
                for content, data in zip(opened.header.contents, contents, strict=True)
            ),
        )

    async def accept(self, organ: OrganId, message: UUID, *, note: str = "", sender: str = "") -> None:
        """Accept a message: the organ takes over what it asks. Saying it again changes nothing.

        Raises:
            MessageUnknown: it is not in this mailbox.
        """
        await self._advance(self._find(organ, message, sender), ReceiptState.ACCEPTED, note)

    async def refuse(self, organ: OrganId, message: UUID, *, reason: str, sender: str = "") -> None:
        """Refuse a message and say why. Saying it again changes nothing.

        Raises:
            MessageUnknown: it is not in this mailbox.
        """
        await self._advance(self._find(organ, message, sender), ReceiptState.REFUSED, reason)

    def _find(self, organ: OrganId, message: UUID, sender: str) -> _Found:
        receiver = self._node.hosted(organ)
        letters = self._store.letters(str(receiver.id), message, sender)
        if len(letters) > 1:
            senders = ", ".join(item.sender for item, _ in letters)
            raise MessageUnknown(f"{message} of {receiver.id}", hint=f"Name the sender; {senders} have used this id.")
        if not letters:
            raise MessageUnknown(f"{message} of {receiver.id}")
        item, data = letters[0]
        packet = Packet.from_bytes(self._node.unwrap(data, receiver.token).plaintext)
        # As of its arrival: keys end, and what was received stays readable.
        opened = self._node.open_seal(packet.sealed, at=item.arrived)
        return _Found(item=item, receiver=receiver, opened=opened, packet=packet)

    async def _advance(self, found: _Found, state: ReceiptState, note: str = "") -> None:
        item, receiver = found.item, found.receiver
        # One after the other, so that nobody accepts what somebody else is just refusing.
        async with self._advancing.setdefault((item.receiver, item.message, item.sender), asyncio.Lock()):
            ((now, _),) = self._store.letters(item.receiver, item.message, item.sender)
            if now.state not in _BEFORE[state]:
                return
            receipt = receipts.make(self._node, found.opened, receiver=receiver, state=state, note=note)
            entry = self._node.entry(
                receipt.header, organ=receiver, direction="out", seals=(receipt.sealed,), detail=state.value
            )
            await self._node.journal.commit(
                [entry], [self._store.moved(item, state), self._store.put(receipt.outgoing, due=self._node.clock.now())]
            )
        await publish(self._node, self._store, [receipt.outgoing])
