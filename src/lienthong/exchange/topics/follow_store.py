"""Tables of what is read, in the journal's file: each block once for the whole gateway, and where each reader is."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from lienthong.exchange.topics.chain import Chain, Link
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.trust.journal import Journal, Statement

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS topic_follow (
    topic TEXT PRIMARY KEY,
    stream TEXT NOT NULL,
    position INTEGER NOT NULL,
    chain BLOB,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    digest BLOB NOT NULL,
    locked BLOB NOT NULL,
    heard INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    forked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_keys (
    topic TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    organ TEXT NOT NULL,
    envelope BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_block (
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    digest BLOB NOT NULL,
    previous BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (topic, number)
);
CREATE INDEX IF NOT EXISTS topic_block_last ON topic_block (topic, last);
CREATE INDEX IF NOT EXISTS topic_block_expires ON topic_block (expires);
CREATE TABLE IF NOT EXISTS topic_reader (
    reader TEXT NOT NULL,
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    chain BLOB,
    sequence INTEGER,
    since INTEGER NOT NULL,
    PRIMARY KEY (reader, topic, name)
) WITHOUT ROWID;
"""


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a topic has been taken off its stream."""

    topic: str
    stream: str
    # The last sequence of the stream that was looked at.
    position: int = 0
    chain: Chain = Chain()
    # Epochs whose keys have not come: their id on the wire → where on the stream the first block under them is.
    locked: Mapping[bytes, int] = {}
    # When the newest block was sealed, the oldest event that its owner keeps, and where its newest snapshot begins.
    heard: Millis = 0
    kept: int = 0
    snapshot: int = 0
    # Its owner has sealed two histories: nothing more is taken.
    forked: bool = False


class StoredBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block as it is kept: encrypted as it came."""

    link: Link
    created: Millis
    expires: Millis
    data: bytes


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Where a kept block stands."""

    number: int
    first: int
    last: int


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, and how far it has come."""

    # Identifier of the information system, and the name it gave the subscription.
    reader: str
    topic: str
    name: str
    purpose: str
    # The chain that the sequence belongs to; None until the first event was taken.
    chain: UUID | None
    # The last event that was taken; None: it begins with the first one sealed at `since` or later.
    sequence: int | None
    since: Millis


class FollowStore:
    """Reads the tables, and writes the statements that belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Keep what was read beside the evidence about it."""
        journal.ensure(_SCHEMA)
        self._journal = journal

    # -- topics

    def follows(self) -> dict[str, Follow]:
        """Return how far every topic has been taken."""
        rows = self._journal.read(
            "SELECT topic, stream, position, chain, number, sequence, digest, locked, heard, kept, snapshot, forked"
            " FROM topic_follow"
        )
        return {row[0]: self._follow(row) for row in rows}

    def _follow(self, row: tuple[Any, ...]) -> Follow:
        topic, stream, position, chain, number, sequence, digest, locked, heard, kept, snapshot, forked = row
        return Follow(
            topic=topic,
            stream=stream,
            position=position,
            chain=Chain(
                id=None if chain is None else UUID(bytes=chain),
                number=number,
                sequence=sequence,
                digest=digest,
                ahead=self._links(topic, number),
            ),
            locked=dict(cbor.decode(locked)),
            heard=heard,
            kept=kept,
            snapshot=snapshot,
            forked=bool(forked),
        )

    def moved(self, follow: Follow) -> Statement:
        """Note how far a topic has been taken."""
        chain = follow.chain
        return (
            "INSERT OR REPLACE INTO topic_follow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                follow.topic,
                follow.stream,
                follow.position,
                None if chain.id is None else chain.id.bytes,
                chain.number,
                chain.sequence,
                chain.digest,
                cbor.encode(dict(follow.locked)),
                follow.heard,
                follow.kept,
                follow.snapshot,
                int(follow.forked),
            ),
        )

    def forgotten(self, topic: str) -> list[Statement]:
        """Let go of a topic that nobody reads any more."""
        return [
            ("DELETE FROM topic_follow WHERE topic = ?", (topic,)),
            ("DELETE FROM topic_keys WHERE topic = ?", (topic,)),
            ("DELETE FROM topic_block WHERE topic = ?", (topic,)),
        ]

    # -- keys

    def kept_keys(self) -> list[tuple[str, str, bytes]]:
        """Return of every topic the organ whose key opens its keys, and their envelope."""
        return [
            (topic, organ, data)
            for topic, organ, data in self._journal.read("SELECT topic, organ, envelope FROM topic_keys")
        ]

    def keyed(self, topic: str, *, epoch: int, organ: str, envelope: bytes) -> Statement:
        """Keep the newest keys of a topic, encrypted as they came."""
        return ("INSERT OR REPLACE INTO topic_keys VALUES (?, ?, ?, ?)", (topic, epoch, organ, envelope))

    # -- blocks

    def put(self, topic: str, block: StoredBlock) -> Statement:
        """Keep a block."""
        link = block.link
        return (
            "INSERT OR IGNORE INTO topic_block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                topic,
                link.number,
                link.first,
                link.last,
                link.digest,
                link.previous,
                block.created,
                block.expires,
                block.data,
            ),
        )

    def emptied(self, topic: str) -> Statement:
        """Let go of the blocks of a chain that was given up."""
        return ("DELETE FROM topic_block WHERE topic = ?", (topic,))

    def link(self, topic: str, number: int) -> Link | None:
        """Return a block's place, None if it is not kept."""
        rows = self._journal.read(
            "SELECT number, first, last, digest, previous FROM topic_block WHERE topic = ? AND number = ?",
            (topic, number),
        )
        return _link(rows[0]) if rows else None

    def _links(self, topic: str, after: int) -> dict[int, Link]:
        rows = self._journal.read(
            "SELECT number, first, last, digest, previous FROM topic_block WHERE topic = ? AND number > ?",
            (topic, after),
        )
        return {row[0]: _link(row) for row in rows}

    def spans(self, topic: str, *, after: int, upto: int, limit: int) -> list[Span]:
        """Return the blocks with events after a sequence, up to a block's number, in order."""
        rows = self._journal.read(
            "SELECT number, first, last FROM topic_block"
            " WHERE topic = ? AND last > ? AND number <= ? AND last >= first ORDER BY last LIMIT ?",
            (topic, after, upto, limit),
        )
        return [Span(number=number, first=first, last=last) for number, first, last in rows]

    def since(self, topic: str, at: Millis, *, upto: int) -> int | None:
        """Return the sequence before the first event sealed at a time or later; None if there is none yet."""
        rows = self._journal.read(
            "SELECT min(first) FROM topic_block WHERE topic = ? AND created >= ? AND number <= ? AND last >= first",
            (topic, at, upto),
        )
        return None if rows[0][0] is None else int(rows[0][0]) - 1

    def data(self, topic: str, number: int) -> bytes | None:
        """Return a block as it came, None if it is not kept any more."""
        rows = self._journal.read("SELECT data FROM topic_block WHERE topic = ? AND number = ?", (topic, number))
        return rows[0][0] if rows else None

    def expired(self, at: Millis) -> Statement:
        """Let go of blocks past their time."""
        return ("DELETE FROM topic_block WHERE expires <= ?", (at,))

    # -- readers

    def readers(self) -> list[Reader]:
        """Return all subscriptions."""
        rows = self._journal.read("SELECT reader, topic, name, purpose, chain, sequence, since FROM topic_reader")
        return [
            Reader(
                reader=reader,
                topic=topic,
                name=name,
                purpose=purpose,
                chain=None if chain is None else UUID(bytes=chain),
                sequence=sequence,
                since=since,
            )
            for reader, topic, name, purpose, chain, sequence, since in rows
        ]

    def set(self, reader: Reader) -> Statement:
        """Keep a subscription as it is now."""
        return (
            "INSERT OR REPLACE INTO topic_reader VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                reader.reader,
                reader.topic,
                reader.name,
                reader.purpose,
                None if reader.chain is None else reader.chain.bytes,
                reader.sequence,
                reader.since,
            ),
        )

    def ended(self, reader: Reader) -> Statement:
        """Let go of a subscription."""
        return (
            "DELETE FROM topic_reader WHERE reader = ? AND topic = ? AND name = ?",
            (reader.reader, reader.topic, reader.name),
        )


def _link(row: tuple[Any, ...]) -> Link:
    number, first, last, digest, previous = row
    return Link(number=number, first=first, count=last - first + 1, digest=digest, previous=previous)
