"""Timestamps from an authority over HTTP (RFC 3161, section 3.4), for a signature that is being made."""

import asyncio
import http.client
import ssl
from typing import Any, Final
from urllib.parse import urlsplit

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper

from lienthong.signatures.errors import TimestampFailed

_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_MAX_REPLY: Final = 256 * 1024
_OK: Final = 200
_SECONDS: Final = 20.0


class Authority(TimeStamper):
    """Asks one authority, directly: no redirects, no proxies."""

    def __init__(self, url: str, *, seconds: float = _SECONDS, context: ssl.SSLContext | None = None) -> None:
        """Name it.

        Args:
            url: its address, http or https, without a password.
            seconds: how long it may take over each step.
            context: whom to trust for https; those of the system unless given.

        Raises:
            TimestampFailed: the address is none of that kind.
        """
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's is untyped
        self._parts = urlsplit(url)
        if self._parts.scheme not in {"http", "https"} or not self._parts.hostname or "@" in self._parts.netloc:
            raise TimestampFailed("not an address such as https://tsa.example/stamp")
        self._name = f"{self._parts.scheme}://{self._parts.netloc}"
        self._seconds = seconds
        self._context = context

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over a digest, checked to be over that digest.

        Raises:
            TimestampFailed: it cannot be reached, refuses, or answers something else than was asked.
        """
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
            same = imprint["hashed_message"].native == message_digest
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TimestampFailed(f"{self._name}: {type(error).__name__} {error}") from None
        if not same:
            raise TimestampFailed(f"{self._name}: a timestamp of something else")
        return token

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask over HTTP.

        Raises:
            TimestampFailed: no answer, or none of this kind.
        """
        body = await asyncio.to_thread(self._ask, req.dump())
        return tsp.TimeStampResp.load(body, strict=True)

    def _ask(self, query: bytes) -> bytes:
        connection = self._connection()
        target = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        try:
            connection.request("POST", target, query, {"Content-Type": _QUERY, "Accept": _REPLY})
            with connection.getresponse() as answer:
                media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
                body = answer.read(_MAX_REPLY + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TimestampFailed(f"{self._name}: {type(error).__name__}") from None
        finally:
            connection.close()
        if answer.status != _OK or media_type != _REPLY or len(body) > _MAX_REPLY:
            raise TimestampFailed(f"{self._name}: status {answer.status}, {media_type or 'no type'}")
        return body

    def _connection(self) -> http.client.HTTPConnection:
        host, port = str(self._parts.hostname), self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._seconds)
        context: Any = self._context or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._seconds, context=context)
