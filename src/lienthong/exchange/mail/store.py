"""Tables of mail in the journal's file: what goes out, what came in, how far it got."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from lienthong.kernel.clock import HOUR, MINUTE, SECOND, Millis
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal, Statement

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outgoing (
    token TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    message BLOB,
    receiver TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outgoing_due ON outgoing (due);
CREATE INDEX IF NOT EXISTS outgoing_message ON outgoing (message, receiver);
CREATE TABLE IF NOT EXISTS sent (
    message BLOB NOT NULL,
    receiver TEXT NOT NULL,
    sender TEXT NOT NULL,
    digest BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, receiver)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipt (
    message BLOB NOT NULL,
    receiver TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (message, receiver, state)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mailbox (
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    label TEXT NOT NULL,
    urgency INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    state TEXT NOT NULL,
    envelope BLOB NOT NULL,
    PRIMARY KEY (receiver, message, sender)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursor (
    stream TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;
"""
_ITEM: Final = "receiver, message, sender, label, urgency, arrived, state"
# How long to wait for a receipt before a message is sent again.
_PATIENCE: Final = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Something to be published on the carrier."""

    # Unguessable; names it at the broker and here.
    token: str
    subject: str
    data: bytes
    attempts: int
    # Messages stay until their receipt is there; receipts only until the carrier has them.
    message: bytes | None
    expires: Millis
    # Whose receipt a message waits for.
    receiver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailItem:
    """A message in a mailbox, as far as one sees without opening it."""

    message: UUID
    receiver: str
    sender: str
    label: str
    urgency: int
    arrived: Millis
    state: ReceiptState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptItem:
    """A receipt that has come back and holds."""

    message: UUID
    receiver: str
    state: ReceiptState
    at: Millis
    note: str
    sealed: bytes


class MailStore:
    """Reads the tables, and writes the statements that belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Keep mail beside the evidence about it."""
        journal.ensure(_SCHEMA)
        self._journal = journal

    # -- going out

    def put(self, item: Outgoing, *, due: Millis) -> Statement:
        """Keep something until it is published, or receipted if it is a message."""
        return (
            "INSERT INTO outgoing (token, subject, data, message, receiver, due, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (item.token, item.subject, item.data, item.message, item.receiver, due, item.expires),
        )

    def published(self, item: Outgoing, at: Millis) -> Statement:
        """Note that the carrier has it: a receipt is done, a message waits for its receipt."""
        if item.message is None:
            return ("DELETE FROM outgoing WHERE token = ?", (item.token,))
        wait = _PATIENCE[min(item.attempts, len(_PATIENCE) - 1)]
        return ("UPDATE outgoing SET attempts = attempts + 1, due = ? WHERE token = ?", (at + wait, item.token))

    def postponed(self, item: Outgoing, at: Millis) -> Statement:
        """Note that the carrier does not take it now: the others that are due must not wait behind it."""
        return ("UPDATE outgoing SET due = ? WHERE token = ?", (at + _PATIENCE[0], item.token))

    def due(self, at: Millis, *, limit: int = 1000) -> list[Outgoing]:
        """Return what should be published by now, oldest first."""
        rows = self._journal.read(
            "SELECT token, subject, data, attempts, message, expires, receiver FROM outgoing"
            " WHERE due <= ? ORDER BY due LIMIT ?",
            (at, limit),
        )
        return [
            Outgoing(
                token=token,
                subject=subject,
                data=data,
                attempts=attempts,
                message=message,
                expires=expires,
                receiver=receiver,
            )
            for token, subject, data, attempts, message, expires, receiver in rows
        ]

    def dropped(self, item: Outgoing) -> Statement:
        """Note that nothing more is tried: it has expired."""
        return ("DELETE FROM outgoing WHERE token = ?", (item.token,))

    def waiting(self) -> int:
        """Return how many messages still wait for a receipt."""
        return int(self._journal.read("SELECT count(*) FROM outgoing WHERE message IS NOT NULL")[0][0])

    # -- sent, and its receipts

    def sent(self, message: UUID, *, receiver: str, sender: str, digest: bytes, at: Millis) -> Statement:
        """Remember what was sealed for a receiver, to match its receipts."""
        return ("INSERT INTO sent VALUES (?, ?, ?, ?, ?)", (message.bytes, receiver, sender, digest, at))

    def sent_digest(self, message: UUID, *, receiver: str, sender: str) -> bytes | None:
        """Return the digest of the seal that went to a receiver, or None."""
        rows = self._journal.read(
            "SELECT digest FROM sent WHERE message = ? AND receiver = ? AND sender = ?",
            (message.bytes, receiver, sender),
        )
        return rows[0][0] if rows else None

    def sender_of(self, message: bytes, receiver: str) -> str:
        """Return who sent a message to a receiver, or an empty text."""
        rows = self._journal.read("SELECT sender FROM sent WHERE message = ? AND receiver = ?", (message, receiver))
        return str(rows[0][0]) if rows else ""

    def receipted(self, item: ReceiptItem) -> list[Statement]:
        """Note a receipt and let go of the copy that was kept for sending again."""
        message = item.message.bytes
        return [
            (
                "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?, ?, ?)",
                (message, item.receiver, item.state.value, item.at, item.note, item.sealed),
            ),
            ("DELETE FROM outgoing WHERE message = ? AND receiver = ?", (message, item.receiver)),
        ]

    def receipts(self, message: UUID) -> list[ReceiptItem]:
        """Return all receipts of a message, by receiver and time."""
        rows = self._journal.read(
            "SELECT receiver, state, at, note, sealed FROM receipt WHERE message = ? ORDER BY receiver, at",
            (message.bytes,),
        )
        return [
            ReceiptItem(message=message, receiver=receiver, state=ReceiptState(state), at=at, note=note, sealed=sealed)
            for receiver, state, at, note, sealed in rows
        ]

    # -- come in

    def arrived(self, item: MailItem, envelope: bytes) -> Statement:
        """Put a message into a mailbox, encrypted as it came."""
        return (
            "INSERT INTO mailbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item.receiver,
                item.message.bytes,
                item.sender,
                item.label,
                item.urgency,
                item.arrived,
                item.state.value,
                envelope,
            ),
        )

    def moved(self, item: MailItem, state: ReceiptState) -> Statement:
        """Note how far a message has come."""
        return (
            "UPDATE mailbox SET state = ? WHERE receiver = ? AND message = ? AND sender = ?",
            (state.value, item.receiver, item.message.bytes, item.sender),
        )

    def mailbox(self, receiver: str, *, state: ReceiptState | None = None, limit: int = 1000) -> list[MailItem]:
        """Return a mailbox, or what in it has come so far and no further; urgent first, then in order of arrival."""
        rows = self._journal.read(
            f"SELECT {_ITEM} FROM mailbox WHERE receiver = ? AND ? IN (state, '')"  # noqa: S608 - a constant
            " ORDER BY urgency DESC, arrived LIMIT ?",
            (receiver, "" if state is None else state.value, limit),
        )
        return [_item(row) for row in rows]

    def letters(self, receiver: str, message: UUID, sender: str = "") -> list[tuple[MailItem, bytes]]:
        """Return the messages of that id in a mailbox with their envelopes.

        There is one at most, unless two senders use one id: then name the sender.
        """
        rows = self._journal.read(
            f"SELECT {_ITEM}, envelope FROM mailbox WHERE receiver = ? AND message = ? AND ? IN (sender, '')",  # noqa: S608 - a constant
            (receiver, message.bytes, sender),
        )
        return [(_item(row[:-1]), row[-1]) for row in rows]

    # -- where the carrier's streams have been read to

    def position(self, stream: str) -> int:
        """Return the last sequence that has been taken from a stream, 0 at the beginning."""
        rows = self._journal.read("SELECT sequence FROM cursor WHERE stream = ?", (stream,))
        return int(rows[0][0]) if rows else 0

    def moved_on(self, stream: str, sequence: int) -> Statement:
        """Note how far a stream has been taken."""
        return ("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (stream, sequence))


def _item(row: tuple[Any, ...]) -> MailItem:
    receiver, message, sender, label, urgency, arrived, state = row
    return MailItem(
        message=UUID(bytes=message),
        receiver=receiver,
        sender=sender,
        label=label,
        urgency=urgency,
        arrived=arrived,
        state=ReceiptState(state),
    )
