"""Where the ciphertext of one large body lies: in memory while it is small, else in a file without a name."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from lienthong.exchange.chunk_file import check_room
from lienthong.exchange.errors import BodyGone, StorageFailed
from lienthong.trust import chunks

UNIT_CHUNKS: Final = 7
UNIT: Final = UNIT_CHUNKS * chunks.CHUNK
"""Plain bytes that are encrypted, and travel, at once."""
UNIT_ON_WIRE: Final = UNIT_CHUNKS * chunks.ON_WIRE
NUMBER_SIZE: Final = 8
"""Bytes in front of chunks on the wire: the number of the first."""
IN_MEMORY: Final = 12 * 1024 * 1024
"""Bytes of one body that stay in memory before it goes into a file."""
ALL_IN_MEMORY: Final = 32 * 1024 * 1024
"""Bytes of all bodies that stay in memory."""


@dataclass(slots=True, kw_only=True)
class Memory:
    """What the bodies of one gateway share."""

    # Where files without a name are made; None keeps everything in memory.
    folder: Path | None = None
    # Bytes of bodies that are in memory.
    used: int = 0


class Store:
    """Where the ciphertext of one body lies."""

    def __init__(self, memory: Memory) -> None:
        self.closed = False
        self._memory = memory
        # As they travel: each with the number of its first chunk in front.
        self._units: list[bytearray] = []
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._filed = False
        self._busy = 0

    def place(self, size: int) -> bool:
        """Decide where the next bytes go; returns whether into the file, where all go from then on."""
        memory = self._memory
        fits = self._in_memory + size <= IN_MEMORY and memory.used + size <= ALL_IN_MEMORY
        if not self._filed and (fits or memory.folder is None):
            self._in_memory += size
            memory.used += size
        elif not self._filed:
            self._filed = True
            self._forget()
        return self._filed

    async def run[Result](self, work: Callable[[], Result]) -> Result:
        """Do something with what lies here in a thread; it stays open meanwhile.

        Raises:
            BodyGone: it has been closed.
            StorageFailed: the disk refuses.
        """
        if self.closed:
            raise BodyGone
        self._busy += 1
        running = asyncio.get_running_loop().run_in_executor(None, work)
        running.add_done_callback(self._rested)
        try:
            # Cancelling who waits does not stop a thread: only when that is done may the file be closed.
            return await asyncio.shield(running)
        except OSError as error:
            raise StorageFailed(f"a large body: {error.strerror}") from error

    def _rested(self, _: "asyncio.Future[Any]") -> None:
        self._busy -= 1
        if self.closed:
            self.close()

    def append(self, unit: bytearray, *, filed: bool) -> None:
        """Keep a unit where ``place`` said."""
        folder = self._memory.folder
        if not filed or folder is None:
            self._units.append(unit)
            return
        # Evidence must find room when bodies do not.
        check_room(folder, len(unit))
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed in ``close``
            for each in self._units:
                _write(self._file, memoryview(each)[NUMBER_SIZE:])
            self._units = []
        _write(self._file, memoryview(unit)[NUMBER_SIZE:])

    def unit(self, first: int, count: int) -> bytes | None:
        """Return chunks that are a unit in memory; None if they are not."""
        index, rest = divmod(first, UNIT_CHUNKS)
        if rest or self._file is not None or index >= len(self._units):
            return None
        unit = self._units[index]
        return bytes(unit) if len(unit) <= NUMBER_SIZE + count * chunks.ON_WIRE else None

    def read(self, first: int, size: int) -> bytes:
        """Return so many bytes of chunks, with the first one's number in front."""
        data = bytearray(NUMBER_SIZE + size)
        data[:NUMBER_SIZE] = first.to_bytes(NUMBER_SIZE)
        view, start = memoryview(data)[NUMBER_SIZE:], first * chunks.ON_WIRE
        if self._file is None:
            self._copy(view, start)
        elif os.preadv(self._file.fileno(), [view], start) != size:
            raise OSError(0, "a file was cut short")
        return bytes(data)

    def _copy(self, into: memoryview, start: int) -> None:
        done = 0
        while done < len(into):
            index, offset = divmod(start + done, UNIT_ON_WIRE)
            piece = memoryview(self._units[index])[NUMBER_SIZE + offset :][: len(into) - done]
            into[done : done + len(piece)] = piece
            done += len(piece)

    def close(self) -> None:
        """Let go of everything, as soon as no thread uses it."""
        self.closed = True
        if self._busy:
            return
        self._forget()
        self._units = []
        if self._file is not None:
            self._file.close()

    def _forget(self) -> None:
        self._memory.used -= self._in_memory
        self._in_memory = 0


def _write(file: IO[bytes], view: memoryview) -> None:
    while view:
        view = view[file.write(view) :]
