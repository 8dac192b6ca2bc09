"""What the web server takes as a request's head: all that another server could read in another way is refused.

llhttp is strict about lengths, chunks, line ends and blanks (RFC 9112, section 11); here stands what it lets pass.
"""

from collections.abc import Sequence
from typing import Final

BAD: Final = b"400 Bad Request"
LATE: Final = b"408 Request Timeout"
LARGE: Final = b"431 Request Header Fields Too Large"
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_SCHEMES: Final = frozenset({b"http", b"https"})


class HeadRefused(Exception):
    """What came is no request that is taken."""

    def __init__(self, status: bytes, text: str) -> None:
        """Say with which status and why; nothing of what was sent stands in the text."""
        super().__init__(text)
        self.status = status
        self.text = text


def check(version: str, method: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Check a head; returns whether the client waits for a word before it sends the body.

    Args:
        version: of HTTP, such as 1.1.
        method: as it came.
        headers: names in lower case.

    Raises:
        HeadRefused: another version, a proxy's method, a transfer coding but chunked, not exactly one host.
    """
    if version not in _VERSIONS:
        raise HeadRefused(b"505 HTTP Version Not Supported", "neither HTTP/1.1 nor HTTP/1.0")
    if method == "CONNECT":
        raise HeadRefused(b"501 Not Implemented", "this is no proxy")
    hosts, expects = 0, False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"expect":
            expects = value.lower() == b"100-continue"
        elif name == b"transfer-encoding" and (version != "1.1" or value.strip().lower() != b"chunked"):
            raise HeadRefused(b"501 Not Implemented", "a transfer coding other than chunked in HTTP/1.1")
    if hosts > 1 or (not hosts and version == "1.1"):
        raise HeadRefused(BAD, "not exactly one Host")
    return expects


def framing(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the header that says where the body of a checked head ends; empty where it has none."""
    return next((b"%b: %b" % pair for pair in headers if pair[0] in {b"content-length", b"transfer-encoding"}), b"")


def origin_form(target: bytes) -> bytes:
    """Return path and query of a target (RFC 9112, section 3.2), byte for byte.

    Raises:
        HeadRefused: neither a path, nor an address as for a proxy, nor ``*``.
    """
    if target.startswith(b"/") or target == b"*":
        return target
    scheme, found, rest = target.partition(b"://")
    if not found or scheme.lower() not in _SCHEMES:
        raise HeadRefused(BAD, "a target that is no path")
    return b"/" + rest.partition(b"/")[2]
