"""What several in-memory carriers share: who listens, and what is stored. Everything on one event loop."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from lienthong.exchange.errors import DuplicateMessage, NoResponder
from lienthong.exchange.transport.base import BATCH, Answer, Message
from lienthong.exchange.transport.errors import NotStored
from lienthong.exchange.transport.permissions import DIRECTORY, matches
from lienthong.kernel.clock import MINUTE, Clock, Millis

# As ``provision`` sets it up on a server.
_DUPLICATES: Final[Millis] = 10 * MINUTE
_MIB: Final = 1024 * 1024


@dataclass(slots=True, eq=False)
class Listener:
    """A subscription."""

    subject: str
    answer: Answer
    group: str


@dataclass(slots=True, eq=False)
class Stream:
    """Stored messages, oldest first."""

    name: str
    subject: str
    # Whether single messages can be fetched by subject.
    direct: bool
    messages: list[Message] = field(default_factory=list)
    last: int = 0
    # Message id → its sequence and time.
    ids: dict[str, tuple[int, Millis]] = field(default_factory=dict)
    newest: dict[str, Message] = field(default_factory=dict)
    # Set, and replaced by a new one, when something is stored.
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def store(self, subject: str, data: bytes, msg_id: str | None, at: Millis) -> int:
        """Append a message.

        Raises:
            DuplicateMessage: the id came within the last ten minutes.
        """
        if msg_id is not None:
            known = self.ids.get(msg_id)
            if known is not None and at - known[1] < _DUPLICATES:
                raise DuplicateMessage(f"{subject}: sequence {known[0]}")
            self.ids[msg_id] = (self.last + 1, at)
        self.last += 1
        message = Message(subject, data, self.last, at)
        self.messages.append(message)
        self.newest[subject] = message
        self.grown.set()
        self.grown = asyncio.Event()
        return self.last

    def read(self, position: int, subject: str) -> tuple[list[Message], int]:
        """Return up to ``BATCH`` messages after a position that match, and how far was looked."""
        batch: list[Message] = []
        for message in self.messages[bisect_right(self.messages, position, key=lambda each: each.sequence) :]:
            position = message.sequence
            if matches(subject, message.subject):
                batch.append(message)
                if len(batch) == BATCH:
                    break
        return batch, position

    def resume(self, position: int) -> int:
        """Return the position from which a reader at ``position`` really goes on."""
        before_first = self.messages[0].sequence - 1 if self.messages else self.last
        # Beyond the end: another stream under the same name, and all of it is new.
        return before_first if position > self.last else max(position, before_first)


class MemoryBroker:
    """Stands in for the server: make one, ``provision`` it, and give every site a ``MemoryCarrier`` on it."""

    def __init__(self, clock: Clock, *, max_payload: int = _MIB) -> None:
        """Make an empty one.

        Args:
            clock: when messages are stored.
            max_payload: bytes of one message.
        """
        self.clock = clock
        self.max_payload = max_payload
        self.up = True
        self.streams: dict[str, Stream] = {}
        # Told when the broker goes away or comes back.
        self.watchers: list[Callable[[bool], None]] = []
        self._listeners: list[Listener] = []
        self._turn = 0

    def provision(self, branches: Iterable[str]) -> None:
        """Set up the branches' streams and the directory's bucket; what is there stays."""
        for branch in branches:
            self._add(Stream(f"MAIL_{branch}", f"mail.{branch}.>", direct=False))
            self._add(Stream(f"BLOB_{branch}", f"blob.{branch}.>", direct=True))
            self._add(Stream(f"TOPIC_{branch}", f"topic.{branch}.>", direct=False))
        self._add(Stream(f"KV_{DIRECTORY}", f"$KV.{DIRECTORY}.>", direct=True))

    def _add(self, stream: Stream) -> None:
        self.streams.setdefault(stream.name, stream)

    def stop(self) -> None:
        """Go away, as a server that is killed: what is stored stays."""
        self._set(up=False)

    def start(self) -> None:
        """Come back."""
        self._set(up=True)

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            for watcher in list(self.watchers):
                watcher(up)

    def expire(self, stream: str, up_to: int) -> None:
        """Forget a stream's messages up to a sequence, as age does."""
        kept = self.streams[stream]
        kept.messages = [message for message in kept.messages if message.sequence > up_to]

    def lose(self, stream: str) -> None:
        """Lose all that a stream holds, as a broken disk does."""
        lost = self.streams[stream]
        self.streams[stream] = Stream(lost.name, lost.subject, direct=lost.direct)
        lost.grown.set()

    def listen(self, listener: Listener) -> None:
        """Add a subscription."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Take a subscription away."""
        self._listeners = [each for each in self._listeners if each is not listener]

    def reached(self, subject: str) -> list[Listener]:
        """Return who gets a message: everybody outside a group, and one of each group in turn."""
        hit = [each for each in self._listeners if matches(each.subject, subject)]
        groups: dict[str, list[Listener]] = {}
        for each in hit:
            groups.setdefault(each.group, []).append(each)
        self._turn += 1
        chosen = [members[self._turn % len(members)] for group, members in groups.items() if group]
        return groups.get("", []) + chosen

    def store(self, subject: str, data: bytes, msg_id: str | None) -> int:
        """Store a message in the stream of its subject.

        Raises:
            NoResponder: no stream takes it.
            DuplicateMessage: the id is known.
        """
        for stream in self.streams.values():
            if matches(stream.subject, subject):
                return stream.store(subject, data, msg_id, self.clock.now())
        raise NoResponder(subject)

    def store_once(self, subject: str, data: bytes) -> None:
        """Store a message unless its subject has one.

        Raises:
            NoResponder: no stream takes it.
        """
        if not any(subject in stream.newest for stream in self.streams.values()):
            self.store(subject, data, None)

    def fetch(self, stream: str, subject: str) -> bytes:
        """Return the newest message of a subject.

        Raises:
            NoResponder: the stream is missing or not to be read this way.
            NotStored: it has no such message.
        """
        source = self.streams.get(stream)
        if source is None or not source.direct:
            raise NoResponder(stream)
        found = source.newest.get(subject)
        if found is None:
            raise NotStored(subject)
        return found.data
