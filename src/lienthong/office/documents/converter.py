"""The process that becomes LibreOffice: ``python -m lienthong.office.documents.converter`` (`converting` starts it).

It bounds itself and takes the network away from itself before any of the stranger's file is read. Where the system does
not let it, it ends, and nothing is converted.
"""

import os
import resource
import sys
from typing import Final

SECONDS: Final = 60
"""Of the processor."""
_GIBIBYTE: Final = 1024**3
MOST: Final = 128 * 1024 * 1024
"""Bytes of any file that it writes, so of the PDF."""


def main(command: list[str]) -> None:
    """Become a command, without network and within bounds.

    Raises:
        OSError: the network cannot be taken away, or there is no such command.
    """
    try:
        os.unshare(os.CLONE_NEWNET)
    except PermissionError:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, 4 * _GIBIBYTE),
        (resource.RLIMIT_FSIZE, MOST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.execv(command[0], command)  # noqa: S606 - no shell is what is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
