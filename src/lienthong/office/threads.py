"""Run Django's WSGI handler in a few threads beside the event loop, with as few turns between the two as can be.

``a2wsgi`` reads requests. Its way to answer hands every piece over to the loop and waits, three times for a page: each
time a thread that draws a page must first let go of the interpreter (ADR 0103). Here a page comes back whole.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, Final

from a2wsgi.wsgi import Body, build_environ

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Wsgi = Callable[[Any, Any], Iterable[bytes]]

_PIECES: Final = 16
"""How many pieces of a long answer go together; what ends before is sent at once."""
_BYTES: Final = 1 << 18


class Threads:
    """Threads that live as long as the process, so each keeps its connection to the database."""

    def __init__(self, application: Wsgi, *, number: int) -> None:
        """Have so many of them answer for a WSGI application."""
        self._application = application
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="pages")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; from its beginning to its end in one thread."""
        loop = asyncio.get_running_loop()

        async def forward(messages: list[Message]) -> None:
            for message in messages:
                await send(message)

        def forward_and_wait(messages: list[Message]) -> None:
            asyncio.run_coroutine_threadsafe(forward(messages), loop).result()

        environ = build_environ(scope, Body(loop, receive))  # type: ignore[arg-type]  # it names the keys of each message
        run = partial(contextvars.copy_context().run, self._answer, environ, forward_and_wait)
        await forward(await loop.run_in_executor(self._pool, run))

    def _answer(self, environ: Any, forward: Callable[[list[Message]], None]) -> list[Message]:  # noqa: ANN401 - WSGI's
        """Return the last messages of an answer; of a page that is all there are."""
        head: list[Message] = []

        def start_response(status: str, headers: list[tuple[str, str]], failed: Any = None) -> None:  # noqa: ANN401 - WSGI's
            del failed
            lines = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers]
            head[:] = [{"type": "http.response.start", "status": int(status[:3]), "headers": lines}]

        answer = self._application(environ, start_response)
        try:
            pieces = iter(answer)
            body, ended = _together(pieces)
            messages = head
            while not ended:
                forward([*messages, {"type": "http.response.body", "body": body, "more_body": True}])
                messages = []
                body, ended = _together(pieces)
            return [*messages, {"type": "http.response.body", "body": body, "more_body": False}]
        finally:
            # Django's end of the request, with the connection of this thread.
            getattr(answer, "close", lambda: None)()


def _together(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return the next pieces as one, and whether they were the last."""
    taken: list[bytes] = []
    for piece in islice(pieces, _PIECES):
        taken.append(piece)
        if sum(map(len, taken)) > _BYTES:
            return b"".join(taken), False
    return b"".join(taken), len(taken) < _PIECES
