"""HTTP messages as they travel under a seal: headers and body, byte for byte."""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from typing import Final

import msgspec

from lienthong.exchange.errors import Malformed

type Headers = tuple[tuple[str, str], ...]
"""Names in lower case and values, in their order; latin-1 on the wire of HTTP."""

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
MAX_HEAD: Final = 256 * 1024
# Lines of a field name (RFC 9110, section 5.1) in lower case, for what is compared with the names below must be
# comparable, and of a value without a line break, which would start a header of the sender's choice at the service.
_HEAD: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9a-z-]++: [^\r\n\0]*+\r\n)*+\Z")
# The same with names of letters, digits and `-` only, as nearly all heads are: none of them is disguised.
_PLAIN_HEAD: Final = re.compile(rb"(?:[0-9a-z-]++: [^\r\n\0]*+\r\n)*+\Z")
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


# Servers that hand headers on as variables (CGI, WSGI) write `_` for every `-`, some for every other sign: there a
# client's `x_road_client` would stand in the place of what the exchange says, and its `content_length` in that of the
# body's. Such names do not pass on.
_SIGN: Final = "[^a-z0-9]"
_DISGUISED: Final = re.compile(
    rf"(?![a-z0-9-]*\Z)(?:x{_SIGN}(?:road|lienthong){_SIGN}.*|"
    + "|".join(name.replace("-", _SIGN) for name in sorted(HOP_BY_HOP) if "-" in name)
    + r")\Z"
)


class LargeBody(ABC):
    """A body that is not held in memory as a whole."""

    @abstractmethod
    def pieces(self) -> AsyncGenerator[bytes]:
        """Return it piece by piece. Close what is returned; where it comes from somewhere else, it comes once.

        Raises:
            LienthongError: it breaks off, or is not what it should be. The last piece comes only when all holds.
        """

    @property
    @abstractmethod
    def size(self) -> int | None:
        """Its bytes, where that is known before."""


type Body = bytes | LargeBody


class HttpMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A request or an answer without its start line, which the seal's header carries."""

    headers: Headers
    body: Body

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


def passed_on(headers: Headers, last: Mapping[str, str] | None = None) -> Headers:
    """Return the headers that pass through the exchange.

    Those that ``Connection`` names are left out, too, as RFC 9110 asks.

    Args:
        headers: names in lower case.
        last: the same by name, where the caller has it.
    """
    if "connection" not in (dict(headers) if last is None else last):
        return tuple([pair for pair in headers if pair[0] not in HOP_BY_HOP])
    named = {token.strip().lower() for name, value in headers if name == "connection" for token in value.split(",")}
    return tuple([pair for pair in headers if pair[0] not in HOP_BY_HOP and pair[0] not in named])


def encode_head(headers: Headers) -> bytes:
    """Encode headers for the envelope: ``name: value`` and CRLF for each, as on the wire of HTTP.

    Raises:
        UnicodeEncodeError: a character that is no byte.
    """
    return "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("latin-1")


def decode_head(data: bytes) -> Headers:
    """Read what ``encode_head`` wrote, without what does not pass on, whoever put it there.

    Raises:
        Malformed: not lines of lower-case name and value, or over 256 KiB.
    """
    if len(data) > MAX_HEAD:
        raise Malformed(f"a head of {len(data)} bytes where {MAX_HEAD} are allowed")
    plain = _PLAIN_HEAD.match(data)
    if not plain and not _HEAD.match(data):
        raise Malformed("a list of HTTP headers")
    # One character stands for one byte of the wire; the last line is empty.
    lines = data.decode("latin-1").split("\r\n")[:-1]
    headers = tuple([(name, value) for name, _, value in [line.partition(": ") for line in lines]])
    if not plain:
        headers = tuple([pair for pair in headers if not _DISGUISED.match(pair[0])])
    # The peer's gateway should have done so; a length or host of its choice must not reach our service.
    return headers if HOP_BY_HOP.isdisjoint([name for name, _ in headers]) else passed_on(headers)
