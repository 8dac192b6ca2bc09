"""Send files from the event loop: a slow reader must not keep a thread that answers pages.

A view returns Django's ``FileResponse``; its thread is free as soon as the head is sent, and the file follows from
here (``wsgi.file_wrapper``, PEP 3333). Whoever stops reading for a minute is let go.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any, Final, Protocol

type Message = MutableMapping[str, Any]
type Send = Callable[[Message], Awaitable[None]]

READ_SECONDS: Final = 60.0
_PIECE: Final = 1 << 16
_AT_ONCE: Final = 1 << 20
_KEY: Final = "lienthong.file"


class _File(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class _Rest:
    """What remains for the thread of a response whose file was handed over: closing it, or reading what is no file."""

    def __init__(self, file: _File, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        # Django has put the closing of the whole response there.
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def handing_over(pages: Callable[..., Iterable[bytes]]) -> Callable[[Any, Any], Iterable[bytes]]:
    """Return the WSGI application that leaves files to whoever sends for it (``sending``)."""

    def answer(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        scope = environ["asgi.scope"]

        def wrap(file: _File, size: int) -> _Rest:
            try:
                scope[_KEY] = os.dup(file.fileno())
            except (AttributeError, OSError):
                # Bytes in memory, or a part of a file.
                return _Rest(file, iter(lambda: file.read(size), b""))
            return _Rest(file, ())

        environ["wsgi.file_wrapper"] = wrap
        return pages(environ, start_response)

    return answer


def sending(scope: Message, send: Send) -> Send:
    """Return ``send`` with the file that the thread left, if any, before the end of the answer."""

    async def send_with_file(message: Message) -> None:
        file = scope.pop(_KEY, None) if _is_end(message) else None
        if file is not None:
            try:
                if scope["method"] != "HEAD":
                    await _send_file(file, send)
            finally:
                os.close(file)
        await send(message)

    return send_with_file


async def _send_file(file: int, send: Send) -> None:
    small = os.fstat(file).st_size <= _AT_ONCE
    # What is small is in memory already; a large file may have to come from the disk.
    while piece := os.read(file, _PIECE) if small else await asyncio.to_thread(os.read, file, _PIECE):
        async with asyncio.timeout(READ_SECONDS):
            await send({"type": "http.response.body", "body": piece, "more_body": True})


def _is_end(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body")


def drop(scope: Message) -> None:
    """Close a file that was never sent, as its answer broke off."""
    file = scope.pop(_KEY, None)
    if file is not None:
        os.close(file)
