"""Handing messages over in the order of their conversations, durably."""

import asyncio
from copy import replace
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from lienthong.exchange.mail.conversation import Thread
from lienthong.exchange.mail.harvest import Harvest, ThreadKey
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.node import Node
from lienthong.kernel.clock import MINUTE, Millis
from lienthong.trust.header import Header, ReceiptState
from lienthong.trust.journal import Entry

HOLD: Final[Millis] = 15 * MINUTE
"""How long a message waits for an earlier one of its conversation: its sender has sent that three times by then."""

HANDED_OVER: Final = "handed_over"
"""Verdict of the evidence that a message which was held back stands in its mailbox now."""


class Order:
    """The order in which the mailboxes of one gateway fill."""

    def __init__(self, node: Node, store: MailStore, *, hold: Millis = HOLD) -> None:
        """Go on from what the store has.

        Args:
            node: the gateway.
            store: its mailboxes.
            hold: how long a message waits for an earlier one.
        """
        self._node = node
        self._store = store
        self._hold = hold
        self._place = store.last_place()
        self._locks: WeakValueDictionary[ThreadKey, asyncio.Lock] = WeakValueDictionary()

    async def arrive(self, harvest: Harvest, item: MailItem, envelope: bytes, *, origin: UUID | None = None) -> None:
        """Put a message into its mailbox; hand it over, and what has waited for it, or hold it back."""
        if item.conversation is None or not item.sequence:
            here = self._handed_over(harvest, item, 0)
            harvest.mailbox.append(self._store.arrived(here, envelope, origin=origin))
            return
        thread = await self._thread(harvest, _key(item))
        ripe = thread.hear(item.sequence, item)
        if all(each is not item for each, _ in ripe):
            held = replace(item, held=self._node.clock.now() + self._hold)
            thread.held[item.sequence] = held
            harvest.mailbox.append(self._store.arrived(held, envelope, origin=origin))
        for each, gap in ripe:
            here = self._handed_over(harvest, each, gap)
            if each is item:
                harvest.mailbox.append(self._store.arrived(here, envelope, origin=origin))
            else:
                harvest.statements.append(self._store.handed_over(here))
        if item.urgency:
            harvest.statements.append(self._store.hurried(item))
        self._note(harvest, _key(item), thread)

    async def pass_over(self, harvest: Harvest, receiver: str, header: Header) -> None:
        """Let a message that is refused for good hold up nothing behind it."""
        if header.conversation is None or not header.sequence:
            return
        key = (receiver, header.sender, header.conversation.bytes)
        thread = await self._thread(harvest, key)
        for each, gap in thread.skip(header.sequence):
            harvest.statements.append(self._store.handed_over(self._handed_over(harvest, each, gap)))
        self._note(harvest, key, thread)

    async def recall(self, harvest: Harvest, item: MailItem) -> None:
        """Take note that a message which is held back will not be announced."""
        if item.held:
            thread = await self._thread(harvest, _key(item))
            if item.sequence in thread.held:
                thread.held[item.sequence] = replace(item, state=ReceiptState.RECALLED)

    async def overdue(self, harvest: Harvest, item: MailItem) -> None:
        """Wait no longer for what is missing before a message that is held back; others may have been quicker."""
        thread = await self._thread(harvest, _key(item))
        # Those before it may have come after it; they go first all the same.
        while item.sequence in thread.held:
            for each, gap in thread.overdue():
                here = self._handed_over(harvest, each, gap)
                harvest.statements.append(self._store.handed_over(here))
                if gap:
                    harvest.lines.append(self._gap(here))
        self._note(harvest, _key(item), thread)

    def _handed_over(self, harvest: Harvest, item: MailItem, gap: int) -> MailItem:
        self._place += 1
        here = replace(item, place=self._place, gap=gap, held=0)
        if item.held:
            harvest.lines.append(self._state(here, HANDED_OVER, "held back until now"))
        if item.state is ReceiptState.DELIVERED:
            harvest.arrived.append(here)
        return here

    async def _thread(self, harvest: Harvest, key: ThreadKey) -> Thread[MailItem]:
        thread = harvest.threads.get(key)
        if thread is None:
            await harvest.hold(self._locks.setdefault(key, asyncio.Lock()))
            held = {item.sequence: item for item in self._store.held(*key)}
            thread = harvest.threads[key] = Thread(next=self._store.next_in(*key), held=held)
        return thread

    def _note(self, harvest: Harvest, key: ThreadKey, thread: Thread[MailItem]) -> None:
        harvest.statements.append(self._store.heard(*key, thread.next))

    def _gap(self, item: MailItem) -> Entry:
        detail = f"{item.gap} before place {item.sequence} of conversation {item.conversation} did not come in time"
        return self._state(item, "gap", detail)

    def _state(self, item: MailItem, verdict: str, detail: str) -> Entry:
        return Entry(
            at=self._node.clock.now(),
            organ=item.receiver,
            direction="own",
            kind="state",
            id=str(item.message),
            peer=item.sender,
            label=item.label,
            purpose="",
            verdict=verdict,
            detail=detail,
        )


def _key(item: MailItem) -> ThreadKey:
    return item.receiver, item.sender, item.conversation.bytes if item.conversation else b""
