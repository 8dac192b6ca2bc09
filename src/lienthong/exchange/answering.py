"""Answering one call, step by step: decide, read, claim its id, carry it out or refuse it."""

from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange import blobs, policy
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.backend import Backend
from lienthong.exchange.errors import Malformed
from lienthong.exchange.http import HttpMessage, decode_head, encode_head
from lienthong.exchange.metaservices import describe
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Part, check_contents, content_of
from lienthong.exchange.sealing import encoded
from lienthong.exchange.sessions import Ends, Opening
from lienthong.exchange.subjects import Route
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ServiceId, parse_client
from lienthong.kernel.labels import Label
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
    parts: tuple[Part, ...]
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
    parts: tuple[Part, ...] = ()
    # Why it was refused; None for the service's own answer.
    error: LienthongError | None = None


class Answering:
    """The steps of an answer, for the services of one gateway's organs."""

    def __init__(self, node: Node, backend: Backend) -> None:
        """Answer with what the backend says."""
        self._node = node
        self._backend = backend

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

    async def message(self, received: Received) -> HttpMessage:
        """Return what is asked, its contents checked; a large one is fetched.

        Raises:
            Malformed, DigestMismatch: not the sealed contents, or none that a service could be sent.
            ExchangeError: it cannot be fetched.
        """
        header = received.opened.header
        match received.parts:
            case [bytes() as head, BlobRef() as ref] if len(header.contents) == _CONTENTS:
                blobs.check(ref, self._node.organ(sender_organ(header)), header.contents[-1])
                return _message(header, head, await blobs.get(self._node.carrier, ref))
            case _:
                return self.inline(received)

    def inline(self, received: Received) -> HttpMessage:
        """Return what is asked when nothing of it travels apart; raises as ``message`` does."""
        match received.parts:
            case [bytes() as head, bytes() as body]:
                return _message(received.opened.header, head, body)
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

    async def carry_out(self, received: Received, message: HttpMessage) -> Ready:
        """Ask the service.

        Raises:
            ExchangeError: it does not answer, or the answer cannot be sent.
        """
        header = received.opened.header
        service = ServiceId.parse(header.receiver)
        if service.service in policy.METASERVICES:
            status, answer = describe(self._node.snapshot, service, header)
        else:
            status, answer = await self._backend.call(service, header.method, header.path, message)
        head = encode_head(answer.headers)
        body: Part = answer.body
        if len(answer.body) > INLINE_LIMIT:
            body = await blobs.put(self._node.carrier, received.receiver, answer.body)
        contents = (content_of(head), content_of(answer.body, media_type=answer.header("content-type")))
        response = self._response(received, status=str(status), contents=contents)
        return Ready(received=received, header=response, encoded=encoded(response), parts=(head, body))

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


def _message(header: Header, head: bytes, body: bytes) -> HttpMessage:
    check_contents(header, (head, body))
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
