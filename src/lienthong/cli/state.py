"""The folder that an exchange on one machine is kept in: one that was named, or one for as long as it runs."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lienthong.embedded.child import lock_folder
from lienthong.kernel.errors import LienthongError


class StateUnusable(LienthongError):
    """The folder cannot be used."""

    code = "state_unusable"
    hint = "Name one with --state that you may write to."


@contextlib.contextmanager
def state_folder(state: Path | None, *, command: str) -> Iterator[Path]:
    """Give a folder to one process alone.

    Args:
        state: the folder that was named; made when missing (mode 0700). None: one that ends with the context.
        command: what it is for, in the name of one that ends.

    Raises:
        StateUnusable: it cannot be made or written to.
        AlreadyRunning: another process uses it.
    """
    if state is None:
        with tempfile.TemporaryDirectory(prefix=f"lienthong-{command}-") as name:
            yield Path(name)
        return
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = lock_folder(state)
    except OSError as error:
        raise StateUnusable(f"{state}: {error.strerror}") from error
    try:
        yield state
    finally:
        os.close(lock)
