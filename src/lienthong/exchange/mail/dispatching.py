"""From a header and contents to sealed envelopes on the carrier: one content, encrypted once, an envelope for each."""

import asyncio
import logging
import secrets
import uuid
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange import policy
from lienthong.exchange.errors import ReceiverKeyMissing, ReceiverUnknown, Refused
from lienthong.exchange.mail.draft import Dispatch
from lienthong.exchange.mail.ledger import Kept, Ledger
from lienthong.exchange.mail.precedence import Precedence
from lienthong.exchange.mail.publishing import publish
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.store import MailStore, Outgoing
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, Part
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.clock import MINUTE, Millis
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import envelope
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import MAX_BATCH, digest_of

type Progress = Callable[[int], None]
"""Told of how many further receivers are done."""
type Addressed = tuple[Organ, Header]

_log = logging.getLogger(__name__)
_PATIENCE: Final[Millis] = MINUTE


@dataclass(slots=True, kw_only=True)
class Consignment:
    """A message on its way to many."""

    template: Header
    sender: Organ
    allowed: Sequence[Addressed]
    # Receivers to whom nothing may be sent, and why; grows.
    refused: dict[OrganId, Refused]
    parts: tuple[Part, ...] = ()
    # What belongs into the transaction of the first batch.
    also: list[Statement] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Batch:
    outgoing: list[Outgoing] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


class Dispatcher:
    """Seals, records and publishes what one gateway's organs send."""

    def __init__(self, node: Node, store: MailStore, ledger: Ledger, safe: Safe) -> None:
        """Send from this node."""
        self._node = node
        self._store = store
        self._ledger = ledger
        self._safe = safe
        self._precedence = Precedence()
        # Locks live as long as someone speaks in that conversation.
        self._speaking: WeakValueDictionary[tuple[str, uuid.UUID], asyncio.Lock] = WeakValueDictionary()

    async def sift(self, template: Header, sender: Organ, receivers: Sequence[OrganId]) -> Consignment:
        """Ask the policy about every receiver, and record who may not get it.

        Raises:
            JournalError: that cannot be recorded.
        """
        allowed: list[Addressed] = []
        refused: dict[OrganId, Refused] = {}
        for receiver in dict.fromkeys(receivers):
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
        return Consignment(template=template, sender=sender, allowed=allowed, refused=refused)

    async def deliver(self, consignment: Consignment, progress: Progress | None = None) -> Dispatch:
        """Seal, record and publish a message, batch by batch.

        Raises:
            KeyUnknown: the sender has no valid sealing key.
            JournalError: the evidence cannot be written. Batches before are sent all the same.
        """
        template = consignment.template
        self._keep(consignment)
        at = self._node.clock.now()
        consignment.also += [
            self._died(template, str(receiver), error, at) for receiver, error in consignment.refused.items()
        ]
        with self._precedence.sending(template.urgency):
            if template.conversation is None:
                return await self._batches(consignment, {}, progress)
            # Places in a conversation are given one after the other, and only those count that are durable.
            async with self._speaking.setdefault((template.sender, template.conversation), asyncio.Lock()):
                spoken = self._ledger.spoken(template.sender, template.conversation)
                return await self._batches(consignment, spoken, progress)

    async def _batches(self, consignment: Consignment, spoken: dict[str, int], progress: Progress | None) -> Dispatch:
        published = queued = 0
        for start in range(0, len(consignment.allowed), MAX_BATCH):
            if start:
                await self._precedence.give_way(consignment.template.urgency)
            batch = consignment.allowed[start : start + MAX_BATCH]
            outgoing = await self._seal(consignment, batch, spoken)
            done = await publish(self._node, self._store, outgoing)
            published += done
            queued += len(outgoing) - done
            if progress is not None:
                progress(len(batch))
        return Dispatch(
            message=consignment.template.id, published=published, queued=queued, refused=consignment.refused
        )

    def _keep(self, consignment: Consignment) -> None:
        """Have a copy kept, so that it can be sent anew to those who will not get it."""
        template = consignment.template
        copy = Packet(sealed=template.to_bytes(), parts=consignment.parts).to_bytes()
        try:
            data, lock = self._safe.lock(consignment.sender, copy)
        except TrustError as error:
            _log.warning("%s can be sent once only: %s", template.id, error)
            return
        kept = Kept(message=template.id, sender=template.sender, data=data)
        consignment.also += [lock, self._ledger.keeps(kept, expires=template.expires)]

    async def _seal(
        self, consignment: Consignment, batch: Sequence[Addressed], spoken: dict[str, int]
    ) -> list[Outgoing]:
        """Seal and encrypt for each receiver, and make evidence and envelopes durable together."""
        key = self._node.sealing_key(consignment.sender)
        if consignment.template.conversation is not None:
            batch = [
                (receiver, replace(header, sequence=spoken.get(header.receiver, 0) + 1)) for receiver, header in batch
            ]
        seals = self._node.seals.seal_all([header for _, header in batch], key)
        made = _Batch(statements=consignment.also)
        consignment.also = []
        for (receiver, header), sealed in zip(batch, seals, strict=True):
            try:
                self._envelope(consignment, made, receiver, header, sealed)
            except TrustError as error:
                # One organ without a usable key must not keep the message from all others.
                missing = ReceiverKeyMissing(f"{receiver.id}: {error.where}")
                consignment.refused[receiver.id] = missing
                made.entries.append(self._refusal(header, consignment.sender, missing))
                made.statements.append(self._died(header, header.receiver, missing, self._node.clock.now()))
        await self._node.journal.commit(made.entries, made.statements)
        return made.outgoing

    def _envelope(self, consignment: Consignment, made: _Batch, receiver: Organ, header: Header, sealed: bytes) -> None:
        key = self._node.wrapping_key(receiver, header)
        data = envelope.encrypt(Packet(sealed=sealed, parts=consignment.parts).to_bytes(), to=key)
        at = self._node.clock.now()
        item = Outgoing(
            token=secrets.token_hex(16),
            subject=mail_subject(consignment.sender, receiver),
            data=data,
            attempts=0,
            message=header.id.bytes,
            expires=header.expires,
            receiver=header.receiver,
            urgency=header.urgency,
        )
        made.outgoing.append(item)
        made.entries.append(self._node.entry(header, organ=consignment.sender, direction="out", seals=(sealed,)))
        made.statements.append(self._store.put(item, due=at + _PATIENCE))
        made.statements.append(
            self._store.sent(
                header.id,
                receiver=header.receiver,
                sender=header.sender,
                digest=digest_of(sealed),
                at=at,
                expires=header.expires,
            )
        )
        if header.conversation is not None:
            speaks = self._ledger.speaks(header.sender, header.conversation, header.receiver, header.sequence)
            made.statements.append(speaks)

    def _refusal(self, header: Header, sender: Organ, error: Refused) -> Entry:
        return self._node.entry(
            header, organ=sender, direction="out", kind="refusal", seals=(), verdict=error.code, detail=str(error)
        )

    def _died(self, header: Header, receiver: str, error: Refused, at: Millis) -> Statement:
        return self._ledger.died(
            header.id, receiver=receiver, sender=header.sender, at=at, reason=error.code, detail=str(error)
        )
