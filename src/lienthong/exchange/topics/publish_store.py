"""Tables of what is published, in the journal's file: how far each topic has come, its keys, what is to be sent."""

from typing import Final
from uuid import UUID

import msgspec

from lienthong.kernel.clock import Millis
from lienthong.trust.journal import Journal, Statement

# A row of topic_sent stays until it has expired, without its data once the carrier has them: the oldest says what
# can be read again. Keys are no events: their first is 0.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS topic_state (
    topic TEXT PRIMARY KEY,
    chain BLOB NOT NULL,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    digest BLOB NOT NULL,
    begun INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_epoch (
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    label TEXT NOT NULL,
    readers BLOB NOT NULL,
    own BLOB NOT NULL,
    PRIMARY KEY (topic, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_sent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    first INTEGER NOT NULL,
    subject TEXT NOT NULL,
    token TEXT NOT NULL,
    data BLOB,
    expires INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS topic_sent_first ON topic_sent (topic, first);
CREATE INDEX IF NOT EXISTS topic_sent_due ON topic_sent (id) WHERE data IS NOT NULL;
CREATE INDEX IF NOT EXISTS topic_sent_expires ON topic_sent (expires);
"""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a topic has come at its owner."""

    chain: UUID
    # Of the last block.
    number: int = 0
    sequence: int = 0
    digest: bytes = b""
    # Where the snapshot that is being published begins, and the newest complete one; 0: none.
    begun: int = 0
    snapshot: int = 0
    # When the last block was sealed.
    at: Millis = 0


class StoredEpoch(msgspec.Struct, frozen=True, kw_only=True):
    """An epoch as it is kept."""

    number: int
    at: Millis
    label: str
    # Tells whom its key was wrapped to.
    readers: bytes
    # Its key, encrypted to the owner's organ.
    own: bytes


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A block, or keys, that are to be published."""

    # The sequence of its first event; 0 for keys.
    first: int
    subject: str
    token: str
    data: bytes
    expires: Millis


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the carrier does not have yet."""

    id: int
    subject: str
    # Unguessable; the same each time it is sent.
    token: str
    data: bytes


class PublishStore:
    """Reads the tables, and writes the statements that belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Keep topics beside the evidence about them."""
        journal.ensure(_SCHEMA)
        self._journal = journal

    def states(self) -> dict[str, State]:
        """Return how far every topic has come."""
        rows = self._journal.read("SELECT topic, chain, number, sequence, digest, begun, snapshot, at FROM topic_state")
        return {
            topic: State(
                chain=UUID(bytes=chain),
                number=number,
                sequence=sequence,
                digest=digest,
                begun=begun,
                snapshot=snapshot,
                at=at,
            )
            for topic, chain, number, sequence, digest, begun, snapshot, at in rows
        }

    def moved(self, topic: str, state: State) -> Statement:
        """Note how far a topic has come."""
        return (
            "INSERT OR REPLACE INTO topic_state VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                topic,
                state.chain.bytes,
                state.number,
                state.sequence,
                state.digest,
                state.begun,
                state.snapshot,
                state.at,
            ),
        )

    def epochs(self, topic: str) -> list[StoredEpoch]:
        """Return the epochs of a topic, oldest first."""
        rows = self._journal.read(
            "SELECT number, at, label, readers, own FROM topic_epoch WHERE topic = ? ORDER BY number", (topic,)
        )
        return [
            StoredEpoch(number=number, at=at, label=label, readers=readers, own=own)
            for number, at, label, readers, own in rows
        ]

    def began(self, topic: str, epoch: StoredEpoch) -> Statement:
        """Keep an epoch."""
        return (
            "INSERT INTO topic_epoch VALUES (?, ?, ?, ?, ?, ?)",
            (topic, epoch.number, epoch.at, epoch.label, epoch.readers, epoch.own),
        )

    def put(self, topic: str, item: Outgoing) -> Statement:
        """Keep something until the carrier has it."""
        return (
            "INSERT INTO topic_sent (topic, first, subject, token, data, expires) VALUES (?, ?, ?, ?, ?, ?)",
            (topic, item.first, item.subject, item.token, item.data, item.expires),
        )

    def due(self, *, limit: int) -> list[Due]:
        """Return what the carrier does not have yet, in order."""
        rows = self._journal.read(
            "SELECT id, subject, token, data FROM topic_sent WHERE data IS NOT NULL ORDER BY id LIMIT ?", (limit,)
        )
        return [Due(id=id_, subject=subject, token=token, data=data) for id_, subject, token, data in rows]

    def waiting(self) -> int:
        """Return how many messages the carrier does not have yet."""
        return int(self._journal.read("SELECT count(*) FROM topic_sent WHERE data IS NOT NULL")[0][0])

    def taken(self, item: Due) -> Statement:
        """Note that the carrier has it."""
        return ("UPDATE topic_sent SET data = NULL WHERE id = ?", (item.id,))

    def kept(self, topic: str) -> int:
        """Return the oldest event that has not expired; 0 if there is none."""
        rows = self._journal.read("SELECT min(first) FROM topic_sent WHERE topic = ? AND first > 0", (topic,))
        return int(rows[0][0] or 0)

    def forgotten(self, topic: str) -> list[Statement]:
        """Forget a topic's chain: what was sent of it is no longer said to be kept."""
        return [("UPDATE topic_sent SET first = 0 WHERE topic = ?", (topic,))]

    def expired(self, at: Millis, *, epochs_before: Millis) -> list[Statement]:
        """Let go of what has expired, and of the keys of epochs that began before a time; each topic's newest stays."""
        old = (
            "DELETE FROM topic_epoch WHERE at < ? AND number <"
            " (SELECT max(number) FROM topic_epoch AS newer WHERE newer.topic = topic_epoch.topic)"
        )
        return [("DELETE FROM topic_sent WHERE expires <= ?", (at,)), (old, (epochs_before,))]
