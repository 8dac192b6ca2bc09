"""Receiving: open, check, decide, record, put into the mailbox, and send the receipt."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from lienthong.directory.snapshot import Standing
from lienthong.exchange import policy
from lienthong.exchange.alarms import alarm
from lienthong.exchange.blobs import BlobStore
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
from lienthong.exchange.mail.contents import Contents
from lienthong.exchange.mail.fetching import Fetcher
from lienthong.exchange.mail.harvest import Harvest
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.letter import Letter, item_of, objection, open_letter
from lienthong.exchange.mail.ordering import HOLD, Order
from lienthong.exchange.mail.publishing import publish
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.store import MailItem, MailStore, Outgoing, ReceiptItem
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
from lienthong.trust.header import Kind, ReceiptState

# After so many messages the event loop turns: calls must not wait for a broadcast.
_BREATH: Final = 16
# What may pass by itself: the content has not reached our part of the carrier, the key store is away.
_LATER: Final = (NotStored, NoResponder, KeyStoreError)
# What may be opened another day, when a key or the directory that names it is here.
_UNOPENED: Final = (KeyStoreError, KeyUnknown)

_log = logging.getLogger(__name__)


class Receiver:
    """Takes the mail of one gateway's organs off the carrier."""

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        node: Node,
        store: MailStore,
        blobs: BlobStore,
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
            on_receipt: told of every receipt that holds, after it is durable.
            on_arrival: told of every message that is handed over, after it is durable.
            hold: how long a message waits for an earlier one of its conversation.
            max_content: bytes one content may have.
        """
        self._node = node
        self._store = store
        self._blobs = blobs
        self._on_receipt = on_receipt or _nobody
        self._on_arrival = on_arrival or _nobody
        self._max_content = max_content
        self._order = Order(node, store, hold=hold)
        self._ledger = Ledger(node.journal)
        self._waiting = Waiting(node.journal)
        self._contents = Contents(node, blobs, limit=max_content)
        self._fetcher = Fetcher(node, self._waiting, self._contents, self._take_alone)
        self._recalls = Recalls(node, store, self._waiting, self._order)

    async def take(self, stream: str, messages: Sequence[Message]) -> None:
        """Take a batch off a stream: all of it is durable, or none and it comes again.

        Raises:
            DirectoryStale: nothing can be decided now, and a refusal would be final.
            JournalError, StorageFailed: evidence or contents cannot be written.
            CarrierUnavailable, CarrierTimeout: a content cannot be fetched now.
        """
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}; {stream} waits")
        harvest = Harvest()
        try:
            for number, message in enumerate(messages, start=1):
                await self._take(message, harvest)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            harvest.statements.append(self._store.moved_on(stream, messages[-1].sequence))
            told = await self._keep(harvest)
        finally:
            harvest.release()
        await publish(self._node, self._store, told)
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
            await self._take_alone(message, Harvest(statements=[self._waiting.taken_up(each)]))
        self._fetcher.go_on()
        still = {each.id for each in self.unopened(organ)}
        return sum(each.id not in still for each in before)

    # -- one message

    async def _take_alone(self, message: Message, harvest: Harvest) -> None:
        try:
            await self._take(message, harvest)
            told = await self._keep(harvest)
        finally:
            harvest.release()
        await publish(self._node, self._store, told)

    async def _keep(self, harvest: Harvest) -> list[Outgoing]:
        """Make all of it durable, tell of it, and return what is to be published."""
        try:
            await self._node.journal.commit(harvest.entries, harvest.statements)
        except BaseException:
            self._give_back(harvest)
            raise
        for receipt in harvest.receipted:
            self._on_receipt(receipt)
        for item in harvest.arrived:
            self._on_arrival(item)
        outgoing = [receipt.outgoing for receipt in harvest.receipts]
        harvest.empty()
        return outgoing

    def _give_back(self, harvest: Harvest) -> None:
        for header in harvest.claimed:
            self._node.replay.release(header)
        self._fetcher.reload()
        self._recalls.reload()

    async def _take(self, message: Message, harvest: Harvest) -> None:
        seals: list[bytes] = []
        try:
            letter = open_letter(self._node, message, seals)
        except (ExchangeError, TrustError, KeyStoreError, BadInput) as error:
            # Nobody to answer: whoever it came from has not proved who he is.
            harvest.entries.append(alarm(self._node, message.subject, error, tuple(seals)))
            if isinstance(error, _UNOPENED):
                self._put_apart(message, error, harvest)
            return
        try:
            await self._judge(letter, harvest)
        except _LATER as error:
            # Without a receipt the sender keeps its copy and sends it again; the others need not wait for this one.
            harvest.entries.append(objection(self._node, error, letter))
        except (Refused, Malformed, TrustError) as error:
            await self._refuse(error, letter, harvest)
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

    async def _judge(self, letter: Letter, harvest: Harvest) -> None:
        header = letter.opened.header
        verdict = self._node.decide(header, policy.Connection(site=letter.route.from_site))
        if isinstance(verdict.error, ConnectionMismatch):
            raise verdict.error
        if self._is_known(letter):
            await self._again(letter, harvest)
            return
        if verdict.error is not None:
            raise verdict.error
        match header.kind:
            case Kind.MESSAGE:
                await self._message(letter, harvest)
            case Kind.RECEIPT:
                self._receipt(letter, harvest)
            case Kind.RECALL:
                await self._recall(letter, harvest)
            case _:
                raise Malformed(f"a {header.kind} in the mail")

    def _is_known(self, letter: Letter) -> bool:
        """Tell whether this very message, receipt or recall has been taken.

        Raises:
            Replayed: its sender has used the id for another one.
        """
        header = letter.opened.header
        known = self._node.replay.digest_of(header)
        pending = self._fetcher.digest_of(letter.key)
        # Mailboxes remember for longer than the guard against replays.
        stored = self._store.letters(str(letter.receiver.id), header.id, header.sender)
        if known == letter.opened.digest or any(data == letter.data for _, data in stored):
            return True
        if pending == letter.opened.digest:
            return True
        if known is not None or stored or pending is not None:
            raise Replayed(f"{header.id} from {header.sender}")
        return False

    async def _again(self, letter: Letter, harvest: Harvest) -> None:
        """Repeat the receipt: its sender has not got it. That is no attack, and not a second message."""
        header = letter.opened.header
        if header.kind is Kind.RECEIPT or self._fetcher.digest_of(letter.key) is not None:
            return
        if header.kind is Kind.RECALL:
            state, note = await self._recalls.decide(letter, harvest, self._flush)
        else:
            state, note = ReceiptState.DELIVERED, ""
        receipt = self._answer(letter, state, note)
        harvest.add(receipt, self._store, self._node.clock.now())
        seals = (receipt.sealed,)
        entry = self._node.entry(
            receipt.header, organ=letter.receiver, direction="out", seals=seals, detail="came again"
        )
        harvest.entries.append(entry)

    def _receipt(self, letter: Letter, harvest: Harvest) -> None:
        header, sealed = letter.opened.header, letter.packet.sealed
        item, recall = receipts.check(self._node, self._store, letter.opened, sealed)
        self._claim(letter, harvest)
        harvest.receipted.append(item)
        harvest.statements.extend(self._store.receipted(item))
        if recall is not None:
            harvest.statements.extend(self._ledger.recall_answered(recall, item.receiver, item.state))
        if item.state is ReceiptState.REFUSED:
            harvest.statements.append(self._ledger.refused(item, header.receiver))
        harvest.entries.append(
            self._node.entry(header, organ=letter.receiver, direction="in", seals=(sealed,), detail=header.status)
        )

    # -- messages

    async def _message(self, letter: Letter, harvest: Harvest) -> None:
        header = letter.opened.header
        self._node.check_strength(letter.kid, letter.receiver, header.label.level)
        taken_back = self._recalls.precedes(letter)
        if not taken_back:
            if header.repeats is not None and await self._repeats(letter, harvest, header.repeats):
                return
            if harvest.failed is not None:
                raise harvest.failed
            if not await self._contents.take(letter, harvest):
                self._fetcher.add(letter, harvest)
                return
        state = ReceiptState.RECALLED if taken_back else ReceiptState.DELIVERED
        # What cannot be receipted is not taken: its sender would send it again for ever.
        receipt = self._answer(letter, state)
        self._claim(letter, harvest)
        at = self._node.clock.now()
        harvest.add(receipt, self._store, at)
        await self._order.arrive(harvest, item_of(letter, at, state), letter.data, origin=header.repeats)
        seals = (letter.packet.sealed, receipt.sealed)
        here = letter.key in {(item.receiver, item.message, item.sender) for item in harvest.arrived}
        detail = "taken back before it came" if taken_back else "" if here else "held back"
        harvest.entries.append(
            self._node.entry(header, organ=letter.receiver, direction="in", seals=seals, detail=detail)
        )

    async def _repeats(self, letter: Letter, harvest: Harvest, origin: UUID) -> bool:
        """Answer for a message that is here already under another id; tells whether it is."""
        await self._flush(harvest)
        header = letter.opened.header
        item = self._store.repeated(str(letter.receiver.id), header.sender, origin)
        if item is None:
            return False
        self._claim(letter, harvest)
        at = self._node.clock.now()
        states = [ReceiptState.DELIVERED, *([item.state] if item.state is not ReceiptState.DELIVERED else [])]
        made = [self._answer(letter, state, item.note) for state in states]
        for receipt in made:
            harvest.add(receipt, self._store, at)
        seals = (letter.packet.sealed, *(receipt.sealed for receipt in made))
        harvest.entries.append(
            self._node.entry(
                header, organ=letter.receiver, direction="in", seals=seals, detail=f"here already as {item.message}"
            )
        )
        await self._order.pass_over(harvest, item.receiver, header)
        return True

    def _claim(self, letter: Letter, harvest: Harvest) -> None:
        header = letter.opened.header
        harvest.statements.extend(self._node.replay.claim(header, letter.opened.digest))
        harvest.claimed.append(header)

    # -- recalls

    async def _recall(self, letter: Letter, harvest: Harvest) -> None:
        header = letter.opened.header
        state, note = await self._recalls.decide(letter, harvest, self._flush)
        receipt = self._answer(letter, state, note)
        self._claim(letter, harvest)
        harvest.add(receipt, self._store, self._node.clock.now())
        harvest.entries.append(
            self._node.entry(
                header,
                organ=letter.receiver,
                direction="in",
                seals=(letter.packet.sealed, receipt.sealed),
                detail=f"{state}: {header.note}",
            )
        )

    async def _flush(self, harvest: Harvest) -> None:
        """Make durable what there is so far, so that it can be read back."""
        if harvest.claimed or harvest.arrived:
            await publish(self._node, self._store, await self._keep(harvest))

    # -- answers

    def _answer(self, letter: Letter, state: ReceiptState, note: str = "") -> Receipt:
        return receipts.make(self._node, letter.opened, receiver=letter.receiver, state=state, note=note)

    async def _refuse(self, error: Refused | Malformed | TrustError, letter: Letter, harvest: Harvest) -> None:
        """Record a refusal and tell the sender, unless the sender has had an answer or was not who sent it."""
        seals: tuple[bytes, ...] = ()
        header = letter.opened.header
        if header.kind is Kind.MESSAGE and not isinstance(error, Replayed | ConnectionMismatch):
            try:
                receipt = self._answer(letter, ReceiptState.REFUSED, f"{error.code}: {error.message}")
            except (Refused, TrustError, KeyStoreError) as failure:
                _log.warning("%s cannot be told that its message is refused: %s", header.sender, failure)
            else:
                harvest.add(receipt, self._store, self._node.clock.now())
                seals = (receipt.sealed,)
            await self._order.pass_over(harvest, str(letter.receiver.id), header)
        harvest.entries.append(objection(self._node, error, letter, seals))


def _nobody(_: object) -> None:
    """Tell nobody."""
