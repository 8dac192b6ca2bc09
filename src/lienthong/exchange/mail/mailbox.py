"""Mailboxes: what an organ's information system reads, and what it says about it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import MessageUnknown
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.sender import Attachment, publish
from lienthong.exchange.mail.store import MailItem, MailStore
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, check_contents
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import envelope
from lienthong.trust.header import Header, ReceiptState
from lienthong.trust.seal import Opened

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


class Mailbox:
    """The mailboxes of one gateway's organs."""

    def __init__(self, node: Node, store: MailStore, blobs: BlobStore) -> None:
        """Read what the receiver has put there."""
        self._node = node
        self._store = store
        self._blobs = blobs

    def list(self, organ: OrganId, *, limit: int = 1000) -> list[MailItem]:
        """Return the messages of an organ hosted here, urgent first.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._store.mailbox(str(self._node.hosted(organ).id), limit=limit)

    async def open(self, organ: OrganId, message: UUID) -> Letter:
        """Return a message with its contents; its sender gets the receipt ``opened`` the first time.

        Raises:
            MessageUnknown: it is not in this mailbox.
            TrustError: what is stored no longer fits its seal.
        """
        receiver, opened, packet = self._find(organ, message)
        contents = [
            part if isinstance(part, bytes) else await self._blobs.read(part, limit=content.size)
            for content, part in zip(opened.header.contents, packet.parts, strict=True)
        ]
        check_contents(opened.header, contents)
        await self._advance(receiver, opened, ReceiptState.OPENED)
        return Letter(
            header=opened.header,
            contents=tuple(
                Attachment(name=content.name, media_type=content.media_type, data=data)
                for content, data in zip(opened.header.contents, contents, strict=True)
            ),
        )

    async def accept(self, organ: OrganId, message: UUID, *, note: str = "") -> None:
        """Accept a message: the organ takes over what it asks. Saying it again changes nothing.

        Raises:
            MessageUnknown: it is not in this mailbox.
        """
        receiver, opened, _ = self._find(organ, message)
        await self._advance(receiver, opened, ReceiptState.ACCEPTED, note)

    async def refuse(self, organ: OrganId, message: UUID, *, reason: str) -> None:
        """Refuse a message and say why. Saying it again changes nothing.

        Raises:
            MessageUnknown: it is not in this mailbox.
        """
        receiver, opened, _ = self._find(organ, message)
        await self._advance(receiver, opened, ReceiptState.REFUSED, reason)

    def _find(self, organ: OrganId, message: UUID) -> tuple[Organ, Opened, Packet]:
        receiver = self._node.hosted(organ)
        found = self._store.envelope(str(receiver.id), message)
        if found is None:
            raise MessageUnknown(f"{message} of {receiver.id}")
        unwrapped = envelope.decrypt(found[1], store=self._node.store, resolve=self._node.resolve)
        packet = Packet.from_bytes(unwrapped.plaintext)
        return receiver, self._node.open_seal(packet.sealed), packet

    async def _advance(self, receiver: Organ, opened: Opened, state: ReceiptState, note: str = "") -> None:
        header = opened.header
        now = self._store.envelope(str(receiver.id), header.id)
        if now is None or now[0] not in _BEFORE[state]:
            return
        receipt = receipts.make(self._node, opened, receiver=receiver, state=state, note=note)
        entry = self._node.entry(
            receipt.header, organ=receiver, direction="out", seals=(receipt.sealed,), detail=state.value
        )
        await self._node.journal.commit(
            [entry],
            [
                self._store.moved(str(receiver.id), header.id, state),
                self._store.put(receipt.outgoing, receiver=None, due=self._node.clock.now()),
            ],
        )
        await publish(self._node, self._store, [receipt.outgoing])
