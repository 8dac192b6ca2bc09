"""Bringing what is durable here to the carrier, again and again until it is receipted or has expired."""

import asyncio
import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Container, Sequence
from typing import Final

from lienthong.exchange.errors import DuplicateMessage, Expired
from lienthong.exchange.mail import bag
from lienthong.exchange.mail.items import Outgoing
from lienthong.exchange.mail.joining import Together
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.node import Node
from lienthong.exchange.transport import base as carrier
from lienthong.kernel.identifiers import parse_client
from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Entry, Statement

AT_ONCE: Final = 256
"""What is published in one go: between two of these something more urgent goes first."""
MAX_WAITING: Final = 8192
"""Letters that wait in memory for their first attempt; with more, who hands over more has to wait."""
_UNDER_WAY: Final = 2
# What a carrier's own headers take of a message.
_HEADERS: Final = 512

_log = logging.getLogger(__name__)


async def publish(node: Node, store: MailStore, outgoing: Sequence[Outgoing]) -> int:
    """Publish what is durable here already and note what the carrier has taken.

    Returns:
        How many were taken; the rest stays due and is tried again.
    """
    return len(await _published(node, store, outgoing)) if outgoing else 0


async def _published(node: Node, store: MailStore, outgoing: Sequence[Outgoing]) -> list[Outgoing]:
    bags = bag.divided(_letters(outgoing), room=node.carrier.max_payload - _HEADERS)
    results = await node.carrier.publish_many(list(map(_message, bags)))
    taken: list[Outgoing] = []
    left: list[Outgoing] = []
    for letters, result in zip(bags, results, strict=True):
        items = [item for items, _, _ in letters for item in items]
        # A duplicate is our own: the acknowledgement of the attempt before was lost, and nobody can guess a token.
        if isinstance(result, int | DuplicateMessage):
            taken += items
        elif node.carrier.connected:
            # What failed is kept here and tried again, behind what has not been tried yet.
            _log.warning("%s: %s", letters[0][1], result)
            left += items
    at = node.clock.now()
    try:
        await node.journal.commit([], [*store.published(taken, at), *store.postponed(left, at)])
    except JournalError as error:
        # The carrier has them all the same; they are sent once more, which their receivers recognise.
        _log.warning("%s", error)
    return taken


def _letters(outgoing: Sequence[Outgoing]) -> list[tuple[list[Outgoing], str, bytes]]:
    """Return what goes into bags: those that were sealed together in one envelope, if all of them are here."""
    present = Counter(id(item.together) for item in outgoing if item.together is not None)
    letters: list[tuple[list[Outgoing], str, bytes]] = []
    joined: dict[int, list[Outgoing]] = {}
    for item in outgoing:
        match item.together:
            case Together() as together if present[id(together)] == together.count:
                if id(together) not in joined:
                    joined[id(together)] = []
                    letters.append((joined[id(together)], item.subject, together.data))
                joined[id(together)].append(item)
            case _:
                letters.append(([item], item.subject, item.data))
    return letters


def _message(letters: Sequence[tuple[list[Outgoing], str, bytes]]) -> carrier.Outgoing:
    # A token of its own per attempt: the broker must not take a repetition for a replay.
    attempts = [f"{item.token}-{item.attempts}" for items, _, _ in letters for item in items]
    id_ = attempts[0] if len(attempts) == 1 else hashlib.sha256("\n".join(attempts).encode()).hexdigest()
    subject, data = letters[0][1:]
    if len(letters) > 1:
        data = bag.pack([(each, envelope) for _, each, envelope in letters])
    return carrier.Outgoing(subject=subject, data=data, id=id_)


class _Ticket:
    """Letters that were handed over together, and who waits for them."""

    __slots__ = ("done", "left", "taken")

    def __init__(self, count: int) -> None:
        self.left = count
        self.taken = 0
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def settle(self, *, taken: bool) -> None:
        """Note what has become of one of the letters."""
        self.taken += taken
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(self.taken)


def _are_together(one: tuple[Outgoing, _Ticket], other: tuple[Outgoing, _Ticket]) -> bool:
    return one[0].together is not None and one[0].together is other[0].together


class Postman:
    """Publishes what the parts of one gateway hand over, what is ready at the same time together, urgent first."""

    def __init__(self, node: Node, store: MailStore) -> None:
        """Have nothing to do yet."""
        self._node = node
        self._store = store
        self._waiting: list[tuple[Outgoing, _Ticket]] = []
        self._called = self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._room.set()
        # Tokens of what waits or is under way.
        self.in_hand: set[str] = set()

    async def publish(self, outgoing: Sequence[Outgoing]) -> int:
        """Publish what is durable, and return how many the carrier took; the rest stays due."""
        return await self.post(outgoing)

    async def hand_over(self, outgoing: Sequence[Outgoing]) -> None:
        """Have what is durable published, without waiting for that unless too much is waiting already."""
        self.post(outgoing)
        await self._room.wait()

    async def close(self) -> None:
        """Stop; what has not been published stays due."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, ticket in self._waiting:
            ticket.settle(taken=False)
        self._waiting = []
        self._room.set()

    def post(self, outgoing: Sequence[Outgoing]) -> asyncio.Future[int]:
        """Have what is durable published; the future tells how many the carrier took."""
        ticket = _Ticket(len(outgoing))
        if self._closed or not outgoing:
            ticket.done.set_result(0)
            return ticket.done
        self._waiting += [(item, ticket) for item in outgoing]
        self.in_hand.update([item.token for item in outgoing])
        if len(self._waiting) >= MAX_WAITING:
            self._room.clear()
        if not self._called and len(self._tasks) < _UNDER_WAY:
            # Others who are ready in this turn join in.
            self._called = True
            asyncio.get_running_loop().call_soon(self._depart)
        return ticket.done

    def _depart(self) -> None:
        self._called = False
        while self._waiting and len(self._tasks) < _UNDER_WAY and not self._closed:
            self._waiting.sort(key=lambda each: -each[0].urgency)
            count = min(AT_ONCE, len(self._waiting))
            while count < len(self._waiting) and _are_together(*self._waiting[count - 1 : count + 1]):
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            task = asyncio.create_task(self._run(batch))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        if len(self._waiting) < MAX_WAITING:
            self._room.set()

    async def _run(self, batch: Sequence[tuple[Outgoing, _Ticket]]) -> None:
        taken: set[str] = set()
        try:
            taken = {item.token for item in await _published(self._node, self._store, [item for item, _ in batch])}
        except Exception:  # noqa: BLE001 - what is not noted as taken stays due; nobody must wait for ever for it
            _log.exception("%d letters are not published: a defect", len(batch))
        finally:
            for item, ticket in batch:
                self.in_hand.discard(item.token)
                ticket.settle(taken=item.token in taken)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._depart()


async def publish_due(node: Node, store: MailStore, *, in_hand: Container[str] = ()) -> int:
    """Publish again what was not taken or not receipted in time, the most urgent first; drop what has expired.

    Args:
        node: the gateway.
        store: its mail.
        in_hand: tokens of what is being published already.

    Returns:
        How many the carrier took.

    Raises:
        JournalError: it cannot be noted what has expired; nothing is dropped.
    """
    at = node.clock.now()
    due = store.due(at)
    expired = [item for item in due if item.expires <= at]
    entries: list[Entry] = []
    statements = [store.dropped(item) for item in expired]
    for item in expired:
        if item.message is not None and item.receiver is not None:
            entry, died = _undelivered(node, store, uuid.UUID(bytes=item.message), item.receiver)
            entries.append(entry)
            statements.extend(died)
    await node.journal.commit(entries, statements)
    alive = [item for item in due if item.expires > at and item.token not in in_hand]
    taken = 0
    for start in range(0, len(alive), AT_ONCE):
        taken += await publish(node, store, alive[start : start + AT_ONCE])
    return taken


def _undelivered(node: Node, store: MailStore, message: uuid.UUID, receiver: str) -> tuple[Entry, list[Statement]]:
    """Return the evidence that something was given up: its sender must be able to see that."""
    ledger = Ledger(node.journal)
    at = node.clock.now()
    detail, statements = "no receipt came before it expired", []
    recalled = ledger.recall_of(message.bytes, receiver)
    if recalled is None:
        sender = store.sender_of(message.bytes, receiver)
        statements.append(
            ledger.died(message, receiver=receiver, sender=sender, at=at, reason=Expired.code, detail=detail)
        )
    else:
        message, sender = recalled
        detail = "its recall was not answered in time"
    entry = Entry(
        at=at,
        organ=str(parse_client(sender).organ),
        direction="out",
        kind="failure",
        id=str(message),
        peer=receiver,
        label="",
        purpose="",
        verdict=Expired.code,
        detail=detail,
    )
    return entry, statements
