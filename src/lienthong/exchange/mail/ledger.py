"""What a sender remembers of its messages: places in conversations, recalls, dead letters, and copies to send anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.mail.rows import inserted
from lienthong.exchange.mail.status import DeadLetter, RecallState
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.identifiers import parse_client
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal, Statement

DEAD_KEPT: Final[Millis] = 90 * DAY
"""How long a dead letter is listed and can be sent anew."""
# A receipt that came after the sender had given the message up: it is alive after all.
_ALIVE: Final = (
    "EXISTS (SELECT 1 FROM receipt WHERE receipt.message = dead.message AND receipt.receiver = dead.receiver"
    " AND receipt.state IN ('delivered', 'opened', 'accepted', 'recalled')) AND dead.reason = 'expired'"
)
_KEPT: Final = "kept (message, sender, expires, data, lock)"
_SWEEP: Final = """DELETE FROM kept WHERE expires <= ? AND NOT EXISTS
    (SELECT 1 FROM dead WHERE dead.message = kept.message AND dead.redriven IS NULL)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sealed for one receiver."""

    receiver: str
    sender: str
    digest: bytes
    at: Millis
    expires: Millis
    # Attempts to publish it, None when nothing more is tried.
    attempts: int | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a message, locked in its sender's safe."""

    message: UUID
    sender: str
    data: bytes
    # The content key of an envelope to the only receiver, locked in the safe; None where the data themselves are.
    lock: bytes | None = None


class Ledger:
    """Reads and writes what a sender remembers; its statements belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Use the tables that ``MailStore`` has prepared."""
        self._journal = journal

    # -- sent

    def sent(self, message: UUID) -> list[Sent]:
        """Return what was sealed of a message, by receiver."""
        rows = self._journal.read(
            "SELECT sent.receiver, sender, digest, at, sent.expires, attempts FROM sent"
            " LEFT JOIN outgoing ON outgoing.message = sent.message AND outgoing.receiver = sent.receiver"
            " WHERE sent.message = ? ORDER BY sent.receiver",
            (message.bytes,),
        )
        return [
            Sent(receiver=receiver, sender=sender, digest=digest, at=at, expires=expires, attempts=attempts)
            for receiver, sender, digest, at, expires, attempts in rows
        ]

    def sender_of(self, message: UUID) -> str | None:
        """Return who sent a message from here; None if nobody did."""
        rows = self._journal.read("SELECT sender FROM sent WHERE message = ? LIMIT 1", (message.bytes,))
        return str(rows[0][0]) if rows else None

    # -- conversations

    def spoken(self, sender: str, conversation: UUID) -> dict[str, int]:
        """Return the last place given to each receiver of a conversation."""
        rows = self._journal.read(
            "SELECT receiver, sequence FROM spoken WHERE sender = ? AND conversation = ?", (sender, conversation.bytes)
        )
        return dict(rows)

    def speaks(self, sender: str, conversation: UUID, receiver: str, place: int) -> Statement:
        """Note a place that has been given."""
        return ("INSERT OR REPLACE INTO spoken VALUES (?, ?, ?, ?)", (sender, conversation.bytes, receiver, place))

    # -- copies

    def keeps(self, rows: Sequence[tuple[object, ...]]) -> list[Statement]:
        """Keep copies (``kept_row``) for their terms, and longer where they are needed.

        A message of the same id to others has the same copy; but where it is the envelope that goes out, there must be
        no other.
        """
        locked = [row for row in rows if row[-1] is not None]
        return [
            *inserted(f"INSERT INTO {_KEPT}", locked),
            *inserted(f"INSERT OR IGNORE INTO {_KEPT}", [row for row in rows if row[-1] is None]),
        ]

    def kept(self, message: UUID) -> Kept | None:
        """Return the copy of a message, or None."""
        rows = self._journal.read("SELECT sender, data, lock FROM kept WHERE message = ?", (message.bytes,))
        return Kept(message=message, sender=rows[0][0], data=rows[0][1], lock=rows[0][2]) if rows else None

    def swept(self, at: Millis) -> list[Statement]:
        """Forget dead letters that are too old, and copies of what nobody waits for any more."""
        return [
            ("DELETE FROM dead WHERE at <= ?", (at - DEAD_KEPT,)),
            (
                _SWEEP,
                (at,),
            ),
        ]

    # -- dead letters

    def died(  # noqa: PLR0913 - one argument per column
        self, message: UUID, *, receiver: str, sender: str, at: Millis, reason: str, detail: str
    ) -> Statement:
        """Note that a message will not reach a receiver by itself."""
        organ = str(parse_client(sender).organ)
        row = (message.bytes, receiver, sender, organ, at, reason, detail[:500])
        return ("INSERT OR IGNORE INTO dead VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)

    def refused(self, item: ReceiptItem, sender: str) -> Statement:
        """Note that a receiver has refused a message."""
        reason = ReceiptState.REFUSED.value
        return self.died(
            item.message, receiver=item.receiver, sender=sender, at=item.at, reason=reason, detail=item.note
        )

    def dead(self, organ: str, *, limit: int) -> list[DeadLetter]:
        """Return an organ's dead letters, the newest first."""
        return self._dead("organ = ? ORDER BY at DESC LIMIT ?", organ, limit)

    def dead_of(self, message: UUID) -> list[DeadLetter]:
        """Return the dead letters of a message, by receiver."""
        return self._dead("message = ? ORDER BY receiver", message.bytes)

    def _dead(self, condition: str, *parameters: object) -> list[DeadLetter]:
        rows = self._journal.read(
            "SELECT message, sender, receiver, at, reason, detail, redriven FROM dead"  # noqa: S608 - constants
            f" WHERE NOT ({_ALIVE}) AND {condition}",
            parameters,
        )
        return [
            DeadLetter(
                message=UUID(bytes=message),
                sender=sender,
                receiver=receiver,
                at=at,
                reason=reason,
                detail=detail,
                redriven=UUID(bytes=redriven) if redriven else None,
            )
            for message, sender, receiver, at, reason, detail, redriven in rows
        ]

    def redriven(self, message: UUID, receivers: Iterable[str], anew: UUID) -> list[Statement]:
        """Note what was sent in the place of dead letters."""
        return [
            ("UPDATE dead SET redriven = ? WHERE message = ? AND receiver = ?", (anew.bytes, message.bytes, receiver))
            for receiver in receivers
        ]

    # -- recalls

    def recalls(  # noqa: PLR0913 - one argument per column
        self, recall: UUID, *, receiver: str, message: UUID, sender: str, digest: bytes, at: Millis
    ) -> list[Statement]:
        """Note that a message is taken back: it is not sent again."""
        row = (recall.bytes, receiver, message.bytes, sender, digest, at, RecallState.ASKED.value)
        return [
            ("INSERT INTO recall VALUES (?, ?, ?, ?, ?, ?, ?)", row),
            ("DELETE FROM outgoing WHERE message = ? AND receiver = ?", (message.bytes, receiver)),
        ]

    def recalled(self, recall: UUID, *, receiver: str, sender: str) -> tuple[UUID, bytes] | None:
        """Return the message that a recall takes back, and the digest of the recall's seal; None if there is none."""
        rows = self._journal.read(
            "SELECT message, digest FROM recall WHERE id = ? AND receiver = ? AND sender = ?",
            (recall.bytes, receiver, sender),
        )
        return (UUID(bytes=rows[0][0]), rows[0][1]) if rows else None

    def recall_answered(self, recall: UUID, receiver: str, state: ReceiptState) -> list[Statement]:
        """Note what a receiver says to a recall, and send it no more."""
        outcome = RecallState.DONE if state is ReceiptState.RECALLED else RecallState.TOO_LATE
        return [
            ("UPDATE recall SET state = ? WHERE id = ? AND receiver = ?", (outcome.value, recall.bytes, receiver)),
            ("DELETE FROM outgoing WHERE message = ? AND receiver = ?", (recall.bytes, receiver)),
        ]

    def recall_states(self, message: UUID) -> dict[str, RecallState]:
        """Return what has become of a message's recall, by receiver."""
        rows = self._journal.read("SELECT receiver, state FROM recall WHERE message = ? ORDER BY at", (message.bytes,))
        return {receiver: RecallState(state) for receiver, state in rows}

    def recall_of(self, message: bytes, receiver: str) -> tuple[UUID, str] | None:
        """Return the message that a recall of that id takes back, and who sent it."""
        rows = self._journal.read(
            "SELECT message, sender FROM recall WHERE id = ? AND receiver = ?", (message, receiver)
        )
        return (UUID(bytes=rows[0][0]), rows[0][1]) if rows else None


def kept_row(kept: Kept, *, expires: Millis) -> tuple[object, ...]:
    """Return the row of a copy that is kept until then."""
    return (kept.message.bytes, kept.sender, expires, kept.data, kept.lock)
