"""Timestamps (RFC 3161): somebody else vouches that the signature existed at a time."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from asn1crypto import cms, core, tsp
from cryptography import x509

from lienthong.exchange.asic.errors import SignatureInvalid, StampFailed
from lienthong.exchange.asic.verify_cms import verify_signed
from lienthong.exchange.http_client import HttpClient, HttpFailure, Origin

_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_MAX_REPLY: Final = 256 * 1024
_GRANTED: Final = frozenset({"granted", "granted_with_mods"})
_OK: Final = 200
_NONCE_BITS: Final = 64


class _Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto is untyped
    """``TimeStampResp`` (RFC 3161, section 2.4.2); asn1crypto's own would have a refusal carry a token."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A timestamp authority reached by HTTP (RFC 3161, section 3.4)."""

    url: str
    # Whose timestamps count; the authority itself, not those above it.
    certificates: tuple[x509.Certificate, ...]
    # Seconds until it must have answered.
    timeout: float = 20.0
    client: HttpClient = field(default_factory=lambda: HttpClient(connections=4))

    async def stamp(self, signature: bytes) -> cms.ContentInfo:
        """Return a token over a signature, checked.

        Raises:
            StampFailed: it cannot be reached, refuses, or answers something else than was asked.
        """
        digest = hashlib.sha256(signature).digest()
        nonce = secrets.randbits(_NONCE_BITS)
        request = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
                "nonce": nonce,
                "cert_req": True,
            }
        )
        reply = await self._ask(request.dump())
        return token_of(reply, digest=digest, nonce=nonce, certificates=self.certificates)

    async def _ask(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            origin = Origin.of(f"{parts.scheme}://{parts.netloc}")
            async with asyncio.timeout(self.timeout):
                answer = await self.client.request(origin, "POST", target, (("content-type", _QUERY),), body)
        except (HttpFailure, OSError, TimeoutError, ValueError) as error:
            raise StampFailed(f"{self.url}: {type(error).__name__}") from error
        media_type = answer.header("content-type").partition(";")[0].strip().lower()
        if answer.status != _OK or media_type != _REPLY or len(answer.body) > _MAX_REPLY:
            raise StampFailed(f"{self.url}: status {answer.status}, {media_type or 'no type'}")
        return answer.body


def token_of(reply: bytes, *, digest: bytes, nonce: int, certificates: Sequence[x509.Certificate]) -> cms.ContentInfo:
    """Take the token out of an authority's reply, and check that it is what was asked for.

    Raises:
        StampFailed: refused, malformed, over something else, or by somebody else.
    """
    try:
        response = _Reply.load(reply, strict=True)
        status = response["status"]["status"].native
        if status not in _GRANTED:
            raise StampFailed(f"the authority says: {status}")
        token = response["time_stamp_token"]
        check_token(token, digest=digest, nonce=nonce, certificates=certificates)
    # Whatever is wrong with the form of untrusted ASN.1 comes up as one of these, when it is first looked at.
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise StampFailed(f"not a reply of the expected form: {type(error).__name__}") from error
    except SignatureInvalid as error:
        raise StampFailed(f"a token that does not hold: {error.where}") from error
    return token


def check_token(
    token: Any,  # noqa: ANN401 - asn1crypto is untyped
    *,
    digest: bytes,
    nonce: int | None,
    certificates: Sequence[x509.Certificate],
) -> x509.Certificate:
    """Check that a token is one of these authorities' over a digest, and return whose it is.

    Raises:
        SignatureInvalid: it is not.
    """
    signed = token["content"]
    encapsulated = signed["encap_content_info"]
    if token["content_type"].native != "signed_data" or encapsulated["content_type"].native != "tst_info":
        raise SignatureInvalid("not a timestamp")
    info = encapsulated["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or imprint["hashed_message"].native != digest:
        raise SignatureInvalid("a timestamp of something else")
    if nonce is not None and info["nonce"].native != nonce:
        raise SignatureInvalid("a timestamp of another time")
    return verify_signed(signed, bytes(encapsulated["content"]), certificates)
