"""What a file may cost, whatever it is: bounds of the child process that reads it (docs/adr/0070)."""

import contextlib
import os
import resource
import sys
from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one file."""

    # Bytes of the file.
    file: int = 256 * MEBIBYTE
    # Seconds by the clock on the wall until the child is killed; by the processor, one less than that.
    seconds: int = 16
    # Bytes of address space of the child, beside the file itself.
    memory: int = 1024 * MEBIBYTE
    # Bytes that the child may answer.
    answer: int = 4 * MEBIBYTE

    def memory_for(self, size: int) -> int:
        """Return the bytes of address space for a file of that many bytes."""
        # The file is held as it came, as it is read, and in pieces of what is decoded.
        return self.memory + 4 * size


def confine(*, seconds: int, memory: int) -> None:
    """Bound this process and take away what reading a file does not need: network, other programs, writing files.

    It cannot be undone. Guards against mistakes of libraries, not against whoever takes the interpreter over.

    Args:
        seconds: processor time; the system kills the process a second after that.
        memory: bytes of address space (where the system counts it: not on macOS).
    """
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    sys.addaudithook(_refuse)


_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED: Final = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"),
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"),
        *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    }
)


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError(event)
    # Reading goes on: libraries load their own code and tables late.
    if event == "open" and isinstance(args[2], int) and args[2] & _WRITING:
        raise PermissionError(event)
