"""A process that has a module imported and forks for every file: ``python -m lienthong.signatures.zygote FD MODULE``.

Importing the libraries anew for each file took over a second (docs/adr/0097). This process itself never reads a file,
so that what one has done to its process never meets the next. `isolation` starts it and hands it sockets: one byte
string (`JOB`) with one socket, on which task, file and answer go. It ends with whoever started it.
"""

import gc
import importlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

JOB: Final = struct.Struct(">H")
"""Seconds by the clock on the wall until the system kills the child."""
DONE: Final = b"\0done\n"
"""The end of an answer that is whole."""
_MOST_FILES: Final = 65_536


def serve(control: socket.socket, main: Callable[[], int]) -> None:
    """Fork for every socket that comes, until nobody can send one any more."""
    # The system forgets children that have ended by itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        job, sockets, _, _ = socket.recv_fds(control, JOB.size, 1)
        if not job:
            return
        if os.fork() == 0:
            _answer(sockets[0], JOB.unpack(job)[0], main)
        for each in sockets:
            os.close(each)


def _answer(job: int, seconds: int, main: Callable[[], int]) -> None:
    """Be the child of one file: its socket is standard input and output. Never returns."""
    try:
        signal.alarm(seconds)
        os.dup2(job, 0)
        os.dup2(job, 1)
        # Neither the way to more children nor anything else is left open.
        os.closerange(3, _MOST_FILES)
        if main() == 0:
            sys.stdout.buffer.write(DONE)
            sys.stdout.buffer.flush()
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), importlib.import_module(sys.argv[2]).main)
