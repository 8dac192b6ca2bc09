"""A gateway: one site, the organs it hosts, and everything that runs for them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.backend import Backend
from lienthong.exchange.bell import Bell
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.caller import Caller
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.limiting import RECORD_EVERY, Limiting
from lienthong.exchange.limits import Limits
from lienthong.exchange.mail.items import MailItem, ReceiptItem
from lienthong.exchange.mail.mailbox import Mailbox
from lienthong.exchange.mail.ordering import HOLD
from lienthong.exchange.mail.publishing import Postman, publish_due
from lienthong.exchange.mail.receipts import Receipts
from lienthong.exchange.mail.receiver import Receiver
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.sender import Sender
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.sweeping import KEEP, Sweeper
from lienthong.exchange.mail.uploads import MAX_UPLOAD, Uploads
from lienthong.exchange.mail.wraps import Wraps
from lienthong.exchange.node import Node
from lienthong.exchange.provider import Provider
from lienthong.exchange.subjects import mail_stream
from lienthong.exchange.topics.topics import Topics
from lienthong.exchange.transport.base import Gap, Message, Subscription
from lienthong.kernel.clock import HOUR, Millis
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import parse_client
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Entry

RESEND_EVERY: Final = 5.0
"""Seconds between looks at what is due to be sent again."""
SWEEP_EVERY: Final = 600.0
"""Seconds between looks at what nobody needs any more."""
OUTBOX: Final = "outbox"
"""Folder beside that of received contents: contents of what is sent, encrypted."""
CHECKPOINT_EVERY: Final = 60.0
"""Seconds between signed heads of the journal, if anything was recorded in between."""
IDLE_NOTED_EVERY: Final = HOUR
"""Milliseconds between two notes of how far a stream has been looked through in vain."""

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Gateway:
    """One site's gateway. ``start`` it, use ``caller``, ``sender``, ``mailbox`` and ``topics``, ``close`` it."""

    node: Node
    backend: Backend
    # Large contents of received messages are kept here.
    blobs: Path
    # Signs checkpoints of the journal with the site's key; None for a gateway without one.
    signer: CheckpointSigner | None = None
    # How much one information system and one other site may ask for.
    limits: Limits = field(default_factory=Limits)
    # Copies of what calls carried; None where nothing is kept.
    archive: Archive | None = None
    # What ``getOpenAPI`` hands out.
    descriptions: Descriptions = field(default_factory=lambda: Descriptions(sources={}))
    on_receipt: Callable[[ReceiptItem], None] | None = None
    # Told of every message that has arrived in a mailbox.
    on_arrival: Callable[[MailItem], None] | None = None
    # Bytes that one content of a message may have, sent or received.
    max_content: int = MAX_UPLOAD
    # How long a message waits for an earlier one of its conversation.
    hold: Millis = HOLD
    # How long large contents of a message are kept after it was accepted or refused.
    keep: Millis = KEEP

    caller: Caller = field(init=False)
    sender: Sender = field(init=False)
    mailbox: Mailbox = field(init=False)
    topics: Topics = field(init=False)
    store: MailStore = field(init=False)
    limiting: Limiting = field(init=False)
    # Rings for an organ when something has come for it.
    bell: Bell = field(init=False, default_factory=Bell)
    _uploads: Uploads = field(init=False)
    _postman: Postman = field(init=False)
    _sweeper: Sweeper = field(init=False)
    _receiver: Receiver = field(init=False)
    _provider: Provider = field(init=False)
    # Calls and mail of each branch.
    _branches: dict[str, tuple[Subscription, Subscription]] = field(init=False, default_factory=dict)
    _listening: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _tasks: list[asyncio.Task[None]] = field(init=False, default_factory=list)
    # What is being written down about the streams.
    _notes: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    _noted: dict[str, Millis] = field(init=False, default_factory=dict)
    _checkpointed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Set up the parts."""
        blobs = BlobStore(self.blobs)
        safe = Safe(self.node)
        self.store = MailStore(self.node.journal)
        self.limiting = Limiting(self.node, self.limits)
        self.caller = Caller(self.node, archive=self.archive)
        self.topics = Topics(self.node)
        outbox = self.blobs.with_name(OUTBOX)
        self._uploads = Uploads(self.node, safe, outbox, limit=self.max_content)
        self._sweeper = Sweeper(self.node.journal, self.node.clock, blobs, outbox, keep=self.keep)
        wraps = Wraps(self.node.clock)
        receipts = Receipts(self.node, wraps)
        self._postman = Postman(self.node, self.store)
        self.sender = Sender(self.node, self.store, self._uploads, safe, wraps=wraps, postman=self._postman)
        self._receiver = Receiver(
            self.node,
            self.store,
            blobs,
            self._postman,
            receipts,
            on_receipt=self._receipted,
            on_arrival=self._arrived,
            hold=self.hold,
            max_content=self.max_content,
        )
        self.mailbox = Mailbox(self.node, self.store, blobs, self._receiver, self._postman, receipts)
        self._provider = Provider(self.node, self.backend, archive=self.archive, descriptions=self.descriptions)

    async def start(self) -> None:
        """Listen for the organs hosted here and begin the work in the background.

        Raises:
            CarrierUnavailable: the carrier cannot be reached.
        """
        for branch in self.node.hosted_branches():
            await self._listen(branch)
        await self.topics.start()
        self._tasks.append(asyncio.create_task(self._every(RESEND_EVERY, self._resend)))
        self._tasks.append(asyncio.create_task(self._every(RESEND_EVERY, self._receiver.tend)))
        self._tasks.append(asyncio.create_task(self._every(SWEEP_EVERY, self.sweep)))
        self._tasks.append(asyncio.create_task(self._every(CHECKPOINT_EVERY, self.checkpoint)))
        self._tasks.append(asyncio.create_task(self._every(RECORD_EVERY, self.limiting.record)))

    async def directory_changed(self, _: Snapshot) -> None:
        """Listen for branches that are new at this site; may be called again when it failed.

        Raises:
            StreamMissing, CarrierUnavailable, CarrierTimeout, CarrierRefused: one cannot be listened to now.
        """
        for branch in self.node.hosted_branches():
            await self._listen(branch)
        await self.topics.directory_changed()

    async def sweep(self) -> None:
        """Let go of what nobody needs any more: copies, uploads, and files of contents.

        Raises:
            JournalError, StorageFailed: it cannot; it goes on the next time.
        """
        await self.sender.sweep()
        await self._sweeper.sweep()

    async def checkpoint(self) -> None:
        """Sign the journal's head if anything was recorded since the last time."""
        size = self.node.journal.size
        if self.signer is not None and size > self._checkpointed:
            await self.node.journal.checkpoint(self.signer)
            self._checkpointed = size

    async def close(self) -> None:
        """Stop listening, sign the head, and let go of everything but the journal and the carrier."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscriptions in self._branches.values():
            for subscription in subscriptions:
                await subscription.close()
        await self._provider.close()
        self.node.held.close()
        await self.node.pulls.close()
        await self._receiver.close()
        await self._postman.close()
        self._uploads.close()
        await asyncio.gather(*self._notes, return_exceptions=True)
        await self.topics.close()
        try:
            await self.limiting.record()
            await self.checkpoint()
        except LienthongError as error:
            _log.warning("the journal's head is not signed: %s", error)
        await self.backend.close()
        await self.descriptions.close()

    def _receipted(self, item: ReceiptItem) -> None:
        if self.bell.waited_for and (sender := self.store.sender_of(item.message.bytes, item.receiver)):
            self.bell.ring(str(parse_client(sender).organ))
        if self.on_receipt is not None:
            self.on_receipt(item)

    def _arrived(self, item: MailItem) -> None:
        self.bell.ring(item.receiver)
        if self.on_arrival is not None:
            self.on_arrival(item)

    async def _listen(self, branch: str) -> None:
        async with self._listening:
            if branch in self._branches:
                return
            answer = self.limiting.guarded(self._provider.handle)
            calls = await self.node.carrier.serve(f"rpc.{branch}.{self.node.site}.>", answer)
            try:
                self._branches[branch] = (calls, await self._read(branch))
            except LienthongError:
                # Nobody must answer calls twice once it works.
                await calls.close()
                raise
            self._tasks.append(asyncio.create_task(self._mind(branch)))

    async def _read(self, branch: str) -> Subscription:
        stream = mail_stream(branch)

        async def take(messages: Sequence[Message]) -> None:
            await self._receiver.take(stream, messages)

        return await self.node.carrier.consume(
            stream,
            f"mail.{branch}.{self.node.site}.>",
            start_after=self.store.position(stream),
            take=take,
            on_gap=self._gap,
            on_idle=lambda sequence: self._idle(stream, sequence),
        )

    async def _mind(self, branch: str) -> None:
        """Read a branch's mail again after a defect: a mailbox that stays empty unnoticed is the worst of failures."""
        while True:
            calls, mail = self._branches[branch]
            try:
                await mail.wait()
            except Exception:  # noqa: BLE001 - whatever it is, others' mail must not wait for its repair
                _log.exception("mail of branch %s is read again from where it was: a defect", branch)
            else:
                return
            await mail.close()
            await asyncio.sleep(RESEND_EVERY)
            try:
                self._branches[branch] = (calls, await self._read(branch))
            except LienthongError as error:
                # The closed subscription stands there still; its defect is met again, and this tried again.
                _log.warning("%s", error)

    def _gap(self, gap: Gap) -> None:
        _log.error("mail is missing: stream %s after %d, resumed after %d", gap.stream, gap.after, gap.resumed)
        entry = Entry(
            at=self.node.clock.now(),
            organ=f"site:{self.node.site}",
            direction="in",
            kind="alarm",
            id="",
            peer=gap.stream,
            label="",
            purpose="",
            verdict="mail_missing",
            detail=f"after {gap.after}, resumed after {gap.resumed}",
        )
        self._note([entry], gap.stream, gap.resumed)

    def _idle(self, stream: str, sequence: int) -> None:
        """Remember now and then how far a stream holds nothing for us: its expiry is no gap."""
        at = self.node.clock.now()
        if at - self._noted.get(stream, 0) >= IDLE_NOTED_EVERY:
            self._noted[stream] = at
            self._note([], stream, sequence)

    def _note(self, entries: Sequence[Entry], stream: str, sequence: int) -> None:
        # Begun at once: what is taken after this must be written down after this.
        commit = self._commit(entries, stream, sequence)
        task = asyncio.Task(commit, loop=asyncio.get_running_loop(), eager_start=True)
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _commit(self, entries: Sequence[Entry], stream: str, sequence: int) -> None:
        try:
            await self.node.journal.commit(entries, [self.store.moved_on(stream, sequence)])
        except JournalError as error:
            _log.warning("%s at %d: %s", stream, sequence, error)

    async def _resend(self) -> None:
        if self.node.carrier.connected:
            await publish_due(self.node, self.store, in_hand=self._postman.in_hand)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except LienthongError as error:
                # A full disk or a lost carrier passes; the work is done the next time.
                _log.warning("%s", error)
