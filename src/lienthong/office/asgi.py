"""What granian serves: Django for pages, in a few threads, and beside it what stays open for long.

Pages run in threads that live as long as the process, so each keeps its connection to the database. More threads than
a processor can feed only make every page slower; waiting ones queue.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.office.settings")

from django.core.wsgi import get_wsgi_application

type _Message = MutableMapping[str, Any]
THREADS: Final = int(os.environ.get("LIENTHONG_OFFICE_THREADS", "4"))

# Django's stubs call the answer a response; it is also what WSGI asks for, an iterable of bytes.
_pages = WSGIMiddleware(get_wsgi_application(), workers=THREADS)  # type: ignore[arg-type]  # see above


async def application(
    scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    """Answer one request."""

    async def take() -> _Message:
        # granian gives a future where a2wsgi, in its thread, needs a coroutine.
        return await receive()

    if scope["type"] == "http":
        await _pages(scope, take, send)  # type: ignore[arg-type]  # a2wsgi names the keys of each message
