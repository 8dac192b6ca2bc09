"""Calls, on the side of who provides: open, check, decide, record, carry out, seal, record, answer."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange import blobs, policy
from lienthong.exchange.alarms import alarm, kind_of
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.archive.kept import Side
from lienthong.exchange.backend import Backend
from lienthong.exchange.caller import UNKNOWN_SESSION
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.errors import ExchangeError, Malformed
from lienthong.exchange.http import HttpMessage, decode_head, encode_head
from lienthong.exchange.metaservices import describe
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Packet, Part, check_contents, content_of, notice
from lienthong.exchange.sessions import Ends, Opening, ProviderSessions
from lienthong.exchange.subjects import Route
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.errors import JournalError, TrustError
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.seal import Opened, sender_organ

_ANSWER_TERM: Final = MINUTE
# Of a call and its answer: head and body.
_CONTENTS: Final = 2


class _Received(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose seal has been checked."""

    opened: Opened
    packet: Packet
    opening: Opening
    receiver: Organ
    route: Route
    # Whose session it opens, if it opens one.
    opens: Ends | None

    @property
    def session(self) -> Session:
        """What the answer goes under."""
        return self.opening.session


class Provider:
    """Answers calls to the services of one gateway's organs."""

    def __init__(
        self,
        node: Node,
        backend: Backend,
        *,
        archive: Archive | None = None,
        descriptions: Descriptions | None = None,
    ) -> None:
        """Answer with what the backend says, and keep a copy in the archive, if there is one."""
        self._node = node
        self._backend = backend
        self._archive = archive
        self._descriptions = descriptions or Descriptions(sources={})
        self._sessions = ProviderSessions(node.clock)

    async def handle(self, subject: str, data: bytes) -> bytes:
        """Answer one call from the carrier: an encrypted answer, or a notice when there is nobody to seal for."""
        seals: list[bytes] = []
        try:
            received = self._open(Route.parse(subject), data, seals)
        except _UnknownSession:
            return notice(UNKNOWN_SESSION)
        except LienthongError as error:
            return await self._alarm(subject, error, seals)
        try:
            return await self._answer(received)
        except JournalError as error:
            # Nothing counts without evidence, a refusal neither.
            return notice(error.code)
        except LienthongError as error:
            # Not even a refusal can be sealed: our key has ended, or the store refuses.
            return await self._alarm(subject, error, seals)

    def _open(self, route: Route, data: bytes, seals: list[bytes]) -> _Received:
        ends = Ends(caller=route.from_organ, provider=route.to_organ)
        session_id = envelope.session_id_of(data)
        if session_id is None:
            unwrapped = self._node.unwrap(data, route.to_organ)
            opening = Opening(session=Session.derive(unwrapped.content_key), kid=unwrapped.kid)
            plaintext = unwrapped.plaintext
        else:
            known = self._sessions.find(session_id, ends)
            if known is None:
                raise _UnknownSession
            opening, plaintext = known, known.session.decrypt_request(data)
        packet = Packet.from_bytes(plaintext)
        seals.append(packet.sealed)
        opened = self._node.open_seal(packet.sealed)
        if opened.header.kind is not Kind.REQUEST:
            raise Malformed(f"a {opened.header.kind} where a request belongs")
        receiver = self._node.check_receiver(opened.header, route.to_organ)
        opens = ends if session_id is None else None
        return _Received(opened=opened, packet=packet, opening=opening, receiver=receiver, route=route, opens=opens)

    async def _answer(self, received: _Received) -> bytes:
        header = received.opened.header
        try:
            self._allow(received)
            message = await self._message(received)
            await self._claim(received)
            if received.opens is not None:
                # Only now: a replayed or refused call must not keep its session alive.
                self._sessions.remember(received.opening, received.opens)
            status, answer = await self._carry_out(header, message)
            response, packet = await self._sealed(received, status, answer)
        except (ExchangeError, TrustError) as error:
            return await self._refuse(received, error)
        await self._node.journal.commit(
            [self._node.entry(response, organ=received.receiver, direction="out", seals=(packet.sealed,))]
        )
        if self._archive is not None:
            heads = (_head(received.packet), _head(packet))
            self._archive.keep(Side.PROVIDER, header, (heads[0], message.body), (heads[1], answer.body))
        return received.session.encrypt_response(packet.to_bytes(), aad=received.opened.digest)

    def _allow(self, received: _Received) -> None:
        header = received.opened.header
        verdict = self._node.decide(header, policy.Connection(site=received.route.from_site))
        if verdict.error is not None:
            raise verdict.error
        # The answer goes under the same key, and may be more secret than the caller knew.
        self._node.check_strength(received.opening.kid, received.receiver, self._label(header).level)

    def _label(self, header: Header) -> Label:
        """Return the label of a call and its answer: the service's own is the least."""
        service = self._node.snapshot.service(ServiceId.parse(header.receiver))
        return header.label if service is None else header.label.join(service.label)

    async def _message(self, received: _Received) -> HttpMessage:
        header = received.opened.header
        match received.packet.parts:
            case [bytes() as head, bytes() as body]:
                pass
            case [bytes() as head, BlobRef() as ref] if len(header.contents) == _CONTENTS:
                blobs.check(ref, self._node.organ(sender_organ(header)), header.contents[-1])
                body = await blobs.get(self._node.carrier, ref)
            case _:
                raise Malformed("the contents of a request")
        check_contents(header, (head, body))
        message = HttpMessage(headers=decode_head(head), body=body)
        _check_client(message, header)
        return message

    async def _sealed(self, received: _Received, status: int, answer: HttpMessage) -> tuple[Header, Packet]:
        head = encode_head(answer.headers)
        body: Part = answer.body
        if len(answer.body) > INLINE_LIMIT:
            body = await blobs.put(self._node.carrier, received.receiver, answer.body)
        contents = (content_of(head), content_of(answer.body, media_type=answer.header("content-type")))
        header, digest = received.opened.header, received.opened.digest
        response = self._response(header, answers=digest, status=str(status), contents=contents)
        sealed = await self._node.seals.seal(response, self._node.sealing_key(received.receiver))
        return response, Packet(sealed=sealed, parts=(head, body))

    async def _claim(self, received: _Received) -> None:
        header = received.opened.header
        claim = self._node.replay.claim(header, received.opened.digest)
        entry = self._node.entry(header, organ=received.receiver, direction="in", seals=(received.packet.sealed,))
        try:
            # The backend is not asked before the evidence, and the memory against replays, are durable.
            await self._node.journal.commit([entry], claim)
        except JournalError:
            self._node.replay.release(header)
            raise

    async def _carry_out(self, header: Header, message: HttpMessage) -> tuple[int, HttpMessage]:
        service = ServiceId.parse(header.receiver)
        if service.service in policy.METASERVICES:
            return await describe(self._node.snapshot, service, header, self._descriptions)
        return await self._backend.call(service, header.method, header.path, message)

    async def _refuse(self, received: _Received, error: ExchangeError | TrustError) -> bytes:
        header = received.opened.header
        response = self._response(header, answers=received.opened.digest, fault=error.code, note=str(error))
        sealed = await self._node.seals.seal(response, self._node.sealing_key(received.receiver))
        entry = self._node.entry(
            header,
            organ=received.receiver,
            direction="in",
            kind=kind_of(error),
            seals=(received.packet.sealed, sealed),
            verdict=error.code,
            detail=str(error),
        )
        await self._node.journal.commit([entry])
        return received.session.encrypt_response(Packet(sealed=sealed, parts=()).to_bytes(), aad=received.opened.digest)

    def _response(  # noqa: PLR0913 - the fields in which answers differ
        self,
        request: Header,
        *,
        answers: bytes,
        status: str = "",
        contents: tuple[Content, ...] = (),
        fault: str = "",
        note: str = "",
    ) -> Header:
        at = self._node.clock.now()
        return Header(
            kind=Kind.RESPONSE,
            id=request.id,
            sender=request.receiver,
            receiver=request.sender,
            label=self._label(request),
            created=at,
            expires=at + _ANSWER_TERM,
            answers=answers,
            status=status,
            contents=contents,
            fault=fault,
            note=note,
        )

    async def _alarm(self, subject: str, error: LienthongError, seals: Sequence[bytes]) -> bytes:
        entry = alarm(self._node, subject, error, tuple(seals))
        try:
            await self._node.journal.commit([entry])
        except JournalError as failure:
            return notice(failure.code)
        return notice(error.code)


def _head(packet: Packet) -> bytes:
    head = packet.parts[0]
    return head if isinstance(head, bytes) else b""


def _check_client(message: HttpMessage, header: Header) -> None:
    """Check that the service is told the same caller as was sealed: it decides by this header."""
    for name, value in message.headers:
        if name == "x-road-client" and not _names(value, header.sender):
            raise Malformed(f"a call of {header.sender} that names {value[:200]!r} as its client")


def _names(text: str, client: str) -> bool:
    try:
        return str(parse_client(text)) == client
    except IdentifierInvalid:
        return False


class _UnknownSession(Exception):
    """The call is under a session that is not known here."""
