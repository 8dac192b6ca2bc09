"""The background work of an office: ``python -m lienthong.office.operation.work``.

Procrastinate's jobs, and beside them the courier who goes round the mailboxes of the exchange, and who looks into the
folders for packets.
"""

import argparse
import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

import django
from procrastinate.contrib.django.django_connector import DjangoConnector

_GRACE: Final = 7.5
"""Seconds for jobs under way when we are told to stop."""
_AT_ONCE: Final = 2
"""Jobs at a time: one that waits for a gateway must not keep mails from leaving."""


def main(arguments: list[str] | None = None) -> int:
    """Work until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--concurrency", type=int, default=_AT_ONCE)
    given = parser.parse_args(arguments)
    django.setup()
    with _courier(), _watcher():
        asyncio.run(_jobs(given.concurrency))
    return 0


async def _jobs(concurrency: int) -> None:
    from procrastinate.contrib.django import app  # noqa: PLC0415 - needs Django set up

    if not isinstance(app.connector, DjangoConnector):
        raise TypeError(type(app.connector).__name__)
    with app.replace_connector(app.connector.get_worker_connector()):
        async with app.open_async():
            # It listens for SIGTERM and SIGINT by itself.
            await app.run_worker_async(concurrency=concurrency, shutdown_graceful_timeout=_GRACE)


@contextlib.contextmanager
def _courier() -> Iterator[None]:
    from lienthong.office.documents.exchange.courier import Courier  # noqa: PLC0415 - needs Django set up

    courier = Courier()
    with _beside("courier", courier.run, courier.stop):
        yield


@contextlib.contextmanager
def _watcher() -> Iterator[None]:
    from lienthong.office.documents.packets.polling import Watcher  # noqa: PLC0415 - needs Django set up

    watcher = Watcher()
    with _beside("packets", watcher.run, watcher.stop):
        yield


@contextlib.contextmanager
def _beside(name: str, run: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(_GRACE)


if __name__ == "__main__":
    sys.exit(main())
