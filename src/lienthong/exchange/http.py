"""HTTP messages as they travel under a seal: start line, headers and body, byte for byte."""

import re
from typing import Final

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid

type Headers = tuple[tuple[str, str], ...]
"""Names in lower case and values, in their order; latin-1 on the wire of HTTP."""

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
MAX_HEAD: Final = 256 * 1024
# A field name (RFC 9110, section 5.1) in lower case: what is compared with the names below must be comparable.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
# Line breaks, and what is no byte: one character stands for one byte of the wire.
_BREAK: Final = re.compile("[\r\n\0\u0100-\U0010ffff]")
# Belong to one connection (RFC 9110, section 7.6.1), or say who serves: none of it passes on.
HOP_BY_HOP: Final = frozenset(
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


class HttpMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A request or an answer without its start line, which the seal's header carries."""

    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


def passed_on(headers: Headers) -> Headers:
    """Return the headers that pass through the exchange.

    Those that ``Connection`` names are left out, too, as RFC 9110 asks.
    """
    named = {token.strip().lower() for name, value in headers if name == "connection" for token in value.split(",")}
    return tuple((name, value) for name, value in headers if name not in HOP_BY_HOP and name not in named)


def encode_head(headers: Headers) -> bytes:
    """Encode headers for the envelope."""
    return cbor.encode_sequence([[name, value] for name, value in headers])


def decode_head(data: bytes) -> Headers:
    """Read what ``encode_head`` wrote, without what does not pass on, whoever put it there.

    Raises:
        Malformed: not deterministic CBOR of pairs of lower-case name and value, or over 256 KiB.
    """
    try:
        pairs = cbor.decode(data, max_size=MAX_HEAD)
    except CborInvalid as error:
        raise Malformed(error.where) from error
    if isinstance(pairs, list) and all(_is_header(pair) for pair in pairs):
        # The peer's gateway should have done so; a length or host of its choice must not reach our service.
        return passed_on(tuple((name, value) for name, value in pairs))
    raise Malformed("a list of HTTP headers")


def _is_header(pair: object) -> bool:
    match pair:
        case [str() as name, str() as value]:
            # A line break in a value would start a header of the attacker's choice at the backend.
            return _NAME.match(name) is not None and _BREAK.search(value) is None
    return False
