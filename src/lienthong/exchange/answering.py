"""Answering one call, step by step: decide, read, claim its id, carry it out or refuse it."""

from contextlib import aclosing
from typing import Final

import msgspec
from msgspec.structs import replace as changed

from lienthong.directory.model import Organ
from lienthong.exchange import policy
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.archive.kept import Side
from lienthong.exchange.asks import Asker
from lienthong.exchange.backend import Backend
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.errors import ExchangeError, Malformed
from lienthong.exchange.http import Body, HttpMessage, decode_head, encode_head
from lienthong.exchange.metaservices import describe
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, CallPart, HeldRef, check_content, check_contents, content_of
from lienthong.exchange.pulling import Incoming
from lienthong.exchange.sealing import encoded
from lienthong.exchange.sessions import Ends, Opening
from lienthong.exchange.spool import described
from lienthong.exchange.subjects import Route, call_subject
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import Opened, sender_organ

_ANSWER_TERM: Final = MINUTE
# Of a call and its answer: head and body.
_CONTENTS: Final = 2


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose seal has been checked."""

    opened: Opened
    sealed: bytes
    parts: tuple[CallPart, ...]
    opening: Opening
    receiver: Organ
    route: Route
    # Whose session it opens, if it opens one.
    opens: Ends | None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is answered with, before it is sealed."""

    received: Received
    header: Header
    # The header's sealed form.
    encoded: bytes
    parts: tuple[CallPart, ...] = ()
    # Why it was refused; None for the service's own answer.
    error: LienthongError | None = None


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """A large answer of which only the beginning has come."""

    # The body of the call.
    asked: Body
    status: int
    answer: HttpMessage


class Answering:
    """The steps of an answer, for the services of one gateway's organs."""

    def __init__(
        self, node: Node, backend: Backend, *, archive: Archive | None = None, descriptions: Descriptions | None = None
    ) -> None:
        """Answer with what the backend says; copies go into the archive, if there is one."""
        self._node = node
        self._backend = backend
        self._archive = archive
        self._descriptions = descriptions or Descriptions(sources={})

    def allow(self, received: Received) -> None:
        """Ask the policy.

        Raises:
            Refused: it may not be.
            KeyTooWeak: the answer may be more secret than the key the caller has chosen.
        """
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

    def message(self, received: Received) -> HttpMessage:
        """Return what is asked, its contents checked; a large body is fetched and checked when it is read.

        Raises:
            Malformed, DigestMismatch: not the sealed contents, or none that a service could be sent.
            BodyTooLarge: more than this gateway takes.
        """
        header = received.opened.header
        match received.parts:
            case [bytes() as head, HeldRef() as ref] if len(header.contents) == _CONTENTS:
                asked, body = header.contents
                check_content(asked, head)
                self._node.spool.check(body.size)
                return _addressed(header, head, self._incoming(received, ref, body))
            case _:
                return self.inline(received)

    def _incoming(self, received: Received, ref: HeldRef, content: Content) -> Incoming:
        async def failed(_: ExchangeError | TrustError) -> None:
            """Leave it to the answer, which is a refusal then and recorded as such."""

        caller = self._node.organ(sender_organ(received.opened.header))
        return self._node.pulls.incoming(ref, content, subject=call_subject(received.receiver, caller), failed=failed)

    def inline(self, received: Received) -> HttpMessage:
        """Return what is asked when nothing of it travels apart; raises as ``message`` does."""
        match received.parts:
            case [bytes() as head, bytes() as body]:
                header = received.opened.header
                check_contents(header, (head, body))
                return _addressed(header, head, body)
            case _:
                raise Malformed("the contents of a request")

    def claim(self, received: Received) -> tuple[Entry, list[Statement]]:
        """Take a call's id; what makes this durable, and its evidence, belong into one transaction.

        Raises:
            Replayed: its sender has used the id.
        """
        header = received.opened.header
        claim = self._node.replay.claim(header, received.opened.digest)
        entry = self._node.entry(header, organ=received.receiver, direction="in", seals=(received.sealed,))
        return entry, claim

    async def carry_out(self, received: Received, message: HttpMessage) -> Ready | Unfinished:
        """Ask the service.

        Returns:
            Its answer; or, when that is large, what has come of it so far, to be ``finish``ed.

        Raises:
            ExchangeError, TrustError: it does not answer, it could not be asked, or the answer cannot be sent.
        """
        header = received.opened.header
        service = ServiceId.parse(header.receiver)
        if service.service in policy.METASERVICES:
            status, answer = await describe(self._node.snapshot, service, header, self._descriptions)
        else:
            status, answer = await self._backend.call(service, header.method, header.path, message)
        if isinstance(answer.body, bytes) and len(answer.body) <= INLINE_LIMIT:
            return self._ready(received, message.body, status, answer, answer.body)
        return Unfinished(asked=message.body, status=status, answer=answer)

    async def finish(self, received: Received, unfinished: Unfinished) -> Ready:
        """Take a large answer into the spool, from where its caller fetches it.

        Raises:
            ExchangeError: it breaks off, or there is no room for it.
        """
        answer = unfinished.answer
        writer = self._node.spool.writer(received.route.from_site)
        try:
            if isinstance(answer.body, bytes):
                await writer.write(answer.body)
            else:
                async with aclosing(answer.body.pieces()) as pieces:
                    async for piece in pieces:
                        await writer.write(piece)
            body = await writer.finish()
        except BaseException:
            writer.discard()
            raise
        ref = self._node.held.hold(body, Asker.on(received.route))
        try:
            return self._ready(received, unfinished.asked, unfinished.status, changed(answer, body=body), ref)
        except BaseException:
            self._node.held.drop(ref.name)
            raise

    def _ready(self, received: Received, asked: Body, status: int, answer: HttpMessage, part: CallPart) -> Ready:
        head = encode_head(answer.headers)
        contents = (content_of(head), described(answer.body, answer.header("content-type")))
        response = self._response(received, status=str(status), contents=contents)
        if self._archive is not None and isinstance(first := received.parts[0], bytes):
            self._archive.keep(Side.PROVIDER, received.opened.header, (first, asked), (head, answer.body))
        return Ready(received=received, header=response, encoded=encoded(response), parts=(head, part))

    def refuse(self, received: Received, error: LienthongError) -> Ready:
        """Answer with the reason why there is no other answer."""
        response = self._response(received, fault=error.code, note=str(error))
        return Ready(received=received, header=response, encoded=encoded(response), error=error)

    def entry(self, ready: Ready, sealed: bytes) -> Entry:
        """Return the evidence of an answer that has been sealed."""
        received, error = ready.received, ready.error
        if error is None:
            return self._node.entry(ready.header, organ=received.receiver, direction="out", seals=(sealed,))
        return self._node.entry(
            received.opened.header,
            organ=received.receiver,
            direction="in",
            kind=kind_of(error),
            seals=(received.sealed, sealed),
            verdict=error.code,
            detail=str(error),
        )

    def _response(
        self,
        received: Received,
        *,
        status: str = "",
        contents: tuple[Content, ...] = (),
        fault: str = "",
        note: str = "",
    ) -> Header:
        request, at = received.opened.header, self._node.clock.now()
        return Header(
            kind=Kind.RESPONSE,
            id=request.id,
            sender=request.receiver,
            receiver=request.sender,
            label=self._label(request),
            created=at,
            expires=at + _ANSWER_TERM,
            answers=received.opened.digest,
            status=status,
            contents=contents,
            fault=fault,
            note=note,
        )


def _addressed(header: Header, head: bytes, body: Body) -> HttpMessage:
    message = HttpMessage(headers=decode_head(head), body=body)
    _check_client(message, header)
    return message


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
