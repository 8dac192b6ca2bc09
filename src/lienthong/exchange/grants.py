"""Paths and the patterns they are granted by. A path that could mean another one matches nothing."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

# What HTTP sends as a target: no space, no control, no fragment. HTTP clients drop the one and cut off the other,
# so that the service would see another path than the one that was granted.
_TARGET: Final = re.compile(r"(?:[/?][!\"$-~]*)?\Z")
# Overlong UTF-8 and %u escapes of dot, slash and backslash, which some servers still read as such.
_DISGUISED: Final = re.compile(
    r"%c0%a[ef]|%c1%9c|%e0%80%a[ef]|%e0%81%9c|%f0%80%80%a[ef]|%f0%80%81%9c|%u(?:00|ff)(?:2[ef]|0[ef]|5c|3c)",
    re.IGNORECASE,
)
_SEPARATOR: Final = re.compile(r"[/\\]")
_MAX_DECODINGS: Final = 4
# Stands before what no decoded segment can be: a wildcard, or a segment that hides a separator, which only `**`
# or the same literal covers.
_MARK: Final = "\0"
_ONE: Final = _MARK + "*"
_ANY: Final = _MARK + "**"


def is_target(path: str) -> bool:
    """Tell whether a raw path and query can stand in the first line of an HTTP request as they are."""
    return _TARGET.match(path) is not None


def is_unambiguous(path: str) -> bool:
    """Tell whether a raw path has no dot segment, however often and by whom it is decoded.

    Args:
        path: the raw path behind the service code, percent-encoded, with or without query.
    """
    decoded = path.partition("?")[0]
    for _ in range(_MAX_DECODINGS):
        if _DISGUISED.search(decoded) or "\0" in decoded or any(map(_is_dots, _SEPARATOR.split(_folded(decoded)))):
            return False
        once_more = unquote(decoded)
        if once_more == decoded:
            return True
        decoded = once_more
    return False


def matches(pattern: str, path: str) -> bool:
    """Tell whether a granted pattern covers a raw path.

    ``*`` stands for one segment, ``**`` for any number of segments; everything else is literal. An
    encoded slash never crosses a segment: only ``**`` covers it.

    Args:
        pattern: as in the grant, such as ``/persons/*`` or ``/**``.
        path: the raw path behind the service code, with or without query.
    """
    bare = path.partition("?")[0] or "/"
    return is_target(bare) and is_unambiguous(bare) and _covers(_compiled(pattern), _segments(bare))


def _covers(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Compare segment by segment; coming back to the last ``**`` only, so that no pattern takes long."""
    at = wanted = 0
    # Where the last `**` stands, and what is the next segment it would swallow.
    any_at, swallowed = -1, 0
    while at < len(path):
        if wanted < len(pattern) and pattern[wanted] == _ANY:
            any_at, swallowed = wanted, at
            wanted += 1
        elif wanted < len(pattern) and _is_covered(pattern[wanted], path[at]):
            wanted, at = wanted + 1, at + 1
        elif any_at >= 0:
            swallowed += 1
            wanted, at = any_at + 1, swallowed
        else:
            return False
    return all(left == _ANY for left in pattern[wanted:])


def _is_covered(wanted: str, segment: str) -> bool:
    if wanted == _ONE:
        return bool(segment) and not segment.startswith(_MARK)
    return wanted == segment


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[str, ...]:
    return tuple(
        _MARK + raw if raw in {"*", "**"} else segment
        for raw, segment in zip(pattern.removeprefix("/").split("/"), _segments(pattern), strict=True)
    )


def _segments(path: str) -> tuple[str, ...]:
    return tuple(map(_segment, path.removeprefix("/").split("/")))


def _segment(raw: str) -> str:
    """Return a segment decoded once, as a service reads it."""
    decoded = raw
    for _ in range(_MAX_DECODINGS):
        if _SEPARATOR.search(_folded(decoded)):
            return _MARK + raw
        decoded = unquote(decoded)
    return unquote(raw)


def _folded(text: str) -> str:
    # Full-width and other compatibility forms of dot and slash.
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _is_dots(segment: str) -> bool:
    # Matrix parameters, blanks and controls count as part of the segment for us and not for some servers: `..;x`.
    name = "".join(character for character in segment.partition(";")[0] if character > " " and character != "\x7f")
    return bool(name) and not name.strip(".")
