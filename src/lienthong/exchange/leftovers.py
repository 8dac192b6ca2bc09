"""Files that nobody has touched for a while: found by and by, a bounded number at a time."""

import heapq
import os
import time
from pathlib import Path
from typing import Final

from lienthong.exchange.chunk_file import storing

GRACE: Final = 24 * 3600.0
"""Seconds for which a file is left alone after it was written or wanted: whoever works with it may yet say so."""
LOOKED_AT: Final = 4096
"""Files that are looked at in one go."""


class Leftovers:
    """Walks through a folder in the order of names, again and again."""

    def __init__(self, folder: Path) -> None:
        """Begin with the first name."""
        self._folder = folder
        self._after = ""

    def next(self) -> list[Path]:
        """Return those of the next files that have been left alone; blocks.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        with storing(self._folder), os.scandir(self._folder) as entries:
            names = heapq.nsmallest(LOOKED_AT, (entry.name for entry in entries if entry.name > self._after))
        self._after = names[-1] if len(names) == LOOKED_AT else ""
        return [path for name in names if is_left_alone(path := self._folder / name)]


def is_left_alone(path: Path) -> bool:
    """Tell whether a file is there and nobody has touched it for a while; a clock put back makes it young."""
    try:
        return path.stat().st_mtime <= time.time() - GRACE
    except FileNotFoundError:
        return False


def touch(path: Path) -> None:
    """Have a file left alone for another while.

    Raises:
        StorageFailed: it is not there, or not ours.
    """
    with storing(path):
        os.utime(path)
