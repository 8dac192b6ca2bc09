"""Sending: one content, encrypted once, and a small sealed envelope of its own for each receiver."""

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange import blobs, policy
from lienthong.exchange.errors import ReceiverUnknown, Refused
from lienthong.exchange.mail.store import MailStore, Outgoing
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, Packet, Part, content_of
from lienthong.exchange.subjects import mail_subject
from lienthong.exchange.transport import base as carrier
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.identifiers import ClientId, OrganId
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust import envelope
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import MAX_BATCH, digest_of

TERM: Final[Millis] = 30 * DAY
"""How long a message may be under way before it counts as not delivered."""
SHARED_LIMIT: Final = 4096
"""Bytes of content that go into every envelope of a message to many; more is stored once for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One content of a message."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be sent, and to whom."""

    sender: ClientId
    receivers: Sequence[OrganId]
    subject: str
    contents: tuple[Attachment, ...]
    label: Label = INTERNAL
    # 0 normal; the profile names the higher ones.
    urgency: int = 0
    purpose: str = ""
    conversation: uuid.UUID | None = None
    term: Millis = TERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What has become of a draft."""

    message: uuid.UUID
    # Receivers whose envelope the carrier has taken durably.
    published: int
    # Receivers whose envelope waits here, durably, until the carrier can be reached.
    queued: int
    # Receivers to whom nothing may be sent, and why.
    refused: dict[OrganId, Refused] = field(default_factory=dict)


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
            Refused: the policy refuses the sender itself, whatever the receiver.
            JournalError: the evidence cannot be written; nothing was sent.
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
            outgoing = await self._seal(template, parts, sender, batch)
            done = await publish(self._node, self._store, outgoing)
            dispatch = replace(
                dispatch,
                published=dispatch.published + done,
                queued=dispatch.queued + len(batch) - done,
            )
            if progress is not None:
                progress(len(batch))
        return dispatch

    def _template(self, draft: Draft) -> Header:
        at = self._node.clock.now()
        contents = tuple(content_of(item.data, name=item.name, media_type=item.media_type) for item in draft.contents)
        return Header(
            kind=Kind.MESSAGE,
            id=uuid.uuid4(),
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
                self._node.entry(
                    replace(template, receiver=str(receiver)),
                    organ=sender,
                    direction="out",
                    kind="refusal",
                    seals=(),
                    verdict=error.code,
                    detail=str(error),
                )
                for receiver, error in refused.items()
            ]
        )
        return allowed, refused

    async def _parts(self, draft: Draft, sender: Organ, receivers: int) -> tuple[Part, ...]:
        """Put large contents on the carrier, once for all receivers."""
        parts: list[Part] = []
        for item in draft.contents:
            if len(item.data) <= SHARED_LIMIT or (receivers == 1 and len(item.data) <= INLINE_LIMIT):
                parts.append(item.data)
            else:
                parts.append(await blobs.put(self._node.carrier, sender, item.data))
        return tuple(parts)

    async def _seal(
        self, template: Header, parts: tuple[Part, ...], sender: Organ, batch: Sequence[tuple[Organ, Header]]
    ) -> list[Outgoing]:
        """Seal and encrypt for each receiver, and make evidence and envelopes durable together."""
        at = self._node.clock.now()
        seals = self._node.seals.seal_all([header for _, header in batch], self._node.sealing_key(sender))
        outgoing: list[Outgoing] = []
        entries: list[Entry] = []
        statements: list[Statement] = []
        for (receiver, header), sealed in zip(batch, seals, strict=True):
            data = envelope.encrypt(
                Packet(sealed=sealed, parts=parts).to_bytes(), to=self._node.wrapping_key(receiver, header)
            )
            item = Outgoing(
                token=secrets.token_hex(16),
                subject=mail_subject(sender, receiver),
                data=data,
                attempts=0,
                message=template.id.bytes,
                expires=header.expires,
            )
            outgoing.append(item)
            entries.append(self._node.entry(header, organ=sender, direction="out", seals=(sealed,)))
            statements.append(self._store.put(item, receiver=header.receiver, due=at + MINUTE))
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
    # What failed stays as it is: kept here, due, and tried again.
    taken = [item for item, result in zip(outgoing, results, strict=True) if isinstance(result, int)]
    at = node.clock.now()
    await node.journal.commit([], [store.published(item, at) for item in taken])
    return len(taken)


async def publish_due(node: Node, store: MailStore) -> int:
    """Publish again what has not been taken or not been receipted in time; drop what has expired.

    Returns:
        How many the carrier took.
    """
    at = node.clock.now()
    due = store.due(at)
    expired = [item for item in due if item.expires <= at]
    await node.journal.commit([], [store.dropped(item) for item in expired])
    return await publish(node, store, [item for item in due if item.expires > at])
