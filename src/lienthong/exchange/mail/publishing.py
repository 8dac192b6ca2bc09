"""Bringing what is durable here to the carrier, again and again until it is receipted or has expired."""

import logging
import uuid
from collections.abc import Sequence
from typing import Final

from lienthong.exchange.errors import DuplicateMessage, Expired
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.store import MailStore, Outgoing
from lienthong.exchange.node import Node
from lienthong.exchange.transport import base as carrier
from lienthong.kernel.identifiers import parse_client
from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Entry, Statement

AT_ONCE: Final = 256
"""What is published in one go: between two of these something more urgent goes first."""

_log = logging.getLogger(__name__)


async def publish(node: Node, store: MailStore, outgoing: Sequence[Outgoing]) -> int:
    """Publish what is durable here already and note what the carrier has taken.

    Returns:
        How many were taken; the rest stays due and is tried again.
    """
    if not outgoing:
        return 0
    # A token of its own per attempt: the broker must not take a repetition for a replay.
    messages = [
        carrier.Outgoing(subject=item.subject, data=item.data, id=f"{item.token}-{item.attempts}") for item in outgoing
    ]
    results = await node.carrier.publish_many(messages)
    at = node.clock.now()
    taken = 0
    statements: list[Statement] = []
    for item, result in zip(outgoing, results, strict=True):
        # A duplicate is our own: the acknowledgement of the attempt before was lost, and nobody can guess a token.
        if isinstance(result, int | DuplicateMessage):
            taken += 1
            statements.append(store.published(item, at))
        elif node.carrier.connected:
            # What failed is kept here and tried again, behind what has not been tried yet.
            _log.warning("%s: %s", item.subject, result)
            statements.append(store.postponed(item, at))
    try:
        await node.journal.commit([], statements)
    except JournalError as error:
        # The carrier has them all the same; they are sent once more, which their receivers recognise.
        _log.warning("%s", error)
    return taken


async def publish_due(node: Node, store: MailStore) -> int:
    """Publish again what was not taken or not receipted in time, the most urgent first; drop what has expired.

    Returns:
        How many the carrier took.

    Raises:
        JournalError: it cannot be noted what has expired; nothing is dropped.
    """
    at = node.clock.now()
    due = store.due(at)
    expired = [item for item in due if item.expires <= at]
    entries: list[Entry] = []
    statements = [store.dropped(item) for item in expired]
    for item in expired:
        if item.message is not None and item.receiver is not None:
            entry, died = _undelivered(node, store, uuid.UUID(bytes=item.message), item.receiver)
            entries.append(entry)
            statements.extend(died)
    await node.journal.commit(entries, statements)
    alive = [item for item in due if item.expires > at]
    taken = 0
    for start in range(0, len(alive), AT_ONCE):
        taken += await publish(node, store, alive[start : start + AT_ONCE])
    return taken


def _undelivered(node: Node, store: MailStore, message: uuid.UUID, receiver: str) -> tuple[Entry, list[Statement]]:
    """Return the evidence that something was given up: its sender must be able to see that."""
    ledger = Ledger(node.journal)
    at = node.clock.now()
    detail, statements = "no receipt came before it expired", []
    recalled = ledger.recall_of(message.bytes, receiver)
    if recalled is None:
        sender = store.sender_of(message.bytes, receiver)
        statements.append(
            ledger.died(message, receiver=receiver, sender=sender, at=at, reason=Expired.code, detail=detail)
        )
    else:
        message, sender = recalled
        detail = "its recall was not answered in time"
    entry = Entry(
        at=at,
        organ=str(parse_client(sender).organ),
        direction="out",
        kind="failure",
        id=str(message),
        peer=receiver,
        label="",
        purpose="",
        verdict=Expired.code,
        detail=detail,
    )
    return entry, statements
