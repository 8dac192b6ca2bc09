"""Deciding on letters that have come: what is kept, receipted, refused, recorded."""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from lienthong.exchange import policy
from lienthong.exchange.errors import ConnectionMismatch, Malformed, Refused, Replayed
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.contents import Contents
from lienthong.exchange.mail.fetching import Fetcher
from lienthong.exchange.mail.harvest import Harvest, Line
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.letter import Letter, item_of, objection
from lienthong.exchange.mail.ordering import Order
from lienthong.exchange.mail.receipts import Receipt, Receipts
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.taking_back import Recalls
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Kind, ReceiptState
from lienthong.trust.seal import digest_of

_log = logging.getLogger(__name__)


class Judge:
    """Decides on the letters of one gateway."""

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        node: Node,
        store: MailStore,
        receipts_: Receipts,
        *,
        contents: Contents,
        fetcher: Fetcher,
        order: Order,
        recalls: Recalls,
        flush: Callable[[Harvest], Awaitable[None]],
    ) -> None:
        """Decide for this node.

        Args:
            node: the gateway.
            store: where mailboxes are.
            receipts_: makes receipts.
            contents: checks and fetches what letters carry.
            fetcher: fetches what is too large to wait for.
            order: hands over in the order of conversations.
            recalls: decides on what is taken back.
            flush: makes durable what a harvest has so far, so that it can be read back.
        """
        self._node = node
        self._store = store
        self._receipts = receipts_
        self._contents = contents
        self._fetcher = fetcher
        self._order = order
        self._recalls = recalls
        self._flush = flush
        self._ledger = Ledger(node.journal)

    async def judge(self, letter: Letter, harvest: Harvest) -> None:
        """Decide on a letter and put what follows into a harvest.

        Raises:
            Refused, Malformed, TrustError: it is not taken, and its sender is to be told why.
            NotStored, NoResponder, KeyStoreError: it cannot be taken now.
            CarrierUnavailable, CarrierTimeout, StorageFailed, JournalError: nothing can.
        """
        header = letter.opened.header
        verdict = self._node.decide(header, policy.Connection(site=letter.route.from_site))
        if isinstance(verdict.error, ConnectionMismatch):
            raise verdict.error
        if self._is_known(letter, harvest):
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

    def _is_stored(self, letter: Letter) -> bool:
        """Tell whether the message of that id in the mailbox is this one, in whatever envelope it came."""
        ((_, data),) = self._store.letters(*letter.key)
        if data == letter.data:
            return True
        packet = Packet.from_bytes(self._node.unwrap(data, letter.receiver.token).plaintext)
        return digest_of(packet.sealed) == letter.opened.digest

    def _is_known(self, letter: Letter, harvest: Harvest) -> bool:
        """Tell whether this very message, receipt or recall has been taken.

        Raises:
            Replayed: its sender has used the id for another one.
        """
        header = letter.opened.header
        known = self._node.replay.digest_of(header)
        pending = self._fetcher.digest_of(letter.key)
        # Mailboxes remember for longer than the guard against replays.
        stored = letter.key in harvest.here
        if letter.opened.digest in {known, pending} or (stored and self._is_stored(letter)):
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
        harvest.receipts.append(receipt)
        harvest.lines.append(
            Line(
                header=receipt.header,
                organ=letter.receiver,
                direction="out",
                seals=(receipt,),
                detail="came again",
            )
        )

    def _receipt(self, letter: Letter, harvest: Harvest) -> None:
        header, sealed = letter.opened.header, letter.packet.sealed
        key = receipts.key_of(header)
        item, recall = receipts.check(self._node, letter.opened, sealed, sent=harvest.sent.get(key) if key else None)
        self._claim(letter, harvest)
        harvest.receipted.append(item)
        if recall is not None:
            harvest.statements.extend(self._ledger.recall_answered(recall, item.receiver, item.state))
        if item.state is ReceiptState.REFUSED:
            harvest.statements.append(self._ledger.refused(item, header.receiver))
        harvest.lines.append(
            Line(header=header, organ=letter.receiver, direction="in", seals=(sealed,), detail=header.status)
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
        harvest.receipts.append(receipt)
        at = self._node.clock.now()
        before = len(harvest.arrived)
        await self._order.arrive(harvest, item_of(letter, at, state), letter.data, origin=header.repeats)
        here = any(_key(item) == letter.key for item in harvest.arrived[before:])
        detail = "taken back before it came" if taken_back else "" if here else "held back"
        harvest.lines.append(
            Line(
                header=header,
                organ=letter.receiver,
                direction="in",
                seals=(letter.packet.sealed, receipt),
                detail=detail,
            )
        )

    async def _repeats(self, letter: Letter, harvest: Harvest, origin: UUID) -> bool:
        """Answer for a message that is here already under another id; tells whether it is."""
        await self._flush(harvest)
        header = letter.opened.header
        item = self._store.repeated(str(letter.receiver.id), header.sender, origin)
        if item is None:
            return False
        self._claim(letter, harvest)
        states = [ReceiptState.DELIVERED, *([item.state] if item.state is not ReceiptState.DELIVERED else [])]
        made = [self._answer(letter, state, item.note) for state in states]
        harvest.receipts += made
        harvest.lines.append(
            Line(
                header=header,
                organ=letter.receiver,
                direction="in",
                seals=(letter.packet.sealed, *made),
                detail=f"here already as {item.message}",
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
        harvest.receipts.append(receipt)
        harvest.lines.append(
            Line(
                header=header,
                organ=letter.receiver,
                direction="in",
                seals=(letter.packet.sealed, receipt),
                detail=f"{state}: {header.note}",
            )
        )

    # -- answers

    def _answer(self, letter: Letter, state: ReceiptState, note: str = "") -> Receipt:
        return self._receipts.prepare(letter.opened, receiver=letter.receiver, state=state, note=note)

    async def refuse(self, error: Refused | Malformed | TrustError, letter: Letter, harvest: Harvest) -> None:
        """Record a refusal and tell the sender, unless the sender has had an answer or was not who sent it."""
        made: list[Receipt] = []
        header = letter.opened.header
        if header.kind is Kind.MESSAGE and not isinstance(error, Replayed | ConnectionMismatch):
            try:
                made.append(self._answer(letter, ReceiptState.REFUSED, f"{error.code}: {error.message}"))
            except (Refused, TrustError) as failure:
                _log.warning("%s cannot be told that its message is refused: %s", header.sender, failure)
            await self._order.pass_over(harvest, str(letter.receiver.id), header)
        harvest.receipts += made
        harvest.lines.append(objection(error, letter, *made))


def _key(item: MailItem) -> ItemKey:
    return item.receiver, item.message, item.sender
