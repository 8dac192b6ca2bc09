"""Receiving: open, check, decide, record, put into the mailbox, and send the receipt."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange import policy
from lienthong.exchange.alarms import alarm, kind_of
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import ExchangeError, Malformed, Refused, Replayed
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.sender import publish
from lienthong.exchange.mail.store import MailItem, MailStore, ReceiptItem
from lienthong.exchange.node import Node
from lienthong.exchange.packet import BlobRef, Packet, check_content
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import BadInput
from lienthong.trust import envelope
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Content, Kind, ReceiptState
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import Opened

# After so many messages the event loop turns: calls must not wait for a broadcast.
_BREATH: Final = 16
_REMEMBERED: Final = 1024


@dataclass(slots=True)
class _Harvest:
    """What a batch of messages amounts to: one transaction, then what is published."""

    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    receipted: list[ReceiptItem] = field(default_factory=list)
    arrived: list[MailItem] = field(default_factory=list)
    claimed: list[tuple[bytes, str]] = field(default_factory=list)


class Receiver:
    """Takes the mail of one gateway's organs off the carrier."""

    def __init__(
        self,
        node: Node,
        store: MailStore,
        blobs: BlobStore,
        *,
        on_receipt: Callable[[ReceiptItem], None] | None = None,
        on_arrival: Callable[[MailItem], None] | None = None,
    ) -> None:
        """Receive for this node.

        Args:
            node: the gateway.
            store: where mailboxes are.
            blobs: where large contents are kept.
            on_receipt: told of every receipt that holds, after it is durable.
            on_arrival: told of every message in a mailbox, after it is durable.
        """
        self._node = node
        self._store = store
        self._blobs = blobs
        self._on_receipt = on_receipt or _nobody
        self._on_arrival = on_arrival or _nobody
        self._intact: dict[tuple[str, bytes], bytes] = {}

    async def take(self, stream: str, messages: Sequence[Message]) -> None:
        """Take a batch off a stream: all of it is durable, or none and it comes again.

        Raises:
            JournalError: the evidence cannot be written; the batch must be delivered again.
            CarrierUnavailable: a large content cannot be fetched now.
        """
        harvest = _Harvest()
        try:
            for number, message in enumerate(messages, start=1):
                await self._take(message, harvest)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            harvest.statements.append(self._store.moved_on(stream, messages[-1].sequence))
            await self._node.journal.commit(harvest.entries, harvest.statements)
        except BaseException:
            for id_, receiver in harvest.claimed:
                self._node.replay.release(id_, receiver)
            raise
        for receipt in harvest.receipted:
            self._on_receipt(receipt)
        for item in harvest.arrived:
            self._on_arrival(item)
        await publish(self._node, self._store, [receipt.outgoing for receipt in harvest.receipts])

    async def _take(self, message: Message, harvest: _Harvest) -> None:
        sealed: tuple[bytes, ...] = ()
        try:
            route = Route.parse(message.subject)
            unwrapped = envelope.decrypt(message.data, store=self._node.store, resolve=self._node.resolve)
            packet = Packet.from_bytes(unwrapped.plaintext)
            sealed = (packet.sealed,)
            opened = self._node.open_seal(packet.sealed)
            receiver = self._node.check_receiver(opened.header, route.to_organ)
        except (ExchangeError, TrustError, BadInput) as error:
            # Nobody to answer: whoever it came from has not proved who he is.
            harvest.entries.append(alarm(self._node, message.subject, error, sealed))
            return
        try:
            await self._judge(message, route, opened, packet, receiver, harvest)
        except (Refused, Malformed, TrustError) as error:
            self._refuse(error, opened, packet, receiver, harvest)

    async def _judge(  # noqa: PLR0913, PLR0917 - everything that is known of one message
        self,
        message: Message,
        route: Route,
        opened: Opened,
        packet: Packet,
        receiver: Organ,
        harvest: _Harvest,
    ) -> None:
        header = opened.header
        known = self._node.replay.digest_of(header.id.bytes, header.receiver)
        if known == opened.digest and header.kind is Kind.MESSAGE:
            # The sender did not get our receipt and sent again: not an attack, and not a second message.
            self._receipt(opened, receiver, ReceiptState.DELIVERED, harvest)
            return
        verdict = self._node.decide(header, policy.Connection(site=route.from_site))
        if verdict.error is not None:
            raise verdict.error
        match header.kind:
            case Kind.MESSAGE:
                await self._check_parts(opened, packet, route)
            case Kind.RECEIPT:
                harvest.receipted.append(receipts.check(self._node, self._store, opened, packet.sealed))
            case _:
                raise Malformed(f"a {header.kind} in the mail")
        claim = self._node.replay.claim(header.id.bytes, header.receiver, digest=opened.digest, expires=header.expires)
        harvest.claimed.append((header.id.bytes, header.receiver))
        harvest.statements.extend(claim)
        if header.kind is Kind.RECEIPT:
            harvest.entries.append(
                self._node.entry(header, organ=receiver, direction="in", seals=(packet.sealed,), detail=header.status)
            )
            harvest.statements.extend(self._store.receipted(harvest.receipted[-1]))
            return
        receipt = self._receipt(opened, receiver, ReceiptState.DELIVERED, harvest)
        harvest.entries.append(
            self._node.entry(header, organ=receiver, direction="in", seals=(packet.sealed, receipt.sealed))
        )
        harvest.arrived.append(_item(opened, self._node.clock.now()))
        harvest.statements.append(self._store.arrived(harvest.arrived[-1], message.data))

    async def _check_parts(self, opened: Opened, packet: Packet, route: Route) -> None:
        """Check that the contents are there and are the sealed ones, before they are receipted."""
        contents = opened.header.contents
        if len(packet.parts) != len(contents):
            raise Malformed(f"{len(packet.parts)} contents where {len(contents)} were sealed")
        for content, part in zip(contents, packet.parts, strict=True):
            if isinstance(part, bytes):
                check_content(content, part)
            elif part.site != route.from_site:
                raise Malformed(f"a content at site {part.site} in a message from {route.from_site}")
            else:
                await self._check_blob(part, content)

    async def _check_blob(self, ref: BlobRef, content: Content) -> None:
        # To many: the same content under the same key has been checked for the first of our organs.
        if self._intact.get((ref.name, ref.key)) == content.digest:
            return
        await self._blobs.keep(self._node.carrier, ref)
        check_content(content, await self._blobs.read(ref, limit=content.size))
        if len(self._intact) >= _REMEMBERED:
            del self._intact[next(iter(self._intact))]
        self._intact[ref.name, ref.key] = content.digest

    def _receipt(
        self, opened: Opened, receiver: Organ, state: ReceiptState, harvest: _Harvest, note: str = ""
    ) -> Receipt:
        receipt = receipts.make(self._node, opened, receiver=receiver, state=state, note=note)
        harvest.receipts.append(receipt)
        harvest.statements.append(self._store.put(receipt.outgoing, receiver=None, due=self._node.clock.now()))
        return receipt

    def _refuse(
        self,
        error: Refused | Malformed | TrustError,
        opened: Opened,
        packet: Packet,
        receiver: Organ,
        harvest: _Harvest,
    ) -> None:
        seals: tuple[bytes, ...] = (packet.sealed,)
        # A refused message is receipted as such, so that its sender knows; a replay was answered the first time.
        if opened.header.kind is Kind.MESSAGE and not isinstance(error, Replayed):
            note = f"{error.code}: {error.message}"
            seals += (self._receipt(opened, receiver, ReceiptState.REFUSED, harvest, note).sealed,)
        harvest.entries.append(
            self._node.entry(
                opened.header,
                organ=receiver,
                direction="in",
                kind=kind_of(error),
                seals=seals,
                verdict=error.code,
                detail=str(error),
            )
        )


def _item(opened: Opened, at: Millis) -> MailItem:
    header = opened.header
    return MailItem(
        message=header.id,
        receiver=header.receiver,
        sender=header.sender,
        label=str(header.label),
        urgency=header.urgency,
        arrived=at,
        state=ReceiptState.DELIVERED,
    )


def _nobody(_: object) -> None:
    """Tell nobody."""
