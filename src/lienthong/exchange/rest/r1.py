"""``/r1/…``: X-Road's REST interface (PR-REST), so that systems written for it work unmodified."""

import base64
import logging
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from lienthong.exchange.caller import Caller
from lienthong.exchange.errors import ConnectionMismatch, RequestInvalid
from lienthong.exchange.exchanged import Answer, Call
from lienthong.exchange.http import METHODS, Body, Headers, HttpMessage, passed_on
from lienthong.exchange.limits import OTHERS, Limit, Limiter, Ticket
from lienthong.exchange.node import DirectoryView
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.exchange.rest import named, streams
from lienthong.exchange.rest.faults import Codes, fault
from lienthong.exchange.rest.peers import TARGET, account_of, connection_of
from lienthong.exchange.spool import Spooled, spooled
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.hashing import sha512
from lienthong.kernel.identifiers import ClientId, ServiceId, parse_client
from lienthong.kernel.ids import new_id, new_random_text, text_of
from lienthong.kernel.labels import INTERNAL, Label

PREFIX: Final = b"/r1/"
_SERVICE_PARTS: Final = 5
# Of the length of a body that is certainly small.
_SMALL_DIGITS: Final = 5
# What the exchange itself says, in a call (each once, whatever came) and of an answer; other values of a
# client or a backend are overwritten.
_OURS: Final = frozenset({"x-road-id", "x-road-client", "x-road-service", "x-road-request-id", "x-road-request-hash"})
# What no backend says in the exchange's name: these, and that it has failed.
_WITHHELD: Final = _OURS | {"x-road-error"}

# Characters of a path segment besides the unreserved ones (RFC 3986, section 3.3).
_SEGMENT: Final = "!$&'()*+,;=:@"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class R1:
    """The ASGI application behind ``/r1/``."""

    caller: Caller
    instance: str
    directory: DirectoryView
    codes: Codes = Codes.CLASSIC
    # How much each information system may ask for.
    limiter: Limiter = field(default_factory=lambda: Limiter(limit=Limit(), clock=SystemClock()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes an X-Road error."""
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        try:
            status, answer, body = await self._call(scope, headers, receive, send)
        except LienthongError as error:
            accept = ",".join(value for name, value in headers if name == "accept")
            made = fault(error, accept=accept, codes=self.codes)
            _log.info("%s %s", made.detail, error)
            status, body = made.status, made.body
            answer = [(b"content-type", made.content_type.encode()), (b"x-road-error", made.type.encode())]
        if isinstance(body, bytes):
            await send({"type": "http.response.start", "status": status, "headers": answer})
            await send({"type": "http.response.body", "body": body})

    async def _call(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> tuple[int, list[tuple[bytes, bytes]], Body]:
        """Make the call and return its answer; a large one has been sent."""
        last = dict(headers)
        target, account = _target(scope), account_of(scope, last.get("x-road-client", ""))
        with self.limiter.enter(account) as ticket:
            body = await self._body(scope, last, receive, ticket, account)
            try:
                call = self._read(scope, target, headers, last, body)
                answer = await self.caller.call(call)
            finally:
                if isinstance(body, Spooled):
                    body.release()
            lines, given = _lines(call, target, answer), answer.message.body
            if not isinstance(given, bytes):
                # So that a client notices when it breaks off.
                lines.append((b"content-length", b"%d" % (given.size or 0)))
                # Its place is given to others only when the whole of it is sent.
                await send({"type": "http.response.start", "status": answer.status, "headers": lines})
                await streams.send_body(given, receive, send)
        return answer.status, lines, given

    async def _body(
        self, scope: Scope, last: dict[str, str], receive: Receive, ticket: Ticket, account: str
    ) -> bytes | Spooled:
        length = last.get("content-length")
        if length is None and "transfer-encoding" not in last and scope["http_version"] == "1.1":
            # RFC 9112, section 6.3: without either there is none.
            return b""
        if length is not None and len(length) > _SMALL_DIGITS:
            # What there is no room for is refused unread.
            streams.check_announced(self.caller.spool, length)
        first = await receive()
        if first["type"] == "http.disconnect":
            raise streams.broken_off()
        size = len(first.get("body", b""))
        ticket.add(size)
        if not first.get("more_body") and size <= INLINE_LIMIT:
            return bytes(first.get("body", b""))
        return await streams.take_body(self.caller.spool, first, receive, peer=account, announced=length, ticket=ticket)

    def _read(self, scope: Scope, target: str, headers: Headers, last: dict[str, str], body: Body) -> Call:
        method = scope["method"]
        if method not in METHODS:
            raise RequestInvalid(f"method {method[:20]}")
        service, path = _split(target)
        named.check(headers, service, self.directory.snapshot)
        sender = last.get("x-road-client")
        if not sender:
            raise IdentifierInvalid("the header X-Road-Client is missing")
        call_id = new_id()
        label = last.get("x-lienthong-label")
        kept = [pair for pair in passed_on(headers, last) if pair[0] not in _OURS]
        if "accept" not in last:
            kept.append(("accept", "application/json"))
        client, connection = parse_client(sender), connection_of(scope)
        if connection.clients is not None and str(client) not in connection.clients:
            # Counted, not recorded one by one: strangers must not fill the journal.
            raise self.limiter.refused(OTHERS, ConnectionMismatch(str(client)))
        request_id = text_of(call_id)
        kept += [
            ("x-road-client", sender),
            ("x-road-id", last.get("x-road-id") or f"{_quoted(self.instance)}-{new_random_text()}"),
            ("x-road-request-id", request_id),
        ]
        return Call(
            id=call_id,
            client=client,
            service=service,
            method=method,
            path=path,
            message=HttpMessage(headers=tuple(kept), body=body),
            connection=connection,
            label=Label.parse(label) if label else INTERNAL,
            user=last.get("x-road-userid", ""),
            purpose=last.get("x-lienthong-purpose", ""),
        )


def _lines(call: Call, target: str, answer: Answer) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer."""
    # What ``_read`` put there.
    *_, (_, road_id), (_, request_id) = call.message.headers
    theirs = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in _once(answer.message.headers)
        if name not in _WITHHELD
    ]
    return [
        *theirs,
        (b"x-road-id", road_id.encode("latin-1", "replace")),
        *_ends(call.client, call.service),
        (b"x-road-request-id", request_id.encode()),
        (b"x-road-request-hash", request_hash(call.method, target, call.message).encode()),
    ]


def _once(headers: Headers) -> Headers:
    """Leave out all dates but the last."""
    dates = [pair for pair in headers if pair[0] == "date"]
    return headers if len(dates) <= 1 else (*(pair for pair in headers if pair[0] != "date"), dates[-1])


def request_hash(method: str, target: str, message: HttpMessage) -> str:
    """Return ``x-road-request-hash``: base64 of SHA-512 over head and body as PR-REST defines it."""
    lines = "".join([f"{name}:{value}\r\n" for name, value in message.headers])
    digest = sha512(f"{method}\r\n{target}\r\n{lines}".encode("latin-1", "replace"))
    body = message.body
    if body:
        digest = sha512(digest + (sha512(body) if isinstance(body, bytes) else spooled(body).sha512))
    return base64.b64encode(digest).decode()


def _target(scope: Scope) -> str:
    whole: bytes | None = scope.get(TARGET)
    if whole is None:
        raw, query = scope.get("raw_path") or quote(scope["path"]).encode(), scope.get("query_string", b"")
        whole = raw + b"?" + query if query else raw
    return whole.decode("latin-1")


def _split(target: str) -> tuple[ServiceId, str]:
    """Split a target into the service and what follows it, byte for byte."""
    path, question, query = target.partition("?")
    parts = path.removeprefix(PREFIX.decode()).split("/", _SERVICE_PARTS)
    if len(parts) < _SERVICE_PARTS:
        raise IdentifierInvalid(f"{path[:200]!r} names no service")
    service = ServiceId.parse("/".join(parts[:_SERVICE_PARTS]))
    rest = "/" + parts[_SERVICE_PARTS] if len(parts) > _SERVICE_PARTS else ""
    return service, rest + question + query


@lru_cache(maxsize=16)
def _quoted(instance: str) -> str:
    return quote(instance)


@lru_cache(maxsize=4096)
def _ends(client: ClientId, service: ServiceId) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that name both ends of a call."""
    return (b"x-road-client", _written(client)), (b"x-road-service", _written(service))


def _written(id_: ClientId | ServiceId) -> bytes:
    """Write an identifier as X-Road's servers do: what a path segment may contain stays as it is."""
    return "/".join(quote(part, safe=_SEGMENT) for part in id_.parts).encode()
