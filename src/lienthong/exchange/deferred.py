"""Answers that take a while: the caller is told so at once, and asks for them until they are there."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from lienthong.exchange.asks import WORKING, Asker, Await, new_name
from lienthong.exchange.errors import BodyGone
from lienthong.exchange.packet import notice

PATIENCE: Final = 10.0
"""Seconds after which who waits is told that the answer is being worked on."""
KEPT_SECONDS: Final = 60.0
"""How long an answer waits to be asked for (again)."""


@dataclass(kw_only=True)
class Deferred:
    """The answers that one gateway works on."""

    patience: float = PATIENCE
    kept: float = KEPT_SECONDS
    _answers: dict[bytes, tuple[Asker, asyncio.Task[bytes]]] = field(init=False, default_factory=dict)

    def begin(self, asker: Asker, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Begin to work on an answer; returns the name under which it is asked for."""
        name = new_name()
        task = asyncio.ensure_future(work)
        self._answers[name] = (asker, task)
        loop = asyncio.get_running_loop()
        task.add_done_callback(lambda _: loop.call_later(self.kept, self._answers.pop, name, None))
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

    async def close(self) -> None:
        """Give up what is being worked on."""
        tasks = [task for _, task in self._answers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._answers.clear()
