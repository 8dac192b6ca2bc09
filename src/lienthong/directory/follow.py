"""How a gateway follows the directory: fetch, verify, keep, and go on without connection for a while."""

import asyncio
import contextlib
import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tuf.ngclient import FetcherInterface

from lienthong.directory.cache import Cache, Cached
from lienthong.directory.client import Verified, end_of_term, sync, verify
from lienthong.directory.errors import DirectoryError, DirectoryMissing
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import Published
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.kernel.clock import SECOND, Clock, Millis

logger = logging.getLogger(__name__)


class Follower:
    """Keeps one gateway's copy of the directory. One per process; its folder belongs to it alone."""

    def __init__(
        self,
        fetcher: FetcherInterface,
        *,
        folder: Path,
        root: bytes,
        clock: Clock,
        on_change: Callable[[Snapshot], None] | None = None,
    ) -> None:
        """Name source, folder and trust; nothing is read yet.

        Args:
            fetcher: where the files come from.
            folder: where the copy is kept between two runs; made if it is not there.
            root: the root metadata this gateway was given to trust.
            clock: now.
            on_change: called with every new snapshot, in the thread that asked for it: from ``refresh``
                in the event loop's.
        """
        self._fetcher = fetcher
        self._cache = Cache(folder)
        self._root = root
        self._clock = clock
        self._on_change = on_change
        self._indexer = Indexer()
        self._lock = threading.Lock()
        self._current: tuple[Snapshot, Verified] | None = None
        self._floor: Millis = 0

    @property
    def snapshot(self) -> Snapshot:
        """The newest verified snapshot, whatever its standing.

        Raises:
            DirectoryMissing: there is none yet.
        """
        return self._held()[0]

    @property
    def published(self) -> Published:
        """The files behind it, for evidence.

        Raises:
            DirectoryMissing: there is none yet.
        """
        return self._held()[1].published

    @property
    def folder(self) -> Path:
        """Where the copy is kept."""
        return self._cache.folder

    def now(self) -> Millis:
        """Return the time to judge the directory by: it never runs back behind the last fetch."""
        return max(self._clock.now(), self._floor)

    @property
    def clock_is_behind(self) -> bool:
        """Whether this machine's clock shows a time before the last fetch."""
        return self._clock.now() < self._floor

    def standing(self) -> Standing:
        """Tell how current the snapshot is now; without one it is stale."""
        return Standing.STALE if self._current is None else self._current[0].standing(self.now())

    def start(self) -> Snapshot | None:
        """Take up the copy of the last run, without any connection; None if there is none.

        An expired copy is taken up, too: its standing says what it is still good for.

        Raises:
            DirectoryRefused: the copy does not verify from this root.
            DirectoryError: the folder cannot be used.
        """
        with self._lock:
            self._take_up()
        self._announce()
        return None if self._current is None else self._current[0]

    async def refresh(self) -> bool:
        """Fetch what is new, in a thread of its own; tell whether there is a new snapshot.

        Raises:
            DirectoryError: nothing new was taken; the snapshot stays what it was.
        """
        changed = await asyncio.to_thread(self._sync)
        if changed:
            self._announce()
        return changed

    def refresh_blocking(self) -> bool:
        """Do what ``refresh`` does, in this thread.

        Raises:
            DirectoryError: nothing new was taken; the snapshot stays what it was.
        """
        changed = self._sync()
        if changed:
            self._announce()
        return changed

    async def run(self, every: float) -> None:
        """Refresh again and again until cancelled; failures are logged and change nothing.

        Args:
            every: seconds between two attempts.
        """
        while True:
            try:
                await self.refresh()
            except DirectoryError as error:
                logger.warning("%s [%s] standing: %s", error, error.code, self.standing())
            await asyncio.sleep(every)

    def _sync(self) -> bool:
        with self._lock:
            # What is on disk guards against a rollback even if nobody called start().
            self._take_up()
            known = None if self._current is None else self._current[1]
            verified = sync(
                self._fetcher,
                root=self._root,
                known=None if known is None else known.published,
                at=self.now(),
                scratch=self._cache.folder,
            )
            now = self._clock.now()
            if known is not None and known.timestamp == verified.timestamp and known.facts == verified.facts:
                self._floor = max(self._floor, now)
                return False
            # A newer timestamp is the centre's word that the time is right; this heals a clock that ran ahead.
            newer = known is None or verified.timestamp > known.timestamp
            floor = now if newer else max(self._floor, now)
            snapshot = self._snapshot(verified)
            self._cache.store(Cached(published=verified.published, fetched=floor))
            self._current, self._floor = (snapshot, verified), floor
            return True

    def _take_up(self) -> None:
        if self._current is not None:
            return
        cached = self._prepared().load()
        if cached is None:
            return
        # Whether it has expired is the standing's business; here only who signed it counts.
        at = min(self._clock.now(), end_of_term(cached.published) - SECOND)
        verified = verify(cached.published, root=self._root, at=at)
        self._current, self._floor = (self._snapshot(verified), verified), cached.fetched

    def _prepared(self) -> Cache:
        try:
            self._cache.folder.mkdir(parents=True, exist_ok=True)
            for left in self._cache.folder.glob("sync-*"):
                # A run before this one was killed in the middle; or it has just ended, and its thread does the same.
                with contextlib.suppress(FileNotFoundError):
                    shutil.rmtree(left)
        except OSError as error:
            raise DirectoryError(f"{self._cache.folder}: {error.strerror}") from error
        return self._cache

    def _snapshot(self, verified: Verified) -> Snapshot:
        if self._current is not None:
            snapshot, before = self._current
            facts = verified.facts
            if replace(before.facts, expires=facts.expires) == facts:
                return snapshot.extended(
                    expires=facts.expires, grace_until=facts.expires + snapshot.grace_until - snapshot.expires
                )
        return self._indexer.snapshot(verified.facts)

    def _announce(self) -> None:
        if self._on_change is not None and self._current is not None:
            self._on_change(self._current[0])

    def _held(self) -> tuple[Snapshot, Verified]:
        if self._current is None:
            raise DirectoryMissing(str(self._cache.folder))
        return self._current
