"""Receiving: open, check, decide, record, put into the mailbox, and send the receipt."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from lienthong.directory.snapshot import Standing
from lienthong.exchange.alarms import alarm
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import (
    DirectoryStale,
    ExchangeError,
    Malformed,
    NoResponder,
    Refused,
)
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.bag import unpack
from lienthong.exchange.mail.contents import Contents
from lienthong.exchange.mail.fetching import Fetcher
from lienthong.exchange.mail.harvest import Harvest
from lienthong.exchange.mail.items import MailItem, Outgoing, ReceiptItem
from lienthong.exchange.mail.judging import Judge
from lienthong.exchange.mail.letter import Letter, objection, open_letters
from lienthong.exchange.mail.ordering import HOLD, Order
from lienthong.exchange.mail.publishing import Postman
from lienthong.exchange.mail.receipts import Receipts
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.taking_back import Recalls
from lienthong.exchange.mail.uploads import MAX_UPLOAD
from lienthong.exchange.mail.waiting import Unopened, Waiting
from lienthong.exchange.node import Node
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message
from lienthong.exchange.transport.errors import NotStored
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import KeyStoreError, KeyUnknown, TrustError
from lienthong.trust.header import Kind
from lienthong.trust.journal import Statement

# After so many letters the event loop turns: calls must not wait for a broadcast.
_BREATH: Final = 16
# Letters that are made durable together.
_SLICE: Final = 128
# What may pass by itself: the content has not reached our part of the carrier, the key store is away.
_LATER: Final = (NotStored, NoResponder, KeyStoreError)
# What may be opened another day, when a key or the directory that names it is here.
_UNOPENED: Final = (KeyStoreError, KeyUnknown)

_log = logging.getLogger(__name__)


class Unopenable(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An envelope that could not be opened, or what is in it does not hold."""

    message: Message
    error: LienthongError
    # The seal, where one could be found.
    seals: tuple[bytes, ...]


type Come = Letter | Unopenable
"""A letter that has come, or what came instead."""


class _SealingFailedError(Exception):
    """The receipts of a harvest cannot be sealed together; nothing of it is taken."""

    def __init__(self, error: TrustError | KeyStoreError) -> None:
        super().__init__(str(error))
        self.error = error


class Receiver:
    """Takes the mail of one gateway's organs off the carrier."""

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        node: Node,
        store: MailStore,
        blobs: BlobStore,
        postman: Postman,
        receipts_: Receipts,
        *,
        on_receipt: Callable[[ReceiptItem], None] | None = None,
        on_arrival: Callable[[MailItem], None] | None = None,
        hold: Millis = HOLD,
        max_content: int = MAX_UPLOAD,
    ) -> None:
        """Receive for this node.

        Args:
            node: the gateway.
            store: where mailboxes are.
            blobs: where large contents are kept.
            postman: publishes receipts.
            receipts_: makes them.
            on_receipt: told of every receipt that holds, after it is durable.
            on_arrival: told of every message that is handed over, after it is durable.
            hold: how long a message waits for an earlier one of its conversation.
            max_content: bytes one content may have.
        """
        self._node = node
        self._store = store
        self._postman = postman
        self._receipts = receipts_
        self._on_receipt = on_receipt or _nobody
        self._on_arrival = on_arrival or _nobody
        self._order = Order(node, store, hold=hold)
        self._waiting = Waiting(node.journal)
        self._contents = Contents(node, blobs, limit=max_content)
        self._fetcher = Fetcher(node, self._waiting, self._contents, self._take_message)
        self._recalls = Recalls(node, store, self._waiting, self._order)
        self._judge = Judge(
            node,
            store,
            receipts_,
            contents=self._contents,
            fetcher=self._fetcher,
            order=self._order,
            recalls=self._recalls,
            flush=self._flush,
        )

    async def take(self, stream: str, messages: Sequence[Message]) -> None:
        """Take a batch off a stream; the position moves when all of it is durable, until then it comes again.

        Raises:
            DirectoryStale: nothing can be decided now, and a refusal would be final.
            JournalError, StorageFailed: evidence or contents cannot be written.
            CarrierUnavailable, CarrierTimeout: a content cannot be fetched now.
        """
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}; {stream} waits")
        moved = self._store.moved_on(stream, messages[-1].sequence)
        slice_: list[Come] = []
        number = 0
        for message in messages:
            for letter in self._unpacked(message):
                slice_ += [letter] if isinstance(letter, Unopenable) else self._opened(letter)
                number += 1
                if len(slice_) >= _SLICE:
                    await self._take_slice(slice_, [])
                    slice_ = []
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
        await self._take_slice(slice_, [moved])
        self._fetcher.go_on()

    async def tend(self) -> None:
        """Do what is due: hand over what has waited for long enough, fetch what is to be fetched.

        Raises:
            JournalError: it cannot be recorded.
        """
        at = self._node.clock.now()
        for item in self._store.overdue(at):
            harvest = Harvest()
            try:
                await self._order.overdue(harvest, item)
                await self._keep(harvest)
            finally:
                harvest.release()
        await self._recalls.sweep(at)
        self._fetcher.go_on()

    async def close(self) -> None:
        """Stop fetching; what is there of it stays."""
        await self._fetcher.close()

    # -- what could not be opened

    def unopened(self, organ: OrganId) -> list[Unopened]:
        """Return what came for an organ hosted here and could not be opened, the oldest first.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._waiting.unopened(str(self._node.hosted(organ).id))

    async def retry(self, organ: OrganId, unopened: bytes | None = None) -> int:
        """Try again to open what could not be opened; returns how many can be now.

        Args:
            organ: whose, hosted here.
            unopened: the id of one of them; all if not given.

        Raises:
            CallerUnknown: the organ is not hosted here.
            DirectoryStale, JournalError, StorageFailed, CarrierUnavailable, CarrierTimeout: as for ``take``.
        """
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}")
        before = [each for each in self.unopened(organ) if unopened in {None, each.id}]
        for each in before:
            message = Message(each.subject, self._waiting.envelope(each), 0, each.at)
            await self._take_message(message, Harvest(statements=[self._waiting.taken_up(each)]))
        self._fetcher.go_on()
        still = {each.id for each in self.unopened(organ)}
        return sum(each.id not in still for each in before)

    # -- what has come, slice by slice

    def _unpacked(self, message: Message) -> Sequence[Message | Unopenable]:
        try:
            return unpack(message)
        except Malformed as error:
            return [Unopenable(message=message, error=error, seals=())]

    def _opened(self, message: Message) -> Sequence[Come]:
        """Open an envelope: one letter, or those of a bundle."""
        seals: list[bytes] = []
        try:
            return open_letters(self._node, message, seals)
        except (ExchangeError, TrustError, KeyStoreError, BadInput) as error:
            return [Unopenable(message=message, error=error, seals=tuple(seals))]

    async def _take_slice(
        self, slice_: Sequence[Come], also: Sequence[Statement], *, failed: LienthongError | None = None
    ) -> None:
        try:
            await self._take(slice_, Harvest(statements=[*also], failed=failed))
        except _SealingFailedError as failure:
            if len(slice_) > 1:
                # A key that does not seal keeps back the receipts of its own organ only.
                for come in slice_:
                    await self._take_slice([come], [])
                await self._node.journal.commit([], also)
                return
            # Without a receipt it is not taken: its sender keeps its copy and sends it again.
            lines = [objection(failure.error, come) for come in slice_ if isinstance(come, Letter)]
            await self._keep(Harvest(statements=[*also], lines=[*lines]))

    async def _take_message(self, message: Message, harvest: Harvest) -> None:
        """Take a message that has waited here."""
        await self._take_slice(self._opened(message), harvest.statements, failed=harvest.failed)

    async def _take(self, slice_: Sequence[Come], harvest: Harvest) -> None:
        letters = [come for come in slice_ if isinstance(come, Letter)]
        harvest.here = self._store.here([letter.key for letter in letters if letter.opened.header.kind is Kind.MESSAGE])
        harvest.sent = self._store.sent_digests(
            [key for letter in letters if (key := receipts.key_of(letter.opened.header)) is not None]
        )
        try:
            for number, come in enumerate(slice_, start=1):
                await self._judged(come, harvest)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            await self._postman.hand_over(await self._keep(harvest))
        finally:
            harvest.release()

    async def _keep(self, harvest: Harvest) -> list[Outgoing]:
        """Make all of it durable, tell of it, and return what is to be published."""
        try:
            try:
                outgoing = self._receipts.seal(harvest.receipts)
            except (TrustError, KeyStoreError) as error:
                raise _SealingFailedError(error) from error
            at = self._node.clock.now()
            statements = [
                *self._store.arrivals(harvest.mailbox),
                *self._store.receipted(harvest.receipted),
                *self._store.put(outgoing, due=at),
                *harvest.statements,
            ]
            await self._node.journal.commit(harvest.entries(self._node), statements)
        except BaseException:
            self._give_back(harvest)
            raise
        for receipt in harvest.receipted:
            self._on_receipt(receipt)
        for item in harvest.arrived:
            self._on_arrival(item)
        harvest.empty()
        return outgoing

    def _give_back(self, harvest: Harvest) -> None:
        for header in harvest.claimed:
            self._node.replay.release(header)
        self._fetcher.reload()
        self._recalls.reload()

    async def _judged(self, come: Come, harvest: Harvest) -> None:
        if isinstance(come, Unopenable):
            # Nobody to answer: whoever it came from has not proved who he is.
            harvest.lines.append(alarm(self._node, come.message.subject, come.error, come.seals))
            if isinstance(come.error, _UNOPENED):
                self._put_apart(come.message, come.error, harvest)
            return
        try:
            await self._judge.judge(come, harvest)
        except _LATER as error:
            # Without a receipt the sender keeps its copy and sends it again; the others need not wait for this one.
            harvest.lines.append(objection(error, come))
        except (Refused, Malformed, TrustError) as error:
            await self._judge.refuse(error, come, harvest)
        except BaseException:
            self._give_back(harvest)
            raise

    def _put_apart(self, message: Message, error: LienthongError, harvest: Harvest) -> None:
        organ = self._node.snapshot.organ_by_token(Route.parse(message.subject).to_organ)
        if organ is not None and organ.site == self._node.site:
            at = self._node.clock.now()
            harvest.statements.append(
                self._waiting.apart(str(organ.id), message.subject, message.data, at, error.code, str(error))
            )

    async def _flush(self, harvest: Harvest) -> None:
        """Make durable what there is so far, so that it can be read back."""
        if harvest.claimed or harvest.arrived:
            await self._postman.hand_over(await self._keep(harvest))


def _nobody(_: object) -> None:
    """Tell nobody."""
