"""Serve the office's pages with granian: ``python -m lienthong.office.operation.serve --port N --workers N``."""

import argparse
from typing import Final

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

HOST: Final = "127.0.0.1"
# Seconds for what is being answered when we are told to stop; a page may take 30, but hardly one does.
_GRACE: Final = 10


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    Granian(
        "lienthong.office.asgi:application",
        address=given.host,
        port=given.port,
        interface=Interfaces.ASGI,
        workers=given.workers,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE,
        # Its log of requests has addresses in it; the office writes its own.
        log_access=False,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
