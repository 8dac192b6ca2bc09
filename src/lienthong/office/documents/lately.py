"""What was found out a moment ago, for those who ask the same: the same file comes to thousands of organs at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SECONDS: Final = 600.0


class Lately[K, V]:
    """Remembers a few answers for a few minutes, in this process only."""

    def __init__(self, most: int, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing.

        Args:
            most: so many answers; the oldest goes first.
            seconds: an answer is forgotten after that.
            clock: seconds of a clock that nobody sets.
        """
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._found: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return what was found of something lately; None if nothing was."""
        with self._lock:
            at, value = self._found.get(key, (0.0, None))
            return value if value is not None and self._clock() - at < self._seconds else None

    def put(self, key: K, value: V) -> None:
        """Remember what was found."""
        with self._lock:
            self._found.pop(key, None)
            self._found[key] = (self._clock(), value)
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()
