"""One conversation as a receiver hears it: in the order in which it was spoken, whatever the order of arrival.

Pure: what comes in, what is handed over. Who calls keeps it durable.
"""

from dataclasses import dataclass, field
from typing import Final

MAX_HELD: Final = 256
"""Messages of one conversation that wait for an earlier one; with more, it is waited no longer."""
LATE: Final = -1
"""The gap of a message that comes after later ones have been handed over."""


@dataclass(slots=True)
class Thread[T]:
    """The messages of one sender to one receiver in one conversation."""

    # The place that is handed over next.
    next: int = 1
    # What waits for it, by place.
    held: dict[int, T] = field(default_factory=dict)

    def hear(self, place: int, item: T) -> list[tuple[T, int]]:
        """Take a message that has come for the first time.

        Args:
            place: its place, from 1.
            item: the message.

        Returns:
            What is handed over now, in order, each with the number of messages that are missing before it or
            ``LATE``; nothing if this one has to wait.
        """
        if place < self.next or place in self.held:
            # Given up, or a sender who counts wrong: late is better than never.
            return [(item, LATE)]
        self.held[place] = item
        if len(self.held) > MAX_HELD:
            return self.overdue()
        return self._ripe(0)

    def skip(self, place: int) -> list[tuple[T, int]]:
        """Take note that a message has come and will not be handed over; returns what waited for it alone."""
        if place != self.next:
            return []
        self.next += 1
        return self._ripe(0)

    def overdue(self) -> list[tuple[T, int]]:
        """Wait no longer for what is missing before the first that waits; returns what is handed over."""
        if not self.held:
            return []
        first = min(self.held)
        missing, self.next = first - self.next, first
        return self._ripe(missing)

    def _ripe(self, missing: int) -> list[tuple[T, int]]:
        ripe: list[tuple[T, int]] = []
        while self.next in self.held:
            ripe.append((self.held.pop(self.next), 0 if ripe else missing))
            self.next += 1
        return ripe
