"""Sending: one content, encrypted once, and a small sealed envelope of its own for each receiver."""

import logging
import secrets
import uuid
from collections.abc import Callable, Sequence
from copy import replace
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange import blobs, policy
from lienthong.exchange.errors import (
    DuplicateMessage,
    Expired,
    ReceiverKeyMissing,
    ReceiverUnknown,
    Refused,
    RequestInvalid,
)
from lienthong.exchange.mail.draft import TERM, Attachment, Dispatch, Draft
from lienthong.exchange.mail.store import MailStore, Outgoing
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, Packet, Part, content_of
from lienthong.exchange.subjects import mail_subject
from lienthong.exchange.transport import base as carrier
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import OrganId, parse_client
from lienthong.kernel.ids import new_id
from lienthong.trust import envelope
from lienthong.trust.errors import JournalError, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import MAX_BATCH, digest_of

SHARED_LIMIT: Final = 4096
"""Bytes of contents that go into every envelope of a message to many; more is stored once for all."""

__all__ = ["SHARED_LIMIT", "TERM", "Attachment", "Dispatch", "Draft", "Sender", "publish", "publish_due"]

_log = logging.getLogger(__name__)


class Sender:
    """Sends the mail of one gateway's organs and keeps it until it is receipted."""

    def __init__(self, node: Node, store: MailStore) -> None:
        """Send from this node."""
        self._node = node
        self._store = store

    async def send(self, draft: Draft, *, progress: Callable[[int], None] | None = None) -> Dispatch:
        """Send a message; when this returns it is sealed, recorded and durable.

        Args:
            draft: what and to whom.
            progress: called with the number of further receivers done.

        Raises:
            CallerUnknown: the sender is not an organ of this gateway.
            RequestInvalid: too many contents, or too long a subject.
            KeyUnknown: the sender has no valid sealing key.
            CarrierUnavailable, PayloadTooLarge: large contents cannot be put on the carrier; nothing was sent.
            JournalError: the evidence cannot be written. Batches before, of 256 receivers each, are sent all the same.
        """
        sender = self._node.hosted(draft.sender.organ)
        template = self._template(draft)
        allowed, refused = await self._sift(draft, template, sender)
        dispatch = Dispatch(message=template.id, published=0, queued=0, refused=refused)
        if not allowed:
            return dispatch
        parts = await self._parts(draft, sender, len(allowed))
        for start in range(0, len(allowed), MAX_BATCH):
            batch = allowed[start : start + MAX_BATCH]
            outgoing = await self._seal(template, parts, sender, batch, refused)
            done = await publish(self._node, self._store, outgoing)
            dispatch = replace(
                dispatch,
                published=dispatch.published + done,
                queued=dispatch.queued + len(outgoing) - done,
            )
            if progress is not None:
                progress(len(batch))
        return dispatch

    def _template(self, draft: Draft) -> Header:
        at = self._node.clock.now()
        contents = tuple(content_of(item.data, name=item.name, media_type=item.media_type) for item in draft.contents)
        header = Header(
            kind=Kind.MESSAGE,
            id=new_id(),
            sender=str(draft.sender),
            receiver=str(draft.sender),
            label=draft.label,
            created=at,
            expires=at + draft.term,
            conversation=draft.conversation,
            purpose=draft.purpose,
            subject=draft.subject,
            urgency=draft.urgency,
            contents=contents,
        )
        try:
            return Header.from_bytes(header.to_bytes())
        except SealInvalid as error:
            # No receiver would take it.
            raise RequestInvalid(error.where) from error

    async def _sift(
        self, draft: Draft, template: Header, sender: Organ
    ) -> tuple[list[tuple[Organ, Header]], dict[OrganId, Refused]]:
        allowed: list[tuple[Organ, Header]] = []
        refused: dict[OrganId, Refused] = {}
        for receiver in dict.fromkeys(draft.receivers):
            header = replace(template, receiver=str(receiver))
            verdict = self._node.decide(header, policy.Connection())
            organ = self._node.snapshot.organ(receiver)
            if verdict.error is not None or organ is None:
                refused[receiver] = verdict.error or ReceiverUnknown(str(receiver))
            else:
                allowed.append((organ, header))
        await self._node.journal.commit(
            [
                self._refusal(replace(template, receiver=str(receiver)), sender, error)
                for receiver, error in refused.items()
            ]
        )
        return allowed, refused

    def _refusal(self, header: Header, sender: Organ, error: Refused) -> Entry:
        return self._node.entry(
            header, organ=sender, direction="out", kind="refusal", seals=(), verdict=error.code, detail=str(error)
        )

    async def _parts(self, draft: Draft, sender: Organ, receivers: int) -> tuple[Part, ...]:
        """Put large contents on the carrier, once for all receivers."""
        parts: list[Part] = []
        room = INLINE_LIMIT if receivers == 1 else SHARED_LIMIT
        for item in draft.contents:
            if len(item.data) <= room:
                parts.append(item.data)
                room -= len(item.data)
            else:
                parts.append(await blobs.put(self._node.carrier, sender, item.data))
        return tuple(parts)

    async def _seal(
        self,
        template: Header,
        parts: tuple[Part, ...],
        sender: Organ,
        batch: Sequence[tuple[Organ, Header]],
        refused: dict[OrganId, Refused],
    ) -> list[Outgoing]:
        """Seal and encrypt for each receiver, and make evidence and envelopes durable together."""
        at = self._node.clock.now()
        seals = self._node.seals.seal_all([header for _, header in batch], self._node.sealing_key(sender))
        outgoing: list[Outgoing] = []
        entries: list[Entry] = []
        statements: list[Statement] = []
        for (receiver, header), sealed in zip(batch, seals, strict=True):
            try:
                key = self._node.wrapping_key(receiver, header)
                data = envelope.encrypt(Packet(sealed=sealed, parts=parts).to_bytes(), to=key)
            except TrustError as error:
                # One organ without a usable key must not keep the message from all others.
                refused[receiver.id] = ReceiverKeyMissing(f"{receiver.id}: {error.where}")
                entries.append(self._refusal(header, sender, refused[receiver.id]))
                continue
            item = Outgoing(
                token=secrets.token_hex(16),
                subject=mail_subject(sender, receiver),
                data=data,
                attempts=0,
                message=template.id.bytes,
                expires=header.expires,
                receiver=header.receiver,
            )
            outgoing.append(item)
            entries.append(self._node.entry(header, organ=sender, direction="out", seals=(sealed,)))
            statements.append(self._store.put(item, due=at + MINUTE))
            statements.append(
                self._store.sent(
                    template.id, receiver=header.receiver, sender=template.sender, digest=digest_of(sealed), at=at
                )
            )
        await self._node.journal.commit(entries, statements)
        return outgoing


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
    """Publish again what has not been taken or not been receipted in time; drop what has expired.

    Returns:
        How many the carrier took.

    Raises:
        JournalError: it cannot be noted what has expired; nothing is dropped.
    """
    at = node.clock.now()
    due = store.due(at)
    expired = [item for item in due if item.expires <= at]
    entries = [_undelivered(node, store, item.message, item.receiver) for item in expired if item.message is not None]
    await node.journal.commit(entries, [store.dropped(item) for item in expired])
    return await publish(node, store, [item for item in due if item.expires > at])


def _undelivered(node: Node, store: MailStore, message: bytes, receiver: str | None) -> Entry:
    """Return the evidence that a message was given up: its sender must be able to see that."""
    sender = store.sender_of(message, receiver or "")
    return Entry(
        at=node.clock.now(),
        organ=str(parse_client(sender).organ),
        direction="out",
        kind="failure",
        id=str(uuid.UUID(bytes=message)),
        peer=receiver or "",
        label="",
        purpose="",
        verdict=Expired.code,
        detail="no receipt came before it expired",
    )
