"""A child process that never outlives its parent, and a folder that only one server uses."""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lienthong.embedded.errors import AlreadyRunning, BinaryMissing

_PR_SET_PDEATHSIG: Final = 1
# Loaded before any fork: a child between fork and exec must not import or allocate much.
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def find_program(name: str) -> Path:
    """Return the path of a program: beside this Python first, then on PATH.

    Raises:
        BinaryMissing: in neither place.
    """
    own = Path(sysconfig.get_path("scripts")) / name
    found = str(own) if own.is_file() else shutil.which(name)
    if found is None:
        raise BinaryMissing(name)
    return Path(found)


def lock_folder(folder: Path) -> int:
    """Lock a folder and return the descriptor that holds the lock.

    Whoever inherits the descriptor holds the lock too: a server that lingers after its parent keeps it.

    Raises:
        AlreadyRunning: another process holds it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunning(str(folder)) from None
    return descriptor


async def spawn(  # noqa: PLR0913 - settings by keyword
    arguments: Sequence[str],
    *,
    log: int,
    keep: Sequence[int],
    end: signal.Signals = signal.SIGTERM,
    stdin: int = asyncio.subprocess.DEVNULL,
    stdout: int | None = None,
    env: Mapping[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start a program that gets a signal when this process ends, however it ends.

    Args:
        arguments: program and arguments.
        log: the descriptor that takes both of its outputs.
        keep: descriptors it inherits.
        stdout: where its standard output goes instead.
        end: the signal it gets.
        stdin: the descriptor it reads.
        env: its environment; that of this process if not given.

    Call it from the thread that lives as long as the process: Linux ties the signal to the thread.
    """
    return await asyncio.create_subprocess_exec(
        *arguments,
        stdin=stdin,
        stdout=log if stdout is None else stdout,
        stderr=log,
        pass_fds=keep,
        env=env,
        # Signals of the terminal (Ctrl-C) reach the parent, which stops its children in order.
        start_new_session=True,
        preexec_fn=_die_with(os.getpid(), end),
    )


def _die_with(parent: int, end: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, end)
        if os.getppid() != parent:
            # The parent ended between fork and prctl: nobody would ever send the signal.
            os._exit(1)

    return before_exec


async def stop(process: asyncio.subprocess.Process, *, grace: float, by: signal.Signals = signal.SIGTERM) -> None:
    """End a child: a signal, and SIGKILL if it is still there after so many seconds."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(by)
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
