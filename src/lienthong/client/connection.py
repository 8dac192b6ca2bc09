"""What both clients know of their gateway, and how a request becomes one of httpx2."""

import ssl
from collections.abc import Mapping
from typing import Any, Final, TypedDict
from uuid import UUID

import httpx2
import msgspec

from lienthong.client.asking import Ask, Reply
from lienthong.kernel.identifiers import ClientId

UNSENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""What fails before anything is sent: repeating it can do no harm."""

PIECE: Final = 8 * 1024 * 1024
"""Bytes of an upload that are sent, and held in memory, at a time."""
CONFLICT: Final = 409


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a gateway, and for whom."""

    url: str
    client: ClientId | str
    # Seconds until the gateway must have answered.
    timeout: float = 70.0
    # How often a request that may be repeated is.
    retries: int = 3
    # Seconds for which streams try to come back.
    patience: float = 300.0
    # Of problems: en, vi or de.
    language: str = "en"
    # With the certificate of the information system; None on loopback, or for the system's trust.
    tls: ssl.SSLContext | None = None
    # Off where a proxy between here and the gateway adds headers of its own.
    check_hash: bool = True

    def options(self) -> dict[str, Any]:
        """Return the arguments of httpx2's clients."""
        return {
            "base_url": self.url,
            "headers": {"Accept-Language": self.language},
            "timeout": self.timeout,
            "verify": True if self.tls is None else self.tls,
            # The gateway is near; a proxy for the world outside does not lead to it.
            "trust_env": False,
        }


def request_of(ask: Ask[Any], settings: Settings) -> Mapping[str, Any]:
    """Return a request as the arguments of httpx2's ``build_request``."""
    return {
        "method": ask.method,
        "url": ask.path,
        "params": ask.params or None,
        # Clients of several information systems may share connections.
        "headers": {"X-Road-Client": str(settings.client), **ask.headers},
        "content": ask.content or None,
        "timeout": settings.timeout + ask.patience,
    }


def reply_of(response: httpx2.Response, body: bytes = b"") -> Reply:
    """Return an answer as the shared part reads it."""
    request = response.request
    return Reply(
        status=response.status_code,
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw],
        body=body,
        target=request.url.raw_path.decode("latin-1"),
        sent=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw],
    )


class Options(TypedDict, total=False):
    """What may be said of a client beside its gateway and its name; see ``Settings``."""

    timeout: float
    retries: int
    patience: float
    language: str
    tls: ssl.SSLContext | None
    check_hash: bool


class SendOptions(TypedDict, total=False):
    """What may be said of a message beside its receivers and contents."""

    subject: str
    # LEVEL or LEVEL/CAVEAT,…; internal unless given.
    label: str
    # 0 is normal; the profile names the higher ones.
    urgency: int
    purpose: str
    # Messages of one conversation.
    conversation: UUID
    # Seconds for which it may be under way; 30 days unless given.
    term_seconds: int
    # Makes it one message, however often it is sent; made if not given.
    key: str
