"""Calls, on the side of who calls: decide, seal, encrypt, send, check the answer, record, return."""

import uuid
from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange import blobs, policy
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.archive.kept import Side
from lienthong.exchange.errors import AnswerInvalid, CarrierTimeout, ExchangeError, RemoteError
from lienthong.exchange.http import HttpMessage, decode_head, encode_head
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Packet, Part, check_contents, content_of, notice_of
from lienthong.exchange.sessions import CallerSessions, Ends
from lienthong.exchange.subjects import call_subject
from lienthong.kernel.clock import SECOND, Millis
from lienthong.kernel.identifiers import ClientId, ServiceId
from lienthong.kernel.ids import new_id
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust.envelope import Session
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import digest_of

TIMEOUT: Final[Millis] = 60 * SECOND
"""How long a call may take until its answer is there; also the term of its seal."""
UNKNOWN_SESSION: Final = "unknown_session"
# Of a call and its answer: head and body.
_CONTENTS: Final = 2


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What an information system asks of a service."""

    client: ClientId
    service: ServiceId
    method: str
    # Raw path and query behind the service code, percent-encoded as it came.
    path: str
    message: HttpMessage
    connection: policy.Connection
    # The exchange's own id of this one call.
    id: uuid.UUID = msgspec.field(default_factory=new_id)
    label: Label = INTERNAL
    user: str = ""
    purpose: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the service answered."""

    status: int
    message: HttpMessage


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A call on its way."""

    header: Header
    sealed: bytes
    plaintext: bytes
    sender: Organ
    receiver: Organ
    key: PublicKey

    @property
    def ends(self) -> Ends:
        return Ends(caller=self.sender.token, provider=self.receiver.token)


class Caller:
    """Makes calls for the organs of one gateway."""

    def __init__(self, node: Node, *, timeout: Millis = TIMEOUT, archive: Archive | None = None) -> None:
        """Call from this node; an answer may take so many milliseconds; copies go into the archive, if there is one."""
        self._node = node
        self._archive = archive
        self._sessions = CallerSessions(node.clock)
        self._timeout = timeout

    async def call(self, call: Call) -> Answer:
        """Call a service and return its answer once the evidence is durable.

        Raises:
            Refused: our own policy refuses.
            RemoteError: the provider's side refuses or fails.
            CarrierUnavailable, CarrierTimeout, NoResponder: the provider cannot be reached.
            AnswerInvalid, TrustError: an answer that does not belong to the call, or a key that is missing.
            JournalError: the evidence cannot be written.
        """
        sender = self._node.hosted(call.client.organ)
        head = encode_head(call.message.headers)
        header = self._header(call, head)
        verdict = self._node.decide(header, call.connection)
        if verdict.error is not None:
            await self._record(header, sender, (), kind="refusal", verdict=verdict.code, detail=verdict.rule)
            raise verdict.error
        seals: list[bytes] = []
        try:
            answer, answered = await self._exchange(await self._seal(call, header, head, sender, seals), seals)
        except RemoteError as error:
            await self._record(
                header, sender, seals, kind="refusal", verdict=error.remote_code[:100], detail=error.where
            )
            raise
        except (ExchangeError, TrustError) as error:
            await self._record(header, sender, seals, kind=kind_of(error), verdict=error.code, detail=str(error))
            raise
        await self._record(header, sender, seals)
        if self._archive is not None:
            self._archive.keep(Side.CALLER, header, (head, call.message.body), (answered, answer.message.body))
        return answer

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
            contents=(content_of(head), content_of(call.message.body, media_type=media_type)),
        )

    async def _seal(self, call: Call, header: Header, head: bytes, sender: Organ, seals: list[bytes]) -> _Sent:
        receiver = self._node.organ(call.service.organ)
        key = self._node.wrapping_key(receiver, header)
        sealed = await self._node.seals.seal(header, self._node.sealing_key(sender))
        seals.append(sealed)
        body: Part = call.message.body
        if len(call.message.body) > INLINE_LIMIT:
            body = await blobs.put(self._node.carrier, sender, call.message.body)
        return _Sent(
            header=header,
            sealed=sealed,
            plaintext=Packet(sealed=sealed, parts=(head, body)).to_bytes(),
            sender=sender,
            receiver=receiver,
            key=key,
        )

    async def _exchange(self, sent: _Sent, seals: list[bytes]) -> tuple[Answer, bytes]:
        """Send the call and check the answer, whose seal is added to the evidence whether it holds or not.

        The answer's head comes as it was sealed, too.
        """
        reply, session = await self._request(sent)
        if notice_of(reply) == UNKNOWN_SESSION:
            # The provider restarted or forgot: it has not looked at the call, so it may be sent again.
            self._sessions.forget(ends=sent.ends, key=sent.key)
            reply, session = await self._request(sent)
        code = notice_of(reply)
        if code is not None:
            raise RemoteError(code, f"the provider's gateway said: {code}")
        packet = Packet.from_bytes(session.decrypt_response(reply, aad=digest_of(sent.sealed)))
        seals.append(packet.sealed)
        opened = self._check(sent, packet)
        self._sessions.confirm(session, ends=sent.ends, key=sent.key)
        if opened.fault:
            raise RemoteError(opened.fault, opened.note)
        head, body = await self._contents(sent, opened, packet)
        message = HttpMessage(headers=decode_head(head), body=body)
        return Answer(status=int(opened.status), message=message), head

    async def _request(self, sent: _Sent) -> tuple[bytes, Session]:
        data, session = self._sessions.encrypt(sent.plaintext, ends=sent.ends, key=sent.key)
        left = sent.header.expires - self._node.clock.now()
        if left <= 0:
            raise CarrierTimeout(sent.header.receiver)
        subject = call_subject(sent.sender, sent.receiver)
        return await self._node.carrier.request(subject, data, timeout=left / SECOND), session

    def _check(self, sent: _Sent, packet: Packet) -> Header:
        header = self._node.open_seal(packet.sealed).header
        belongs = (
            header.kind is Kind.RESPONSE
            and header.id == sent.header.id
            and header.sender == sent.header.receiver
            and header.receiver == sent.header.sender
            and header.answers == digest_of(sent.sealed)
        )
        if not belongs:
            raise AnswerInvalid(f"{header.kind} {header.id} from {header.sender}")
        return header

    async def _contents(self, sent: _Sent, header: Header, packet: Packet) -> tuple[bytes, bytes]:
        match packet.parts:
            case [bytes() as head, bytes() as body]:
                pass
            case [bytes() as head, BlobRef() as ref] if len(header.contents) == _CONTENTS:
                blobs.check(ref, sent.receiver, header.contents[-1])
                body = await blobs.get(self._node.carrier, ref)
            case _:
                raise AnswerInvalid(f"the contents of {header.id}")
        check_contents(header, (head, body))
        return head, body

    async def _record(  # noqa: PLR0913 - one argument per column of the evidence
        self,
        header: Header,
        sender: Organ,
        seals: Sequence[bytes],
        *,
        kind: str = "",
        verdict: str = "ok",
        detail: str = "",
    ) -> None:
        entry = self._node.entry(
            header, organ=sender, direction="out", seals=tuple(seals), kind=kind, verdict=verdict, detail=detail
        )
        await self._node.journal.commit([entry])
