"""What goes out, what came in, how far it got: rows of the tables of mail in the journal's file."""

import asyncio
from collections.abc import Container, Iterable, Sequence
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from lienthong.exchange.mail import schema
from lienthong.exchange.mail.items import ITEM, MailItem, Outgoing, ReceiptItem, item_from
from lienthong.exchange.mail.rows import in_chunks, inserted, keyed, places
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.kernel.clock import HOUR, MINUTE, SECOND, Millis
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal, Statement

_PUT: Final = "INSERT INTO outgoing (token, subject, data, message, receiver, due, expires, urgency)"
_ARRIVED: Final = """INSERT INTO mailbox (receiver, message, sender, label, urgency, arrived, state, envelope, place,
    conversation, sequence, gap, held, rank, origin)"""
_HURRIED: Final = """UPDATE mailbox SET rank = ? WHERE receiver = ? AND sender = ? AND conversation = ? AND state = ?
    AND sequence < ? AND rank < ?"""
_RECEIPTED: Final = """DELETE FROM outgoing WHERE token IN
    (SELECT token FROM {} CROSS JOIN outgoing ON message = key.column1 AND receiver = key.column2)"""
_CONCLUDED: Final = """UPDATE mailbox SET state = ?, concluded = ?, key = ?, note = ?
    WHERE receiver = ? AND message = ? AND sender = ?"""
# How long to wait for a receipt before a message is sent again.
_PATIENCE: Final = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR)


class MailStore:
    """Reads the tables, and writes the statements that belong into the transaction of the evidence."""

    def __init__(self, journal: Journal) -> None:
        """Keep mail beside the evidence about it."""
        schema.prepare(journal)
        self._journal = journal
        # Locks live as long as someone moves that message.
        self._moving: WeakValueDictionary[tuple[str, UUID, str], asyncio.Lock] = WeakValueDictionary()

    # -- going out

    def put(self, items: Iterable[Outgoing], *, due: Millis, kept: Container[str] = ()) -> list[Statement]:
        """Keep what goes out until it is published, or receipted if it is a message.

        Args:
            items: what.
            due: when it is to be published, if it has not been by then.
            kept: tokens of those whose envelope is kept as the copy of its message: once is enough.
        """
        return inserted(
            _PUT,
            [
                (
                    item.token,
                    item.subject,
                    b"" if item.token in kept else item.data,
                    item.message,
                    item.receiver,
                    due,
                    item.expires,
                    item.urgency,
                )
                for item in items
            ],
        )

    def published(self, items: Iterable[Outgoing], at: Millis) -> list[Statement]:
        """Note that the carrier has them: a receipt is done, a message waits for its receipt."""
        receipts: list[str] = []
        messages: dict[Millis, list[str]] = {}
        for item in items:
            if item.message is None:
                receipts.append(item.token)
            else:
                wait = _PATIENCE[min(item.attempts, len(_PATIENCE) - 1)]
                messages.setdefault(at + wait, []).append(item.token)
        return [
            *of_tokens("DELETE FROM outgoing", receipts),
            *(
                statement
                for due, tokens in messages.items()
                for statement in of_tokens("UPDATE outgoing SET attempts = attempts + 1, due = ?", tokens, due)
            ),
        ]

    def postponed(self, items: Iterable[Outgoing], at: Millis) -> list[Statement]:
        """Note that the carrier does not take them now: the others that are due must not wait behind them."""
        return of_tokens("UPDATE outgoing SET due = ?", [item.token for item in items], at + _PATIENCE[0])

    def due(self, at: Millis, *, limit: int = 1000) -> list[Outgoing]:
        """Return what should be published by now, the most urgent first, then the oldest."""
        rows = self._journal.read(
            "SELECT token, subject, CASE outgoing.data WHEN x'' THEN coalesce(kept.data, x'') ELSE outgoing.data END,"
            " attempts, outgoing.message, outgoing.expires, receiver, urgency"
            " FROM outgoing LEFT JOIN kept ON kept.message = outgoing.message"
            " WHERE due <= ? ORDER BY urgency DESC, due LIMIT ?",
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
                urgency=urgency,
            )
            for token, subject, data, attempts, message, expires, receiver, urgency in rows
        ]

    def dropped(self, item: Outgoing) -> Statement:
        """Note that nothing more is tried: it has expired."""
        return ("DELETE FROM outgoing WHERE token = ?", (item.token,))

    def waiting(self) -> int:
        """Return how many messages still wait for a receipt."""
        return int(self._journal.read("SELECT count(*) FROM outgoing WHERE message IS NOT NULL")[0][0])

    # -- sent, and its receipts

    def sent(self, rows: Sequence[tuple[object, ...]]) -> list[Statement]:
        """Remember what was sealed for receivers, to match their receipts.

        Args:
            rows: id of the message, receiver, sender, digest of the seal, when, and when it expires.
        """
        return inserted("INSERT INTO sent (message, receiver, sender, digest, at, expires)", rows)

    def sent_digests(self, keys: Sequence[ItemKey]) -> dict[ItemKey, bytes]:
        """Return the digests of the seals that went to receivers, of those that did."""
        found: dict[ItemKey, bytes] = {}
        for some in in_chunks(keys):
            rows = self._journal.read(
                f"SELECT receiver, message, sender, digest FROM {keyed(2, len(some))} CROSS JOIN sent"  # noqa: S608 - placeholders
                " ON message = key.column1 AND receiver = key.column2",
                tuple([value for receiver, message, _ in some for value in (message.bytes, receiver)]),
            )
            found |= {(receiver, UUID(bytes=id_), sender): digest for receiver, id_, sender, digest in rows}
        return found

    def sender_of(self, message: bytes, receiver: str) -> str:
        """Return who sent a message to a receiver, or an empty text."""
        rows = self._journal.read("SELECT sender FROM sent WHERE message = ? AND receiver = ?", (message, receiver))
        return str(rows[0][0]) if rows else ""

    def receipted(self, items: Sequence[ReceiptItem]) -> list[Statement]:
        """Note receipts and let go of the copies that were kept for sending again."""
        rows = [
            (item.message.bytes, item.receiver, item.state.value, item.at, item.note, item.sealed) for item in items
        ]
        return [
            *inserted("INSERT OR IGNORE INTO receipt", rows),
            *(
                (
                    _RECEIPTED.format(keyed(2, len(some))),
                    tuple([value for item in some for value in (item.message.bytes, item.receiver)]),
                )
                for some in in_chunks(items)
            ),
        ]

    def receipts(self, message: UUID) -> list[ReceiptItem]:
        """Return all receipts of a message, by receiver and time."""
        return self._receipts(message, "sealed", "TRUE")

    def said(self, message: UUID, *, since: Millis = 0) -> list[ReceiptItem]:
        """Return the receipts of a message without their seals, all those of receivers who said more since then."""
        moved = "receiver IN (SELECT receiver FROM receipt WHERE message = ? AND at >= ?)"
        return self._receipts(message, "x''", moved, message.bytes, since)

    def _receipts(self, message: UUID, sealed: str, condition: str, *parameters: object) -> list[ReceiptItem]:
        rows = self._journal.read(
            f"SELECT receiver, state, at, note, {sealed} FROM receipt"  # noqa: S608 - constants
            f" WHERE message = ? AND {condition} ORDER BY receiver, at",
            (message.bytes, *parameters),
        )
        return [
            ReceiptItem(message=message, receiver=receiver, state=ReceiptState(state), at=at, note=note, sealed=sealed)
            for receiver, state, at, note, sealed in rows
        ]

    # -- come in

    def arrived(self, item: MailItem, envelope: bytes, *, origin: UUID | None = None) -> tuple[object, ...]:
        """Return the row of a message in its mailbox, for ``arrivals``; it is kept encrypted."""
        return (
            item.receiver,
            item.message.bytes,
            item.sender,
            item.label,
            item.urgency,
            item.arrived,
            item.state.value,
            envelope,
            item.place,
            item.conversation.bytes if item.conversation else None,
            item.sequence,
            item.gap,
            item.held,
            item.urgency,
            origin.bytes if origin else None,
        )

    def arrivals(self, rows: Sequence[tuple[object, ...]]) -> list[Statement]:
        """Put messages into their mailboxes."""
        return inserted(_ARRIVED, rows)

    def handed_over(self, item: MailItem) -> Statement:
        """Note that a message is held back no longer."""
        return (
            "UPDATE mailbox SET held = 0, place = ?, gap = ? WHERE receiver = ? AND message = ? AND sender = ?",
            (item.place, item.gap, item.receiver, item.message.bytes, item.sender),
        )

    def hurried(self, item: MailItem) -> Statement:
        """List what stands before an urgent message in its conversation, and is unread, as urgently."""
        return (
            _HURRIED,
            (
                item.urgency,
                item.receiver,
                item.sender,
                item.conversation.bytes if item.conversation else None,
                ReceiptState.DELIVERED.value,
                item.sequence,
                item.urgency,
            ),
        )

    def moved(self, item: MailItem, state: ReceiptState) -> Statement:
        """Note how far a message has come."""
        return (
            "UPDATE mailbox SET state = ? WHERE receiver = ? AND message = ? AND sender = ?",
            (state.value, item.receiver, item.message.bytes, item.sender),
        )

    def concluded(self, item: MailItem) -> Statement:
        """Note what an application has concluded, and under which key."""
        return (
            _CONCLUDED,
            (
                item.state.value,
                item.concluded,
                item.key,
                item.note,
                item.receiver,
                item.message.bytes,
                item.sender,
            ),
        )

    def moving(self, item: MailItem) -> asyncio.Lock:
        """Return the lock under which a message's state is read and written: one conclusion after the other."""
        return self._moving.setdefault((item.receiver, item.message, item.sender), asyncio.Lock())

    def mailbox(self, receiver: str, *, state: ReceiptState | None = None, limit: int = 1000) -> list[MailItem]:
        """Return a mailbox, or what in it has come so far and no further; urgent first, then as it was handed over."""
        rows = self._journal.read(
            f"SELECT {ITEM} FROM mailbox WHERE receiver = ? AND held = 0 AND ? IN (state, '')"  # noqa: S608 - a constant
            " ORDER BY rank DESC, place LIMIT ?",
            (receiver, "" if state is None else state.value, limit),
        )
        return [item_from(row) for row in rows]

    def held(self, receiver: str, sender: str, conversation: bytes) -> list[MailItem]:
        """Return what is held back of a conversation."""
        rows = self._journal.read(
            f"SELECT {ITEM} FROM mailbox WHERE held > 0 AND receiver = ? AND sender = ? AND conversation = ?",  # noqa: S608 - a constant
            (receiver, sender, conversation),
        )
        return [item_from(row) for row in rows]

    def overdue(self, at: Millis) -> list[MailItem]:
        """Return what has been held back for long enough."""
        rows = self._journal.read(
            f"SELECT {ITEM} FROM mailbox WHERE held > 0 AND held <= ? ORDER BY held",  # noqa: S608 - a constant
            (at,),
        )
        return [item_from(row) for row in rows]

    def last_place(self) -> int:
        """Return the place of the message that was handed over last."""
        return int(self._journal.read("SELECT coalesce(max(place), 0) FROM mailbox")[0][0])

    def next_in(self, receiver: str, sender: str, conversation: bytes) -> int:
        """Return the place of a conversation that is handed over next."""
        rows = self._journal.read(
            "SELECT next FROM heard WHERE receiver = ? AND sender = ? AND conversation = ?",
            (receiver, sender, conversation),
        )
        return int(rows[0][0]) if rows else 1

    def heard(self, receiver: str, sender: str, conversation: bytes, upcoming: int) -> Statement:
        """Note which place of a conversation is handed over next."""
        return ("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", (receiver, sender, conversation, upcoming))

    def letters(self, receiver: str, message: UUID, sender: str = "") -> list[tuple[MailItem, bytes]]:
        """Return the messages of that id in a mailbox with their envelopes.

        There is one at most, unless two senders use one id: then name the sender.
        """
        rows = self._journal.read(
            f"SELECT {ITEM}, envelope FROM mailbox WHERE receiver = ? AND message = ? AND ? IN (sender, '')",  # noqa: S608 - a constant
            (receiver, message.bytes, sender),
        )
        return [(item_from(row[:-1]), row[-1]) for row in rows]

    def here(self, keys: Sequence[ItemKey]) -> set[ItemKey]:
        """Return which of some messages are in their mailboxes."""
        found: set[ItemKey] = set()
        for some in in_chunks(keys):
            rows = self._journal.read(
                f"SELECT receiver, message, sender FROM {keyed(3, len(some))} CROSS JOIN mailbox"  # noqa: S608 - placeholders
                " ON receiver = key.column1 AND message = key.column2 AND sender = key.column3",
                tuple([value for receiver, message, sender in some for value in (receiver, message.bytes, sender)]),
            )
            found |= {(receiver, UUID(bytes=message), sender) for receiver, message, sender in rows}
        return found

    def repeated(self, receiver: str, sender: str, origin: UUID) -> MailItem | None:
        """Return the message that came under that id, or in its place, or None."""
        rows = self._journal.read(
            f"SELECT {ITEM} FROM mailbox WHERE receiver = ? AND sender = ? AND (message = ? OR origin = ?)",  # noqa: S608 - a constant
            (receiver, sender, origin.bytes, origin.bytes),
        )
        return item_from(rows[0]) if rows else None

    # -- where the carrier's streams have been read to

    def position(self, stream: str) -> int:
        """Return the last sequence that has been taken from a stream, 0 at the beginning."""
        rows = self._journal.read("SELECT sequence FROM cursor WHERE stream = ?", (stream,))
        return int(rows[0][0]) if rows else 0

    def moved_on(self, stream: str, sequence: int) -> Statement:
        """Note how far a stream has been taken."""
        return ("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (stream, sequence))


def of_tokens(verb: str, tokens: Sequence[str], *parameters: object) -> list[Statement]:
    """Return the statements that do something to what goes out under some tokens."""
    return [(f"{verb} WHERE token IN ({places(len(some))})", (*parameters, *some)) for some in in_chunks(tokens)]
