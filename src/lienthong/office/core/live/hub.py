"""One hub per process: it hears from the database whose notifications changed, and tells their open pages.

One connection listens for all; a change costs one query for everybody who is connected and concerned, however many
changes came together. What was missed while the database was away is made good by counting anew.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Final

import structlog
from django.conf import settings
from django.db.utils import Error as DjangoError
from psycopg import AsyncConnection
from psycopg import Error as DatabaseError

from lienthong.office.core.live import lookups

CHANNEL: Final = "lienthong_notes"
"""As in migration ``core.0003_notifications``: payloads are ids of persons, separated by commas."""
MOST: Final = 5000
"""Streams of one process; a page without one learns of news when it is next loaded."""
MOST_PER_PERSON: Final = 4
CHECK_SECONDS: Final = 30.0
"""How often it is looked whether the sessions still hold: none outlives its end by more than this."""
_TOGETHER_SECONDS: Final = 0.1
_AGAIN_SECONDS: Final = 5.0
_log = structlog.get_logger("office.live")


class Stream:
    """The open stream of one page."""

    def __init__(self, person: int, session: str, unread: int) -> None:
        self.person = person
        self.session = session
        self.unread = unread
        # Whether the session is over.
        self.over = False
        self.changed = asyncio.Event()

    def tell(self, unread: int) -> None:
        """Say how many notifications are not read now."""
        if unread != self.unread:
            self.unread = unread
            self.changed.set()

    def end(self) -> None:
        """End the stream."""
        self.over = True
        self.changed.set()


class Hub:
    """All open streams of this process."""

    def __init__(self) -> None:
        self._streams: dict[int, list[Stream]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
        self._tasks: list[asyncio.Task[None]] = []
        self._changed: set[int] = set()
        self._news = asyncio.Event()

    async def join(self, session: str) -> Stream | None:
        """Open a stream; None for a session that is none, or where there are too many already."""
        found = await self._ask(lookups.who, session)
        if found is None:
            return None
        person, unread = found
        mine = self._streams.get(person, [])
        if len(mine) >= MOST_PER_PERSON or sum(map(len, self._streams.values())) >= MOST:
            return None
        stream = Stream(person, session, unread)
        self._streams.setdefault(person, mine).append(stream)
        if not self._tasks:
            self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._tell, self._check)]
            self._end_when_told()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        rest = [other for other in self._streams.get(stream.person, []) if other is not stream]
        if rest:
            self._streams[stream.person] = rest
        else:
            self._streams.pop(stream.person, None)

    def _end_when_told(self) -> None:
        """End all streams when the process is told to stop: the server waits for open connections, and then kills."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)

            def told(signum: int, frame: FrameType | None, *, before: object = before) -> None:
                loop.call_soon_threadsafe(self._end)
                # The loop learns of signals by another way; this is what else was set.
                if callable(before):
                    before(signum, frame)

            # Only the process's first thread is told of signals; the server's loop runs there.
            with contextlib.suppress(ValueError):
                signal.signal(number, told)

    def _end(self) -> None:
        for mine in self._streams.values():
            for stream in mine:
                stream.end()

    async def _ask[**P, T](self, question: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: question(*args, **options))

    def _note(self, persons: set[int]) -> None:
        concerned = persons & self._streams.keys()
        if concerned:
            self._changed |= concerned
            self._news.set()

    async def _listen(self) -> None:
        """Hear whose notifications changed, for as long as the process lives."""
        while True:
            try:
                async with await AsyncConnection.connect(**parameters(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._note(set(self._streams))
                    async for heard in connection.notifies():
                        self._note({int(one) for one in heard.payload.split(",") if one.isdecimal()})
            except (DatabaseError, OSError) as error:
                _log.warning("the database is not heard; trying again", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _tell(self) -> None:
        """Count anew for whoever is concerned, all that came within a moment together."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_TOGETHER_SECONDS)
            self._news.clear()
            persons, self._changed = self._changed, set()
            with contextlib.suppress(DjangoError):
                for person, unread in (await self._ask(lookups.unread, persons)).items():
                    for stream in self._streams.get(person, ()):
                        stream.tell(unread)

    async def _check(self) -> None:
        """End the streams of sessions that are over."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            streams = [stream for mine in self._streams.values() for stream in mine]
            with contextlib.suppress(DjangoError):
                over = await self._ask(lookups.ended, {stream.session: stream.person for stream in streams})
                for stream in streams:
                    if stream.session in over:
                        stream.end()


def parameters() -> dict[str, Any]:
    """Return how the listening connection is opened: as the others, but for their limits on statements."""
    database: Any = settings.DATABASES["default"]
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {ours: database[theirs] for theirs, ours in names.items() if database[theirs]}
    kept = {
        key: value
        for key, value in database["OPTIONS"].items()
        if key.startswith("ssl") or key == "target_session_attrs"
    }
    return {**kept, **found, "application_name": "lienthong-office-live", "keepalives_idle": 60}
