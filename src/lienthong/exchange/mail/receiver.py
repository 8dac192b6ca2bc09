"""Receiving: open, check, decide, record, put into the mailbox, and send the receipt."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Standing
from lienthong.exchange import policy
from lienthong.exchange.alarms import alarm, kind_of
from lienthong.exchange.blobs import BlobStore, check
from lienthong.exchange.errors import (
    ConnectionMismatch,
    DirectoryStale,
    ExchangeError,
    Malformed,
    NoResponder,
    Refused,
    Replayed,
)
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.sender import publish
from lienthong.exchange.mail.store import MailItem, MailStore, ReceiptItem
from lienthong.exchange.node import Node
from lienthong.exchange.packet import BlobRef, Packet, check_content
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message
from lienthong.exchange.transport.errors import NotStored
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.trust.errors import KeyStoreError, TrustError
from lienthong.trust.header import Content, Header, Kind, ReceiptState
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import Opened, sender_organ

# After so many messages the event loop turns: calls must not wait for a broadcast.
_BREATH: Final = 16
_REMEMBERED: Final = 1024
# What may pass by itself: the content has not reached our part of the carrier, the key store is away.
_LATER: Final = (NotStored, NoResponder, KeyStoreError)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Harvest:
    """What a batch of messages amounts to: one transaction, then what is published."""

    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    receipted: list[ReceiptItem] = field(default_factory=list)
    arrived: list[MailItem] = field(default_factory=list)
    claimed: list[Header] = field(default_factory=list)

    def add(self, receipt: Receipt, store: MailStore, at: Millis) -> None:
        """Add a receipt to what is to be kept and published."""
        self.receipts.append(receipt)
        self.statements.append(store.put(receipt.outgoing, due=at))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A message or a receipt whose seal has been checked."""

    # The envelope as it came, and our key that opened it.
    data: bytes
    kid: bytes
    route: Route
    packet: Packet
    opened: Opened
    receiver: Organ


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
        self._intact: dict[BlobRef, bytes] = {}

    async def take(self, stream: str, messages: Sequence[Message]) -> None:
        """Take a batch off a stream: all of it is durable, or none and it comes again.

        Raises:
            DirectoryStale: nothing can be decided now, and a refusal would be final.
            JournalError, StorageFailed: evidence or contents cannot be written.
            CarrierUnavailable, CarrierTimeout: a large content cannot be fetched now.
        """
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}; {stream} waits")
        harvest = _Harvest()
        try:
            for number, message in enumerate(messages, start=1):
                await self._take(message, harvest)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            harvest.statements.append(self._store.moved_on(stream, messages[-1].sequence))
            await self._node.journal.commit(harvest.entries, harvest.statements)
        except BaseException:
            for header in harvest.claimed:
                self._node.replay.release(header)
            raise
        for receipt in harvest.receipted:
            self._on_receipt(receipt)
        for item in harvest.arrived:
            self._on_arrival(item)
        await publish(self._node, self._store, [receipt.outgoing for receipt in harvest.receipts])

    async def _take(self, message: Message, harvest: _Harvest) -> None:
        seals: list[bytes] = []
        try:
            letter = self._open(message, seals)
        except (ExchangeError, TrustError, KeyStoreError, BadInput) as error:
            # Nobody to answer: whoever it came from has not proved who he is.
            harvest.entries.append(alarm(self._node, message.subject, error, tuple(seals)))
            return
        try:
            await self._judge(letter, harvest)
        except _LATER as error:
            # Without a receipt the sender keeps its copy and sends it again; the others need not wait for this one.
            harvest.entries.append(self._objection(error, letter))
        except (Refused, Malformed, TrustError) as error:
            self._refuse(error, letter, harvest)

    def _open(self, message: Message, seals: list[bytes]) -> _Letter:
        route = Route.parse(message.subject)
        unwrapped = self._node.unwrap(message.data, route.to_organ)
        packet = Packet.from_bytes(unwrapped.plaintext)
        seals.append(packet.sealed)
        opened = self._node.open_seal(packet.sealed)
        receiver = self._node.check_receiver(opened.header, route.to_organ)
        return _Letter(
            data=message.data, route=route, kid=unwrapped.kid, packet=packet, opened=opened, receiver=receiver
        )

    async def _judge(self, letter: _Letter, harvest: _Harvest) -> None:
        header = letter.opened.header
        verdict = self._node.decide(header, policy.Connection(site=letter.route.from_site))
        if isinstance(verdict.error, ConnectionMismatch):
            raise verdict.error
        if self._is_known(letter):
            self._again(letter, harvest)
            return
        if verdict.error is not None:
            raise verdict.error
        match header.kind:
            case Kind.MESSAGE:
                await self._message(letter, harvest)
            case Kind.RECEIPT:
                self._receipt(letter, harvest)
            case _:
                raise Malformed(f"a {header.kind} in the mail")

    def _is_known(self, letter: _Letter) -> bool:
        """Tell whether this very message or receipt has been taken.

        Raises:
            Replayed: its sender has used the id for another one.
        """
        header = letter.opened.header
        known = self._node.replay.digest_of(header)
        # Mailboxes remember for longer than the guard against replays.
        stored = self._store.letters(str(letter.receiver.id), header.id, header.sender)
        if known == letter.opened.digest or any(data == letter.data for _, data in stored):
            return True
        if known is not None or stored:
            raise Replayed(f"{header.id} from {header.sender}")
        return False

    def _again(self, letter: _Letter, harvest: _Harvest) -> None:
        """Repeat the receipt: its sender has not got it. That is no attack, and not a second message."""
        if letter.opened.header.kind is Kind.MESSAGE:
            receipt = self._answer(letter, ReceiptState.DELIVERED)
            harvest.add(receipt, self._store, self._node.clock.now())
            entry = self._node.entry(
                receipt.header, organ=letter.receiver, direction="out", seals=(receipt.sealed,), detail="came again"
            )
            harvest.entries.append(entry)

    def _receipt(self, letter: _Letter, harvest: _Harvest) -> None:
        header, sealed = letter.opened.header, letter.packet.sealed
        item = receipts.check(self._node, self._store, letter.opened, sealed)
        self._claim(letter, harvest)
        harvest.receipted.append(item)
        harvest.statements.extend(self._store.receipted(item))
        harvest.entries.append(
            self._node.entry(header, organ=letter.receiver, direction="in", seals=(sealed,), detail=header.status)
        )

    async def _message(self, letter: _Letter, harvest: _Harvest) -> None:
        header = letter.opened.header
        self._node.check_strength(letter.kid, letter.receiver, header.label.level)
        await self._check_parts(letter)
        # What cannot be receipted is not taken: its sender would send it again for ever.
        receipt = self._answer(letter, ReceiptState.DELIVERED)
        self._claim(letter, harvest)
        at = self._node.clock.now()
        harvest.add(receipt, self._store, at)
        harvest.arrived.append(_item(letter, at))
        harvest.statements.append(self._store.arrived(harvest.arrived[-1], letter.data))
        seals = (letter.packet.sealed, receipt.sealed)
        harvest.entries.append(self._node.entry(header, organ=letter.receiver, direction="in", seals=seals))

    def _claim(self, letter: _Letter, harvest: _Harvest) -> None:
        header = letter.opened.header
        harvest.statements.extend(self._node.replay.claim(header, letter.opened.digest))
        harvest.claimed.append(header)

    async def _check_parts(self, letter: _Letter) -> None:
        """Check that the contents are there and are the sealed ones, before they are receipted."""
        header, parts = letter.opened.header, letter.packet.parts
        if len(parts) != len(header.contents):
            raise Malformed(f"{len(parts)} contents where {len(header.contents)} were sealed")
        sender = self._node.organ(sender_organ(header))
        for content, part in zip(header.contents, parts, strict=True):
            if isinstance(part, bytes):
                check_content(content, part)
            else:
                check(part, sender, content)
                await self._check_blob(part, content)

    async def _check_blob(self, ref: BlobRef, content: Content) -> None:
        # To many: the same content under the same key has been checked for the first of our organs.
        if self._intact.get(ref) == content.digest:
            return
        fetched = await self._blobs.keep(self._node.carrier, ref)
        try:
            check_content(content, await self._blobs.read(ref))
        except TrustError:
            # What was there before belongs to another message, too.
            if fetched:
                self._blobs.drop(ref)
            raise
        if len(self._intact) >= _REMEMBERED:
            del self._intact[next(iter(self._intact))]
        self._intact[ref] = content.digest

    def _answer(self, letter: _Letter, state: ReceiptState, note: str = "") -> Receipt:
        return receipts.make(self._node, letter.opened, receiver=letter.receiver, state=state, note=note)

    def _refuse(self, error: Refused | Malformed | TrustError, letter: _Letter, harvest: _Harvest) -> None:
        """Record a refusal and tell the sender, unless the sender has had an answer or was not who sent it."""
        seals: tuple[bytes, ...] = ()
        if letter.opened.header.kind is Kind.MESSAGE and not isinstance(error, Replayed | ConnectionMismatch):
            try:
                receipt = self._answer(letter, ReceiptState.REFUSED, f"{error.code}: {error.message}")
            except (Refused, TrustError, KeyStoreError) as failure:
                _log.warning("%s cannot be told that its message is refused: %s", letter.opened.header.sender, failure)
            else:
                harvest.add(receipt, self._store, self._node.clock.now())
                seals = (receipt.sealed,)
        harvest.entries.append(self._objection(error, letter, seals))

    def _objection(self, error: LienthongError, letter: _Letter, seals: tuple[bytes, ...] = ()) -> Entry:
        return self._node.entry(
            letter.opened.header,
            organ=letter.receiver,
            direction="in",
            kind=kind_of(error),
            seals=(letter.packet.sealed, *seals),
            verdict=error.code,
            detail=str(error),
        )


def _item(letter: _Letter, at: Millis) -> MailItem:
    header = letter.opened.header
    return MailItem(
        message=header.id,
        # Mailboxes belong to organs, whichever of their systems is named.
        receiver=str(letter.receiver.id),
        sender=header.sender,
        label=str(header.label),
        urgency=header.urgency,
        arrived=at,
        state=ReceiptState.DELIVERED,
    )


def _nobody(_: object) -> None:
    """Tell nobody."""
