"""Calls, on the side of who calls: decide, prepare, hand over to a lane; what fails before is recorded here."""

from typing import Final

from msgspec.structs import replace as changed

from lienthong.directory.model import Organ
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.archive.kept import Side
from lienthong.exchange.asks import Asker
from lienthong.exchange.errors import ExchangeError
from lienthong.exchange.exchanged import Answer, Call, Sent
from lienthong.exchange.http import encode_head
from lienthong.exchange.lanes import Lanes
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, CallPart, HeldRef, content_of
from lienthong.exchange.sealing import encoded
from lienthong.exchange.spool import Spool, described, spooled
from lienthong.kernel.clock import SECOND, Millis
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header, Kind

TIMEOUT: Final[Millis] = 60 * SECOND
"""How long a call may take until its answer is there; also the term of its seal."""


class Caller:
    """Makes calls for the organs of one gateway."""

    def __init__(self, node: Node, *, timeout: Millis = TIMEOUT, archive: Archive | None = None) -> None:
        """Call from this node; an answer may take so many milliseconds; copies go into the archive, if there is one."""
        self._node = node
        self._archive = archive
        self._lanes = Lanes(node)
        self._timeout = timeout

    @property
    def spool(self) -> Spool:
        """Where large bodies of calls are to be put."""
        return self._node.spool

    async def call(self, call: Call) -> Answer:
        """Call a service and return its answer once the evidence is durable.

        Raises:
            Refused: our own policy refuses.
            RemoteError: the provider's side refuses or fails.
            CarrierUnavailable, CarrierTimeout, NoResponder: the provider cannot be reached.
            AnswerInvalid, TrustError: an answer that does not belong to the call, or a key that is missing.
            SpoolFull, BodyTooLarge, StorageFailed: there is no room for a large body.
            JournalError: the evidence cannot be written.
        """
        body = call.message.body
        if isinstance(body, bytes) and len(body) > INLINE_LIMIT:
            return await self._call_at_length(call, body)
        sender = self._node.hosted(call.client.organ)
        head = encode_head(call.message.headers)
        header = self._header(call, head)
        verdict = self._node.decide(header, call.connection)
        if verdict.error is not None:
            await self._record(header, sender, kind="refusal", verdict=verdict.code, detail=verdict.rule)
            raise verdict.error
        try:
            sent = self._prepared(call, header, head, sender)
        except (ExchangeError, TrustError) as error:
            await self._record(header, sender, kind=kind_of(error), verdict=error.code, detail=str(error))
            raise
        try:
            answer = await self._lanes.exchange(sent)
        finally:
            if isinstance(sent.body, HeldRef):
                self._node.held.drop(sent.body.name)
        if self._archive is not None:
            self._archive.keep(Side.CALLER, header, (head, call.message.body), (answer.head, answer.message.body))
        return answer

    async def _call_at_length(self, call: Call, body: bytes) -> Answer:
        writer = self._node.spool.writer(str(call.client))
        try:
            await writer.write(body)
            lying = await writer.finish()
        except BaseException:
            writer.discard()
            raise
        try:
            return await self.call(changed(call, message=changed(call.message, body=lying)))
        finally:
            lying.release()

    def _header(self, call: Call, head: bytes) -> Header:
        at = self._node.clock.now()
        media_type = call.message.header("content-type")
        service = self._node.snapshot.service(call.service)
        return Header(
            kind=Kind.REQUEST,
            id=call.id,
            sender=str(call.client),
            receiver=str(call.service),
            # A service's answers may be more secret than what is asked: the stronger key protects both.
            label=call.label if service is None else call.label.join(service.label),
            created=at,
            expires=at + self._timeout,
            method=call.method,
            path=call.path,
            user=call.user,
            purpose=call.purpose,
            contents=(content_of(head), described(call.message.body, media_type)),
        )

    def _prepared(self, call: Call, header: Header, head: bytes, sender: Organ) -> Sent:
        receiver = self._node.organ(call.service.organ)
        key = self._node.wrapping_key(receiver, header)
        sealed_form = encoded(header)
        body = call.message.body
        part: CallPart = body if isinstance(body, bytes) else self._node.held.hold(spooled(body), Asker.of(receiver))
        return Sent(header=header, encoded=sealed_form, head=head, body=part, sender=sender, receiver=receiver, key=key)

    async def _record(self, header: Header, sender: Organ, *, kind: str, verdict: str, detail: str) -> None:
        entry = self._node.entry(
            header, organ=sender, direction="out", seals=(), kind=kind, verdict=verdict, detail=detail
        )
        await self._node.journal.commit([entry])
