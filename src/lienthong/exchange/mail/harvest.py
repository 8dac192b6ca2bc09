"""What a batch of mail amounts to: one transaction, then what is told and published."""

import asyncio
from dataclasses import dataclass, field

from lienthong.exchange.mail.conversation import Thread
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.store import MailItem, MailStore, ReceiptItem
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.header import Header
from lienthong.trust.journal import Entry, Statement

type ThreadKey = tuple[str, str, bytes]
"""Receiver, sender and conversation."""


@dataclass(slots=True)
class Harvest:
    """What has been made of the messages of a batch so far, and what is locked until it is durable."""

    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    receipted: list[ReceiptItem] = field(default_factory=list)
    # Handed over to the applications, in order.
    arrived: list[MailItem] = field(default_factory=list)
    claimed: list[Header] = field(default_factory=list)
    # Conversations that were touched, and every lock that is held until the end.
    threads: dict[ThreadKey, Thread[MailItem]] = field(default_factory=dict)
    locks: list[asyncio.Lock] = field(default_factory=list)
    # Why the contents of the only message in it could not be fetched.
    failed: LienthongError | None = None

    def add(self, receipt: Receipt, store: MailStore, at: Millis) -> None:
        """Add a receipt to what is to be kept and published."""
        self.receipts.append(receipt)
        self.statements.append(store.put(receipt.outgoing, due=at))

    async def hold(self, lock: asyncio.Lock) -> None:
        """Take a lock until the end, unless it is held here already."""
        if not any(each is lock for each in self.locks):
            await lock.acquire()
            self.locks.append(lock)

    def empty(self) -> None:
        """Forget what is durable now; locks stay."""
        self.entries.clear()
        self.statements.clear()
        self.receipts.clear()
        self.receipted.clear()
        self.arrived.clear()
        self.claimed.clear()

    def release(self) -> None:
        """Let go of all locks."""
        for lock in self.locks:
            lock.release()
        self.locks.clear()
        self.threads.clear()
