"""What granian serves: Django for pages, in a few threads, and beside it what stays open for long.

Pages run in threads that live as long as the process, so each keeps its connection to the database. More threads than
a processor can feed only make every page slower; waiting ones queue.
"""

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.office.settings")

from django.core.wsgi import get_wsgi_application

_wsgi = get_wsgi_application()

from lienthong.office.core.live import answer as live  # noqa: E402 - only now that Django is set up
from lienthong.office.sending import drop, handing_over, sending  # noqa: E402 - as above
from lienthong.office.threads import Threads  # noqa: E402 - as above

type _Message = MutableMapping[str, Any]
THREADS: Final = int(os.environ.get("LIENTHONG_OFFICE_THREADS", "3"))

# What was loaded until now stays: looking through 370,000 objects again and again stops all pages for 200 ms each time.
gc.collect()
gc.freeze()

_pages = Threads(handing_over(_wsgi), number=THREADS)
# Writing a file of a hundred thousand rows takes seconds: one at a time, beside the pages.
_exports = Threads(handing_over(_wsgi), number=1)


async def application(
    scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    """Answer one request."""

    async def take() -> _Message:
        # granian gives a future where a2wsgi, in its thread, needs a coroutine.
        return await receive()

    if scope["type"] != "http":
        return
    if scope["path"] == live.PATH:
        await live.serve(scope, take, send)
        return
    lane = _exports if b"export=" in scope["query_string"] else _pages
    try:
        await lane(scope, take, sending(scope, send))
    finally:
        drop(scope)
