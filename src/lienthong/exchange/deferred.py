"""Answers that take a while: the caller is told so at once, and asks for them until they are there."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from lienthong.exchange.asks import WORKING, Asker, Await, new_name
from lienthong.exchange.errors import BodyGone, LimitExceeded
from lienthong.exchange.packet import notice

PATIENCE: Final = 10.0
"""Seconds after which who waits is told that the answer is being worked on."""
KEPT_SECONDS: Final = 60.0
"""How long an answer waits to be asked for (again)."""
MAX_WORKING: Final = 256
"""Answers that are worked on for one site at once: its calls have their place back when they are told to wait."""
MAX_WAITING: Final = 64 * 1024 * 1024
"""Bytes of answers that wait for one site; then the oldest are forgotten."""

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Deferred:
    """The answers that one gateway works on."""

    patience: float = PATIENCE
    kept: float = KEPT_SECONDS
    most: int = MAX_WORKING
    most_bytes: int = MAX_WAITING
    # In the order in which they were begun.
    _answers: dict[bytes, tuple[Asker, asyncio.Task[bytes]]] = field(init=False, default_factory=dict)
    # By site: how many are worked on, and the bytes of those that wait.
    _working: Counter[str] = field(init=False, default_factory=Counter)
    _waiting: Counter[str] = field(init=False, default_factory=Counter)

    def check(self, asker: Asker) -> None:
        """Check that there is room to work on one more answer.

        Raises:
            LimitExceeded: its site has too many already.
        """
        if self._working[asker.site] >= self.most:
            raise LimitExceeded(f"{self.most} answers are being worked on for site {asker.site}")

    def begin(self, asker: Asker, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Begin to work on an answer; returns the name under which it is asked for."""
        name = new_name()
        task = asyncio.ensure_future(work)
        self._answers[name] = (asker, task)
        self._working[asker.site] += 1
        task.add_done_callback(lambda _: self._done(name, asker.site, task))
        return name

    async def asked(self, asker: Asker, question: Await) -> bytes:
        """Return the answer when it is there soon; a notice that it is being worked on, or that there is none."""
        owner, task = self._answers.get(question.name, (None, None))
        if task is None or owner != asker:
            return notice(BodyGone.code)
        await asyncio.wait({task}, timeout=self.patience)
        if not task.done():
            return notice(WORKING)
        return notice(BodyGone.code) if task.cancelled() else task.result()

    def _done(self, name: bytes, site: str, task: asyncio.Task[bytes]) -> None:
        self._working[site] -= 1
        self._waiting[site] += _size(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("an answer that is asked for later: a defect", exc_info=task.exception())
        asyncio.get_running_loop().call_later(self.kept, self._forget, name)
        if (excess := self._waiting[site] - self.most_bytes) > 0:
            for each in self._oldest(site, excess, but=name):
                self._forget(each)

    def _oldest(self, site: str, size: int, *, but: bytes) -> list[bytes]:
        """Return the oldest answers that wait for a site, as many as have so many bytes."""
        found: list[bytes] = []
        for name, (asker, task) in self._answers.items():
            if size <= 0:
                break
            if asker.site == site and task.done() and name != but:
                found.append(name)
                size -= _size(task)
        return found

    def _forget(self, name: bytes) -> None:
        asker, task = self._answers.pop(name, (None, None))
        if asker is not None and task is not None:
            self._waiting[asker.site] -= _size(task)
            self._working, self._waiting = +self._working, +self._waiting

    async def close(self) -> None:
        """Give up what is being worked on."""
        tasks = [task for _, task in self._answers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._answers.clear()


def _size(task: asyncio.Task[bytes]) -> int:
    return 0 if task.cancelled() or task.exception() is not None else len(task.result())
