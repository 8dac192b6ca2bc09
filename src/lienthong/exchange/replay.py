"""Replays: every id counts once, and this outlives a restart."""

from typing import Final

from lienthong.exchange.errors import Replayed
from lienthong.kernel.clock import Clock, Millis
from lienthong.trust.journal import Journal, Statement

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS replay (
    id BLOB NOT NULL,
    receiver TEXT NOT NULL,
    digest BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (id, receiver)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replay_expires ON replay (expires);
"""
_SWEEP_EVERY: Final = 4096


class ReplayGuard:
    """Remembers what has been received until it would have expired anyway."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Remember in the journal's file, so that evidence and memory share one transaction."""
        journal.ensure(_SCHEMA)
        self._clock = clock
        rows = journal.read("SELECT id, receiver, digest, expires FROM replay WHERE expires > ?", (clock.now(),))
        self._seen: dict[tuple[bytes, str], tuple[bytes, Millis]] = {
            (id_, receiver): (digest, expires) for id_, receiver, digest, expires in rows
        }
        self._claims = 0

    def digest_of(self, id_: bytes, receiver: str) -> bytes | None:
        """Return the digest of the seal that came under this id, or None."""
        seen = self._seen.get((id_, receiver))
        return seen[0] if seen else None

    def claim(self, id_: bytes, receiver: str, *, digest: bytes, expires: Millis) -> list[Statement]:
        """Take an id; the statements make it durable and belong into the transaction of its evidence.

        Raises:
            Replayed: the id has been taken.
        """
        if (id_, receiver) in self._seen:
            raise Replayed(receiver)
        self._seen[id_, receiver] = (digest, expires)
        statements: list[Statement] = [("INSERT INTO replay VALUES (?, ?, ?, ?)", (id_, receiver, digest, expires))]
        self._claims += 1
        if self._claims % _SWEEP_EVERY == 0:
            statements.append(self._sweep())
        return statements

    def release(self, id_: bytes, receiver: str) -> None:
        """Give an id back: its evidence could not be written, so it may come again."""
        self._seen.pop((id_, receiver), None)

    def _sweep(self) -> Statement:
        at = self._clock.now()
        self._seen = {key: seen for key, seen in self._seen.items() if seen[1] > at}
        return ("DELETE FROM replay WHERE expires <= ?", (at,))
