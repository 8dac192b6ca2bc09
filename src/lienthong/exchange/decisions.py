"""Decisions remembered: what was granted under a directory is granted again until the directory changes.

Of all rules for calls and mail only one looks at the clock. The others give the same verdict for the same
question, so a busy gateway asks them once per client, service, method and path, or sender and receiver; refusals,
recalls and events are always decided anew.
"""

from typing import Final

from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange import policy
from lienthong.exchange.policy import Connection, Verdict
from lienthong.kernel.clock import Millis
from lienthong.trust.header import Header, Kind

REMEMBERED: Final = 8192
"""Questions whose answer is remembered; then all are forgotten."""
# Longer paths are rarely asked twice, and would fill the memory.
_LONGEST_PATH: Final = 256
_REMEMBERED_KINDS: Final = frozenset({Kind.REQUEST, Kind.RESPONSE, Kind.MESSAGE, Kind.RECEIPT})
_GRANTED: Final = Verdict(error=None, rule="granted")


class Decisions:
    """Asks ``policy.decide``, or remembers what it said."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._granted: set[tuple[object, ...]] = set()
        self._under: tuple[Snapshot | None, Standing | None] = (None, None)

    def decide(
        self, header: Header, *, connection: Connection, directory: Snapshot, standing: Standing, at: Millis
    ) -> Verdict:
        """Decide as ``policy.decide`` does."""
        if self._under[0] is not directory or self._under[1] is not standing:
            self._granted.clear()
            self._under = (directory, standing)
        if header.kind not in _REMEMBERED_KINDS:
            return policy.decide(header, connection=connection, directory=directory, standing=standing, at=at)
        # All that a rule may look at but the time (``in_time``) and what no rule looks at.
        question = (
            header.kind,
            header.sender,
            header.receiver,
            header.label,
            header.method,
            header.path,
            header.purpose,
            connection,
        )
        if question in self._granted and policy.untimely(header, at) is None:
            return _GRANTED
        verdict = policy.decide(header, connection=connection, directory=directory, standing=standing, at=at)
        if verdict.error is None and len(header.path) <= _LONGEST_PATH:
            if len(self._granted) >= REMEMBERED:
                self._granted.clear()
            self._granted.add(question)
        return verdict
