"""Calls to services (``/r1``): the request, and the check that the answer belongs to it (PR-REST)."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from lienthong.client.asking import Ask, Headers, Reply
from lienthong.client.errors import AnswerInvalid, CallFailed
from lienthong.client.results import Answer
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ServiceId

REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing: only these calls are sent again when nobody knows whether they arrived."""
# What belongs to one connection (RFC 9110, section 7.6.1), or says who asks: not part of the call.
_NOT_PASSED_ON: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
# Written by the gateway itself, behind the others.
_OURS: Final = ("x-road-client", "x-road-id", "x-road-request-id")
_GATEWAYS: Final = frozenset({*_OURS, "x-road-service", "x-road-request-hash"})


class _Fault(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    message: str
    detail: str = ""


def path_of(service: ServiceId | str, path: str) -> str:
    """Return where a service is called.

    Args:
        service: INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE, each part percent-encoded.
        path: what follows, percent-encoded: empty, or beginning with ``/`` or ``?``.

    Raises:
        IdentifierInvalid: the service or the path is of another form.
    """
    named = ServiceId.parse(service) if isinstance(service, str) else service
    if path and path[0] not in "/?":
        raise IdentifierInvalid(f"the path {path[:80]!r} of a call", hint="Begin it with / or ?.")
    return f"/r1/{named}{path}"


def call(  # noqa: PLR0913 - all that makes a call
    service: ServiceId | str,
    method: str,
    path: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    message_id: str,
    checked: bool,
) -> Ask[Answer]:
    """Call a service.

    Args:
        service: the service.
        method: of HTTP.
        path: what follows the service's address, percent-encoded.
        body: of the call.
        headers: of the call.
        message_id: the client's own id of the call.
        checked: whether the hash of the request must be that of what was sent.

    Raises:
        IdentifierInvalid: the service or the path is of another form.
    """

    def read(reply: Reply) -> Answer:
        return _answer(reply, method=method, body=body, checked=checked)

    return Ask(
        method=method,
        path=path_of(service, path),
        headers={**headers, "X-Road-Id": message_id},
        content=body,
        repeatable=method in REPEATABLE,
        ours=False,
        read=read,
    )


def _answer(reply: Reply, *, method: str, body: bytes, checked: bool) -> Answer:
    if reply.header("x-road-error"):
        raise _failed(reply)
    request_id, message_id = reply.header("x-road-request-id"), reply.header("x-road-id")
    if not request_id or message_id != _last(reply.sent, "x-road-id"):
        raise AnswerInvalid(f"the x-road-id {message_id[:80]!r} is that of another call")
    expected = request_hash(method, reply.target, _passed_on(reply.sent, request_id), body)
    if checked and not secrets.compare_digest(reply.header("x-road-request-hash").encode(), expected.encode()):
        raise AnswerInvalid("the x-road-request-hash is that of another request")
    return Answer(
        status=reply.status,
        headers=tuple(reply.headers),
        body=reply.body,
        request_id=request_id,
        message_id=message_id,
    )


def request_hash(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> str:
    """Return ``x-road-request-hash``: base64 of SHA-512 over head and body."""
    lines = [method, target, *(f"{name}:{value}" for name, value in headers)]
    digest = hashlib.sha512("".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")).digest()
    if body:
        digest = hashlib.sha512(digest + hashlib.sha512(body).digest()).digest()
    return base64.b64encode(digest).decode()


def _passed_on(sent: Headers, request_id: str) -> list[tuple[str, str]]:
    """Return the headers as the gateway seals them: those of one connection left out, its own at the end."""
    kept = [(name, value) for name, value in sent if name not in _NOT_PASSED_ON and name not in _GATEWAYS]
    values = {"x-road-request-id": request_id}
    return [*kept, *((name, values.get(name) or _last(sent, name)) for name in _OURS)]


def _last(headers: Headers, name: str) -> str:
    return next((value for key, value in reversed(headers) if key == name), "")


def _failed(reply: Reply) -> CallFailed:
    try:
        told = msgspec.json.decode(reply.body, type=_Fault)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # A client that asked for XML gets it, also when the call fails.
        told = _Fault(type=reply.header("x-road-error"), message=reply.body.decode(errors="replace"))
    return CallFailed(status=reply.status, code=told.type, title=told.message, detail=told.detail)
