"""From a header and contents to sealed envelopes on the carrier: one content, encrypted once, an envelope for each."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange import policy
from lienthong.exchange.errors import ReceiverKeyMissing, ReceiverUnknown, Refused
from lienthong.exchange.mail.departing import Departing, Departure, Group
from lienthong.exchange.mail.draft import Dispatch
from lienthong.exchange.mail.items import Outgoing
from lienthong.exchange.mail.joining import Unsealed, seal_all
from lienthong.exchange.mail.ledger import Kept, Ledger, kept_row
from lienthong.exchange.mail.precedence import Precedence
from lienthong.exchange.mail.publishing import Postman
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.wraps import Wraps
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, Part
from lienthong.exchange.sealing import encoded
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import MAX_BATCH

type Progress = Callable[[int], None]
"""Told of how many further receivers are done."""
type Addressed = tuple[Organ, Header]

_log = logging.getLogger(__name__)
# After so many receivers the event loop turns: a key is wrapped to each.
_BREATH: Final = 16
# Batches that are published while the next one is made.
_AHEAD: Final = 1


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


class Dispatcher:
    """Seals, records and publishes what one gateway's organs send."""

    def __init__(  # noqa: PLR0913, PLR0917 - what sending takes
        self, node: Node, store: MailStore, ledger: Ledger, safe: Safe, wraps: Wraps, postman: Postman
    ) -> None:
        """Send from this node."""
        self._wraps = wraps
        self._postman = postman
        self._departing = Departing(node, store, ledger, safe)
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
        if refused:
            await self._node.journal.commit(
                [
                    self._refusal(replace(template, receiver=str(receiver)), sender, error)
                    for receiver, error in refused.items()
                ]
            )
        return Consignment(template=template, sender=sender, allowed=allowed, refused=refused)

    async def deliver(
        self, consignment: Consignment, progress: Progress | None = None, *, carried: bool = True
    ) -> Dispatch:
        """Seal, record and publish a message, batch by batch.

        Args:
            consignment: the message and its receivers.
            progress: called with the number of further receivers done.
            carried: whether to wait until the carrier has been asked to take it.

        Raises:
            KeyUnknown: the sender has no valid sealing key.
            JournalError: the evidence cannot be written. Batches before are sent all the same.
        """
        template = consignment.template
        if len(consignment.allowed) > 1:
            self._keep(consignment)
        at = self._node.clock.now()
        consignment.also += [
            self._died(template, str(receiver), error, at) for receiver, error in consignment.refused.items()
        ]
        with self._precedence.sending(template.urgency):
            if template.conversation is None:
                return await self._batches(consignment, {}, progress, carried=carried)
            # Places in a conversation are given one after the other, and only those count that are durable.
            async with self._speaking.setdefault((template.sender, template.conversation), asyncio.Lock()):
                spoken = self._ledger.spoken(template.sender, template.conversation)
                return await self._batches(consignment, spoken, progress, carried=carried)

    async def _batches(
        self, consignment: Consignment, spoken: dict[str, int], progress: Progress | None, *, carried: bool
    ) -> Dispatch:
        published = queued = 0
        under_way: deque[tuple[int, int, asyncio.Future[int]]] = deque()
        for start in range(0, len(consignment.allowed), MAX_BATCH):
            if start:
                await self._precedence.give_way(consignment.template.urgency)
            batch = consignment.allowed[start : start + MAX_BATCH]
            outgoing = await self._recorded(consignment, batch, spoken)
            if carried:
                # The next batch is made while this one is published.
                under_way.append((len(batch), len(outgoing), self._postman.post(outgoing)))
            else:
                await self._postman.hand_over(outgoing)
                queued += len(outgoing)
                _tell(progress, len(batch))
            last = start + MAX_BATCH >= len(consignment.allowed)
            while len(under_way) > (0 if last else _AHEAD):
                count, sent, taken = under_way.popleft()
                done = await taken
                published += done
                queued += sent - done
                _tell(progress, count)
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
        consignment.also += [lock, *self._ledger.keeps([kept_row(kept, expires=template.expires)])]

    async def _recorded(
        self, consignment: Consignment, batch: Sequence[Addressed], spoken: dict[str, int]
    ) -> list[Outgoing]:
        """Seal and encrypt for each receiver, and make evidence and envelopes durable together."""
        key = self._node.sealing_key(consignment.sender)
        made = Group(self._node, self._store, self._ledger, statements=consignment.also)
        consignment.also = []
        letters: list[Unsealed] = []
        for number, (receiver, template) in enumerate(batch, start=1):
            header = template
            if header.conversation is not None:
                header = replace(header, sequence=spoken.get(header.receiver, 0) + 1)
            try:
                letters.append(self._letter(consignment, receiver, header, key))
            except TrustError as error:
                # One organ without a usable key must not keep the message from all others.
                missing = ReceiverKeyMissing(f"{receiver.id}: {error.where}")
                consignment.refused[receiver.id] = missing
                made.entries.append(self._refusal(header, consignment.sender, missing))
                made.statements.append(self._died(header, header.receiver, missing, self._node.clock.now()))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        departures = [Departure(letter=letter, sender=consignment.sender) for letter in letters]
        if len(consignment.allowed) == 1 and departures:
            departures[0].also += [*made.statements]
            return [await self._departing.depart(departures[0])]
        seals = seal_all(self._node, letters)
        for departure, sealed in zip(departures, seals, strict=True):
            made.add(departure, sealed)
        await self._node.journal.commit(made.entries, made.all_statements())
        return made.outgoing

    def _letter(self, consignment: Consignment, receiver: Organ, header: Header, key: PublicKey) -> Unsealed:
        return Unsealed(
            header=header,
            encoded=encoded(header),
            parts=consignment.parts,
            receiver=receiver,
            key=key,
            wrap=self._wraps.to(self._node.wrapping_key(receiver, header)),
            to_many=len(consignment.allowed) > 1,
        )

    def _refusal(self, header: Header, sender: Organ, error: Refused) -> Entry:
        return self._node.entry(
            header, organ=sender, direction="out", kind="refusal", seals=(), verdict=error.code, detail=str(error)
        )

    def _died(self, header: Header, receiver: str, error: Refused, at: Millis) -> Statement:
        return self._ledger.died(
            header.id, receiver=receiver, sender=header.sender, at=at, reason=error.code, detail=str(error)
        )


def _tell(progress: Progress | None, count: int) -> None:
    if progress is not None:
        progress(count)
