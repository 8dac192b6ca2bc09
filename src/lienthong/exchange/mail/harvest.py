"""What a batch of mail amounts to: one transaction, then what is told and published."""

import asyncio
from dataclasses import dataclass, field

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.mail.conversation import Thread
from lienthong.exchange.mail.items import MailItem, ReceiptItem
from lienthong.exchange.mail.receipts import Receipt
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.node import Node
from lienthong.kernel.errors import LienthongError
from lienthong.trust.header import Header
from lienthong.trust.journal import Entry, Statement

type ThreadKey = tuple[str, str, bytes]
"""Receiver, sender and conversation."""


class Line(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A line of evidence about a letter, which names receipts that want to be sealed first."""

    header: Header
    organ: Organ
    direction: str
    seals: tuple[bytes | Receipt, ...]
    kind: str = ""
    verdict: str = "ok"
    detail: str = ""


@dataclass(slots=True)
class Harvest:
    """What has been made of the letters of a batch so far, and what is locked until it is durable."""

    lines: list[Entry | Line] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    # What is put into mailboxes, as rows of their table.
    mailbox: list[tuple[object, ...]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    receipted: list[ReceiptItem] = field(default_factory=list)
    # Handed over to the applications, in order.
    arrived: list[MailItem] = field(default_factory=list)
    claimed: list[Header] = field(default_factory=list)
    # Which of the letters were in a mailbox before, and the digests of sent seals that receipts name.
    here: set[ItemKey] = field(default_factory=set)
    sent: dict[ItemKey, bytes] = field(default_factory=dict)
    # Conversations that were touched, and every lock that is held until the end.
    threads: dict[ThreadKey, Thread[MailItem]] = field(default_factory=dict)
    locks: list[asyncio.Lock] = field(default_factory=list)
    # Why the contents of the only message in it could not be fetched.
    failed: LienthongError | None = None

    def entries(self, node: Node) -> list[Entry]:
        """Return the evidence, once the receipts are sealed."""
        return [
            line
            if isinstance(line, Entry)
            else node.entry(
                line.header,
                organ=line.organ,
                direction=line.direction,
                kind=line.kind,
                seals=tuple([each if isinstance(each, bytes) else each.sealed for each in line.seals]),
                verdict=line.verdict,
                detail=line.detail,
            )
            for line in self.lines
        ]

    async def hold(self, lock: asyncio.Lock) -> None:
        """Take a lock until the end, unless it is held here already."""
        if not any(each is lock for each in self.locks):
            await lock.acquire()
            self.locks.append(lock)

    def empty(self) -> None:
        """Forget what is durable now; locks stay."""
        self.lines.clear()
        self.statements.clear()
        self.receipts.clear()
        self.receipted.clear()
        self.arrived.clear()
        self.claimed.clear()
        self.mailbox.clear()

    def release(self) -> None:
        """Let go of all locks."""
        for lock in self.locks:
            lock.release()
        self.locks.clear()
        self.threads.clear()
