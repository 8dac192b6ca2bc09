"""What has come and cannot be taken yet: messages whose contents are fetched, and envelopes that do not open."""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lienthong.kernel.clock import Millis
from lienthong.trust.journal import Journal, Statement

MAX_APART: Final = 1_000
"""Envelopes that are kept apart; with more, their senders have to send them again."""

type ItemKey = tuple[str, UUID, str]
"""Receiver, message and sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A message whose contents are being fetched."""

    receiver: str
    message: UUID
    sender: str
    # SHA-256 of its seal.
    digest: bytes
    urgency: int
    at: Millis
    # As it came from the carrier.
    subject: str
    data: bytes

    @property
    def key(self) -> ItemKey:
        """What it is known by."""
        return self.receiver, self.message, self.sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """An envelope that could not be opened, kept apart until it can be."""

    # SHA-256 of the envelope.
    id: bytes
    # Identifier text of the organ it is for.
    organ: str
    # Where it came from, as far as the carrier says.
    subject: str
    at: Millis
    # Code of the error, and the error in words.
    reason: str
    detail: str


class Waiting:
    """Reads and writes what waits; its statements belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Use the tables that ``MailStore`` has prepared."""
        self._journal = journal

    # -- contents being fetched

    def fetches(self, pending: Pending) -> Statement:
        """Keep a message until its contents are here."""
        row = (
            pending.receiver,
            pending.message.bytes,
            pending.sender,
            pending.digest,
            pending.urgency,
            pending.at,
            pending.subject,
            pending.data,
        )
        return ("INSERT OR IGNORE INTO fetching VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def fetched(self, key: ItemKey) -> Statement:
        """Let go of a message that is taken or refused now."""
        receiver, message, sender = key
        return (
            "DELETE FROM fetching WHERE receiver = ? AND message = ? AND sender = ?",
            (receiver, message.bytes, sender),
        )

    def pending(self) -> list[Pending]:
        """Return what waits for its contents, the most urgent first."""
        rows = self._journal.read("SELECT * FROM fetching ORDER BY urgency DESC, at")
        return [
            Pending(
                receiver=receiver,
                message=UUID(bytes=message),
                sender=sender,
                digest=digest,
                urgency=urgency,
                at=at,
                subject=subject,
                data=data,
            )
            for receiver, message, sender, digest, urgency, at, subject, data in rows
        ]

    # -- envelopes that do not open

    def apart(self, organ: str, subject: str, data: bytes, at: Millis, reason: str, detail: str) -> Statement:  # noqa: PLR0913, PLR0917 - one argument per column
        """Keep an envelope apart, unless there are too many; the same one is kept once."""
        row = (hashlib.sha256(data).digest(), organ, subject[:200], data, at, reason, detail[:500])
        return (
            "INSERT OR IGNORE INTO apart SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM apart) < ?",
            (*row, MAX_APART),
        )

    def unopened(self, organ: str) -> list[Unopened]:
        """Return what is kept apart for an organ, the oldest first."""
        rows = self._journal.read(
            "SELECT id, organ, subject, at, reason, detail FROM apart WHERE organ = ? ORDER BY at", (organ,)
        )
        return [
            Unopened(id=id_, organ=of, subject=subject, at=at, reason=reason, detail=detail)
            for id_, of, subject, at, reason, detail in rows
        ]

    def envelope(self, unopened: Unopened) -> bytes:
        """Return an envelope that is kept apart."""
        return bytes(self._journal.read("SELECT data FROM apart WHERE id = ?", (unopened.id,))[0][0])

    def taken_up(self, unopened: Unopened) -> Statement:
        """Let go of an envelope that is tried again."""
        return ("DELETE FROM apart WHERE id = ?", (unopened.id,))

    # -- recalls that came before their message

    def recalls(self, item: ItemKey, expires: Millis) -> Statement:
        """Remember that a message which has not come is taken back."""
        receiver, message, sender = item
        return ("INSERT OR REPLACE INTO recalled VALUES (?, ?, ?, ?)", (receiver, message.bytes, sender, expires))

    def recalled(self) -> dict[ItemKey, Millis]:
        """Return all that is taken back and has not come, and until when it is remembered."""
        rows = self._journal.read("SELECT receiver, message, sender, expires FROM recalled")
        return {(receiver, UUID(bytes=message), sender): expires for receiver, message, sender, expires in rows}

    def forgotten(self, at: Millis) -> Statement:
        """Forget recalls of messages that have expired."""
        return ("DELETE FROM recalled WHERE expires <= ?", (at,))
