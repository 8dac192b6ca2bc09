"""Asking a gateway's web application directly, as its web server does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.types import Message

from lienthong.exchange.gateway import Gateway
from lienthong.exchange.policy import Connection
from lienthong.exchange.rest.app import build
from lienthong.exchange.rest.peers import CONNECTION
from lienthong.exchange.rest.r1 import R1
from lienthong.kernel.identifiers import ServiceId


@dataclass(frozen=True, slots=True)
class Reply:
    """What the web face answered."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask_web(
    gateway: Gateway, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Reply:
    """Ask a gateway's web application as an information system does."""
    app = build(
        gateway,
        R1(caller=gateway.caller, instance="VN", directory=gateway.node.directory, limiter=gateway.limiting.subsystems),
    )
    raw, _, query = path.partition("?")
    sent: list[Message] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": raw,
        "raw_path": raw.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [
            *((name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()),
            *([(b"content-length", str(len(body)).encode())] if body else []),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        CONNECTION: Connection(),
    }

    request: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        # When all of it is read, the next news is that the client is gone: it stays.
        return request.pop() if request else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    return Reply(
        start["status"],
        {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in rest),
    )


def r1(service: ServiceId, rest: str = "") -> str:
    """The address of a service on the web face."""
    return "/r1/" + "/".join(quote(part, safe="") for part in service.parts) + rest
