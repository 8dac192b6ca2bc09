"""Replays: every id counts once, and this outlives a restart."""

from typing import Final

from lienthong.exchange.errors import Replayed
from lienthong.kernel.clock import Clock, Millis
from lienthong.trust.header import Header
from lienthong.trust.journal import Journal, Statement

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS replay (
    id BLOB NOT NULL,
    sender TEXT NOT NULL,
    receiver TEXT NOT NULL,
    digest BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (id, sender, receiver)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replay_expires ON replay (expires);
"""
_SWEEP_EVERY: Final = 4096

type Key = tuple[bytes, str, str]
"""Id, sender and receiver: an id belongs to its sender, so that nobody can use up another's."""


class ReplayGuard:
    """Remembers what has been received until it would have expired anyway."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Remember in the journal's file, so that evidence and memory share one transaction."""
        journal.ensure(_SCHEMA)
        self._clock = clock
        rows = journal.read(
            "SELECT id, sender, receiver, digest, expires FROM replay WHERE expires > ?", (clock.now(),)
        )
        self._seen: dict[Key, tuple[bytes, Millis]] = {
            (id_, sender, receiver): (digest, expires) for id_, sender, receiver, digest, expires in rows
        }
        self._claims = 0

    def digest_of(self, header: Header) -> bytes | None:
        """Return the digest of the seal that came from this sender under this id, or None."""
        seen = self._seen.get(_key(header))
        return seen[0] if seen else None

    def claim(self, header: Header, digest: bytes) -> list[Statement]:
        """Take an id; the statements make it durable and belong into the transaction of its evidence.

        Raises:
            Replayed: the sender has used the id.
        """
        key = _key(header)
        if key in self._seen:
            raise Replayed(f"{header.id} from {header.sender}")
        self._seen[key] = (digest, header.expires)
        # What is stored and not remembered had expired, or its transaction was given up while it was written.
        row = (*key, digest, header.expires)
        statements: list[Statement] = [("INSERT OR REPLACE INTO replay VALUES (?, ?, ?, ?, ?)", row)]
        self._claims += 1
        if self._claims % _SWEEP_EVERY == 0:
            statements.append(self._sweep())
        return statements

    def release(self, header: Header) -> None:
        """Give an id back: its evidence could not be written, so it may come again."""
        self._seen.pop(_key(header), None)

    def _sweep(self) -> Statement:
        at = self._clock.now()
        self._seen = {key: seen for key, seen in self._seen.items() if seen[1] > at}
        return ("DELETE FROM replay WHERE expires <= ?", (at,))


def _key(header: Header) -> Key:
    return header.id.bytes, header.sender, header.receiver
