"""Is somebody too slow? An average with some patience, so that a pause is forgiven and a trickle is not."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Pace:
    """Watches one side of a connection."""

    # Bytes per second that are due on average.
    rate: int
    # Seconds that may be missed.
    grace: float
    _left: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin with all patience."""
        self._left = self.grace

    def renew(self) -> None:
        """Begin again."""
        self._left = self.grace

    def is_late(self, size: int, seconds: float) -> bool:
        """Count so many bytes in so many seconds; returns whether patience has ended."""
        self._left = min(self.grace, self._left + size / self.rate) - seconds
        return self._left < 0
