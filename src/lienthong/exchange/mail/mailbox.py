"""Mailboxes: what an organ's information system reads, and what it says about it."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from copy import replace
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import (
    ContentGone,
    MessageHeld,
    MessageRecalled,
    MessageUnknown,
    PayloadTooLarge,
    RangeInvalid,
    Refused,
    RequestInvalid,
)
from lienthong.exchange.mail.draft import Attachment
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.joining import Joining
from lienthong.exchange.mail.publishing import Postman
from lienthong.exchange.mail.receipts import Receipts, finish
from lienthong.exchange.mail.receiver import Receiver
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.waiting import Unopened
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, Part, check_content, check_contents
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import KeyStoreError, TrustError
from lienthong.trust.header import Header, ReceiptState
from lienthong.trust.seal import Opened

_log = logging.getLogger(__name__)

MAX_OPEN: Final = 64 * 1024 * 1024
"""Bytes of contents that are opened in memory; more is read piece by piece."""
MAX_KEY: Final = 200
"""Characters of an application's key."""
# Nothing is concluded yet.
_OPEN: Final = frozenset({ReceiptState.DELIVERED, ReceiptState.OPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message with its contents, decrypted and checked."""

    header: Header
    contents: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A message without its contents: the header names them, with sizes and digests."""

    item: MailItem
    header: Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What was concluded about a message: once, whoever asks again."""

    state: ReceiptState
    at: Millis
    note: str
    # The key under which it was concluded.
    key: str
    # Whether what was asked for now is what stands: because it was concluded now, or before with the same words.
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A message in a mailbox, its seal checked."""

    item: MailItem
    receiver: Organ
    opened: Opened
    packet: Packet


class Mailbox:
    """The mailboxes of one gateway's organs."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a mailbox takes
        self,
        node: Node,
        store: MailStore,
        blobs: BlobStore,
        receiver: Receiver,
        postman: Postman,
        receipts: Receipts,
    ) -> None:
        """Read what the receiver has put there."""
        self._postman = postman
        self._receipts = receipts
        self._joining = Joining(node)
        self._node = node
        self._store = store
        self._blobs = blobs
        self._receiver = receiver

    def list(self, organ: OrganId, *, state: ReceiptState | None = None, limit: int = 1000) -> list[MailItem]:
        """Return the messages of an organ hosted here, urgent first.

        What stands unread before an urgent message in its conversation is listed as urgently.

        Args:
            organ: whose mailbox.
            state: only those that have come so far and no further, such as ``DELIVERED`` for the unread ones.
            limit: at most so many; ask by state, or what is done stands in the way of what is new.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._store.mailbox(str(self._node.hosted(organ).id), state=state, limit=limit)

    async def view(self, organ: OrganId, message: UUID, *, sender: str = "") -> View:
        """Return a message without its contents; its sender gets the receipt ``opened`` the first time.

        Args:
            organ: whose mailbox.
            message: its id.
            sender: needed only where two senders have used one id.

        Raises:
            MessageUnknown: it is not in this mailbox, or the sender must be named.
            MessageHeld: an earlier message of its conversation has not come yet.
            MessageRecalled: its sender has taken it back.
            TrustError: what is stored no longer fits its seal.
        """
        found = self._find(organ, message, sender)
        await self._opened(found)
        return View(item=self._now(found.item), header=found.opened.header)

    async def read(  # noqa: PLR0913 - by keyword
        self, organ: OrganId, message: UUID, number: int, *, start: int = 0, stop: int | None = None, sender: str = ""
    ) -> AsyncGenerator[bytes]:
        """Return a content, or a range of it, piece by piece, decrypted and checked; memory stays bounded.

        Reading it again gives the same bytes; it sends no receipt.

        Args:
            organ: whose mailbox.
            message: its id.
            number: which of the contents in the header, from 0.
            start: the first byte that is wanted, from 0.
            stop: the byte after the last; to the end if not given.
            sender: as for ``view``.

        Raises:
            MessageUnknown, MessageHeld, MessageRecalled, TrustError: as for ``view``.
            RangeInvalid: no such content, or not within it.
            ContentGone: it is kept no more.
            StorageFailed: it cannot be read.
        """
        found = self._find(organ, message, sender)
        contents = found.opened.header.contents
        if not 0 <= number < len(contents):
            raise RangeInvalid(f"content {number} of {len(contents)}")
        stop = contents[number].size if stop is None else stop
        if not 0 <= start <= stop <= contents[number].size:
            raise RangeInvalid(f"bytes {start} to {stop} of {contents[number].size}")
        part = found.packet.parts[number]
        if isinstance(part, bytes):
            check_content(contents[number], part)
            yield part[start:stop]
            return
        self._check_kept(found.item, part)
        async with aclosing(self._blobs.pieces(part, start, stop)) as pieces:
            async for piece in pieces:
                yield piece

    async def open(self, organ: OrganId, message: UUID, *, sender: str = "") -> Letter:
        """Return a message with its contents in memory; its sender gets the receipt ``opened`` the first time.

        Args:
            organ: whose mailbox.
            message: its id.
            sender: as for ``view``.

        Raises:
            MessageUnknown, MessageHeld, MessageRecalled, TrustError: as for ``view``.
            PayloadTooLarge: the contents together are too large for memory: ``view`` and ``read`` it.
            ContentGone: a content is kept no more.
            StorageFailed: a content cannot be read.
        """
        found = self._find(organ, message, sender)
        opened, packet = found.opened, found.packet
        size = sum(content.size for content in opened.header.contents)
        if size > MAX_OPEN:
            raise PayloadTooLarge(
                f"{size} bytes of contents where {MAX_OPEN} are opened at once", hint="Read it piece by piece."
            )
        for part in packet.parts:
            self._check_kept(found.item, part)
        contents = [part if isinstance(part, bytes) else await self._blobs.read(part) for part in packet.parts]
        check_contents(opened.header, contents)
        await self._opened(found)
        return Letter(
            header=opened.header,
            contents=tuple(
                Attachment(name=content.name, media_type=content.media_type, data=data)
                for content, data in zip(opened.header.contents, contents, strict=True)
            ),
        )

    async def accept(
        self, organ: OrganId, message: UUID, *, note: str = "", key: str = "", sender: str = ""
    ) -> Conclusion:
        """Accept a message: the organ takes over what it asks. The first conclusion stands, whoever says more.

        An application that does not know whether it was heard says the same again, with the same key, and learns from
        ``stands`` whether the message is its own to act on.

        Args:
            organ: whose mailbox.
            message: its id.
            note: for the sender's people.
            key: of the application's own choice, such as the number under which it has registered the message.
            sender: as for ``view``.

        Raises:
            MessageUnknown, MessageHeld, MessageRecalled, TrustError: as for ``view``.
            RequestInvalid: a key of more than 200 characters.
            KeyUnknown, KeyStoreError, ReceiverUnknown: there can be no receipt now; nothing is concluded.
            JournalError: it cannot be recorded; nothing is concluded.
        """
        return await self._conclude(organ, message, sender, ReceiptState.ACCEPTED, note, key)

    async def refuse(
        self, organ: OrganId, message: UUID, *, reason: str, key: str = "", sender: str = ""
    ) -> Conclusion:
        """Refuse a message and say why. The first conclusion stands; all else as for ``accept``.

        Raises:
            MessageUnknown, MessageHeld, MessageRecalled, RequestInvalid: as for ``accept``.
            KeyUnknown, KeyStoreError, ReceiverUnknown, JournalError: as for ``accept``.
        """
        return await self._conclude(organ, message, sender, ReceiptState.REFUSED, reason, key)

    def unopened(self, organ: OrganId) -> Sequence[Unopened]:
        """Return what came for an organ and could not be opened, with the reason, the oldest first.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._receiver.unopened(organ)

    async def retry(self, organ: OrganId, unopened: bytes | None = None) -> int:
        """Try again to open what could not be opened, such as when the key store is back; returns how many opened.

        Raises:
            CallerUnknown: the organ is not hosted here.
            LienthongError: as for ``Receiver.retry``.
        """
        return await self._receiver.retry(organ, unopened)

    # -- inside

    def _find(self, organ: OrganId, message: UUID, sender: str) -> _Found:
        receiver = self._node.hosted(organ)
        letters = self._store.letters(str(receiver.id), message, sender)
        if len(letters) > 1:
            senders = ", ".join(item.sender for item, _ in letters)
            raise MessageUnknown(f"{message} of {receiver.id}", hint=f"Name the sender; {senders} have used this id.")
        if not letters:
            raise MessageUnknown(f"{message} of {receiver.id}")
        item, data = letters[0]
        _check_here(item)
        packet = Packet.from_bytes(self._node.unwrap(data, receiver.token).plaintext)
        # As of its arrival: keys end, and what was received stays readable.
        opened = self._node.open_seal(packet.sealed, at=item.arrived)
        return _Found(item=item, receiver=receiver, opened=opened, packet=packet)

    def _check_kept(self, item: MailItem, part: Part) -> None:
        # Before anything is concluded it has to be here: then it is a failure, which reading says.
        if item.concluded and not isinstance(part, bytes) and not self._blobs.has(part):
            raise ContentGone(f"of {item.message}, {item.state.value}")

    def _now(self, item: MailItem) -> MailItem:
        ((now, _),) = self._store.letters(item.receiver, item.message, item.sender)
        return now

    async def _opened(self, found: _Found) -> None:
        if found.item.state is not ReceiptState.DELIVERED:
            return
        try:
            async with self._store.moving(found.item):
                now = self._now(found.item)
                _check_here(now)
                if now.state is ReceiptState.DELIVERED:
                    await self._move(found, replace(now, state=ReceiptState.OPENED))
        except (Refused, TrustError, KeyStoreError) as error:
            # Keys end and organs are dissolved; what was received stays readable all the same.
            _log.warning("%s cannot be told that %s is opened: %s", found.item.sender, found.item.message, error)

    async def _conclude(  # noqa: PLR0913, PLR0917 - all of what a conclusion is
        self, organ: OrganId, message: UUID, sender: str, state: ReceiptState, note: str, key: str
    ) -> Conclusion:
        if len(key) > MAX_KEY:
            raise RequestInvalid(f"a key of {len(key)} characters where {MAX_KEY} are allowed")
        found = self._find(organ, message, sender)
        # One after the other, so that nobody accepts what somebody else is just refusing, or its sender taking back.
        async with self._store.moving(found.item):
            now = self._now(found.item)
            _check_here(now)
            mine = now.state in _OPEN
            if mine:
                now = replace(now, state=state, concluded=self._node.clock.now(), note=note, key=key)
                await self._move(found, now)
        return Conclusion(
            state=now.state,
            at=now.concluded,
            note=now.note,
            key=now.key,
            stands=mine or (now.state is state and now.key == key),
        )

    async def _move(self, found: _Found, item: MailItem) -> None:
        """Make a new state and its receipt durable together, and publish the receipt."""
        receipt = self._receipts.prepare(found.opened, receiver=found.receiver, state=item.state, note=item.note)
        outgoing = finish(receipt, await self._joining.seal(receipt.letter))
        entry = self._node.entry(
            receipt.header, organ=found.receiver, direction="out", seals=(receipt.sealed,), detail=item.state.value
        )
        at = self._node.clock.now()
        await self._node.journal.commit([entry], [self._store.concluded(item), *self._store.put([outgoing], due=at)])
        await self._postman.publish([outgoing])


def _check_here(item: MailItem) -> None:
    if item.state is ReceiptState.RECALLED:
        raise MessageRecalled(str(item.message))
    if item.held:
        raise MessageHeld(str(item.message))
