"""Content keys for letters to the same receiver: wrapped once, used for a minute.

Wrapping a key costs more than all other work on a small letter. Whoever opens one of the letters under it is the same
organ that opens the others, and this gateway is who made them all, whichever of its organs sends them.
"""

from typing import Final

from lienthong.kernel.clock import MINUTE, Clock, Millis
from lienthong.trust.envelope import Wrap
from lienthong.trust.keys import PublicKey

USED_FOR: Final[Millis] = MINUTE
"""How long a content key is used for further letters."""
MAX_LETTERS: Final = 4096
"""Letters under one content key: random nonces meet with a probability below 2^-70."""
_REMEMBERED: Final = 1024


class Wraps:
    """The content keys that one gateway uses at present."""

    def __init__(self, clock: Clock) -> None:
        """Use none yet."""
        self._clock = clock
        # By the id of the receiver's key, the oldest first.
        self._current: dict[bytes, tuple[Wrap, Millis]] = {}

    def to(self, key: PublicKey) -> Wrap:
        """Return a content key that is wrapped to a receiver's key.

        Raises:
            EnvelopeInvalid: the key does not wrap, or its public bytes are not a key.
        """
        at = self._clock.now()
        wrap, until = self._current.get(key.kid, (None, 0))
        if wrap is None or at >= until or wrap.count >= MAX_LETTERS:
            wrap = Wrap.to(key)
            self._forget(at)
            self._current.pop(key.kid, None)
            self._current[key.kid] = (wrap, at + USED_FOR)
        return wrap

    def _forget(self, at: Millis) -> None:
        while self._current:
            oldest = next(iter(self._current))
            if len(self._current) < _REMEMBERED and self._current[oldest][1] > at:
                return
            del self._current[oldest]
