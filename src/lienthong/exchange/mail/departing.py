"""Letters on their way out: evidence and envelopes become durable together, for all that are ready at the same time."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange.mail.items import Outgoing
from lienthong.exchange.mail.joining import Sealed, Unsealed, seal_all
from lienthong.exchange.mail.ledger import Kept, Ledger, kept_row
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.node import Node
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.clock import MINUTE, Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.errors import TrustError
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import digest_of

_PATIENCE: Final[Millis] = MINUTE

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Departure:
    """A letter, and what belongs into its transaction."""

    letter: Unsealed
    sender: Organ
    also: list[Statement] = field(default_factory=list)


class Group:
    """What letters amount to: evidence, rows, and what is to be published."""

    def __init__(self, node: Node, store: MailStore, ledger: Ledger, *, statements: Sequence[Statement] = ()) -> None:
        """Begin with what belongs into the same transaction."""
        self._node = node
        self._store = store
        self._ledger = ledger
        self._at = node.clock.now()
        self.outgoing: list[Outgoing] = []
        self.entries: list[Entry] = []
        self.statements = [*statements]
        self._sent: list[tuple[object, ...]] = []
        self._kept: list[tuple[object, ...]] = []
        # Copies are the envelopes themselves.
        self._kept_tokens: set[str] = set()

    def add(self, departure: Departure, sealed: Sealed, *, lock: bytes | None = None) -> None:
        """Add a letter that is sealed.

        Args:
            departure: the letter.
            sealed: its seal and envelope.
            lock: its content key, locked for its sender: then the envelope is also the copy that is kept.
        """
        letter, header = departure.letter, departure.letter.header
        item = Outgoing(
            token=secrets.token_hex(16),
            subject=mail_subject(departure.sender, letter.receiver),
            data=sealed.data,
            attempts=0,
            message=header.id.bytes,
            expires=header.expires,
            receiver=header.receiver,
            urgency=header.urgency,
            together=sealed.together,
        )
        self.outgoing.append(item)
        self.entries.append(self._node.entry(header, organ=departure.sender, direction="out", seals=(sealed.sealed,)))
        self._sent.append(
            (header.id.bytes, header.receiver, header.sender, digest_of(sealed.sealed), self._at, header.expires)
        )
        if lock is not None:
            kept = Kept(message=header.id, sender=header.sender, data=sealed.data, lock=lock)
            self._kept.append(kept_row(kept, expires=header.expires))
            self._kept_tokens.add(item.token)
        if header.conversation is not None:
            self.statements.append(
                self._ledger.speaks(header.sender, header.conversation, header.receiver, header.sequence)
            )
        self.statements += departure.also

    def all_statements(self) -> list[Statement]:
        """Return what is to be carried out with the evidence."""
        return [
            *self._ledger.keeps(self._kept),
            *self._store.put(self.outgoing, due=self._at + _PATIENCE, kept=self._kept_tokens),
            *self._store.sent(self._sent),
            # The key of the safe comes with every letter, and is wanted once.
            *dict.fromkeys(self.statements),
        ]


class Departing:
    """Collects letters during one turn of the event loop, seals them and makes them durable together."""

    def __init__(self, node: Node, store: MailStore, ledger: Ledger, safe: Safe) -> None:
        """Send from this node."""
        self._node = node
        self._store = store
        self._ledger = ledger
        self._safe = safe
        self._waiting: list[tuple[Departure, asyncio.Future[Outgoing]]] = []
        # What is under way: tasks that nobody else holds.
        self._running: set[asyncio.Task[None]] = set()

    async def depart(self, departure: Departure) -> Outgoing:
        """Seal a letter and make it durable; returns what is to be published.

        When the caller is cancelled while it waits, the letter is recorded and sent later all the same.

        Raises:
            KeyUnknown, KeyStoreError: the sender's key does not seal.
            JournalError: it cannot be recorded.
            sqlite3.IntegrityError: this message was sent to this receiver before.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        future: asyncio.Future[Outgoing] = loop.create_future()
        self._waiting.append((departure, future))
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        by_key: dict[bytes, list[tuple[Departure, asyncio.Future[Outgoing]]]] = {}
        for each in waiting:
            by_key.setdefault(each[0].letter.key.kid, []).append(each)
        for members in by_key.values():
            task = asyncio.Task(self._run(members), loop=asyncio.get_running_loop(), eager_start=True)
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, members: Sequence[tuple[Departure, asyncio.Future[Outgoing]]]) -> None:
        try:
            seals = seal_all(self._node, [departure.letter for departure, _ in members])
            group = self._group([departure for departure, _ in members], seals)
            try:
                await self._node.journal.commit(group.entries, group.all_statements())
            except sqlite3.IntegrityError:
                # One of them was sent before: that is for its own sender to hear, and nobody else.
                for (departure, future), sealed in zip(members, seals, strict=True):
                    await self._alone(departure, sealed, future)
                return
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, future in members:
                if not future.done():
                    future.set_exception(_alike(error))
            return
        for (_, future), item in zip(members, group.outgoing, strict=True):
            if not future.done():
                future.set_result(item)

    async def _alone(self, departure: Departure, sealed: Sealed, future: asyncio.Future[Outgoing]) -> None:
        failure: Exception = sqlite3.IntegrityError()
        # Where a message of that id is kept already, the envelope is kept beside it.
        for kept in (True, False):
            group = self._group([departure], [sealed], kept=kept)
            try:
                await self._node.journal.commit(group.entries, group.all_statements())
            except sqlite3.IntegrityError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - as above
                failure = error
                break
            else:
                if not future.done():
                    future.set_result(group.outgoing[0])
                return
        if not future.done():
            future.set_exception(failure)

    def _group(self, departures: Sequence[Departure], seals: Sequence[Sealed], *, kept: bool = True) -> Group:
        group = Group(self._node, self._store, self._ledger)
        for departure, sealed in zip(departures, seals, strict=True):
            group.add(departure, sealed, lock=self._lock(departure, group) if kept else None)
        return group

    def _lock(self, departure: Departure, group: Group) -> bytes | None:
        try:
            lock, store = self._safe.lock(departure.sender, departure.letter.wrap.content_key)
        except TrustError as error:
            _log.warning("%s can be sent once only: %s", departure.letter.header.id, error)
            return None
        group.statements.append(store)
        return lock


def _alike[E: Exception](error: E) -> E:
    # One for each waiter: an exception raised in several tasks would mix up their tracebacks.
    if not isinstance(error, LienthongError):
        return error
    made = type(error).__new__(type(error), *error.args)
    made.__dict__.update(error.__dict__)
    return made
