"""Paths and the patterns they are granted by. A path that could mean another one matches nothing."""

import re
from functools import lru_cache
from urllib.parse import unquote

# A slash or backslash that a backend may or may not decode: two readings of one path.
_HIDDEN_SEPARATOR = re.compile(r"%2f|%5c|\\", re.IGNORECASE)


def is_unambiguous(path: str) -> bool:
    """Tell whether a raw path has no dot segment, however often it is decoded.

    Args:
        path: the raw path behind the service code, percent-encoded, with or without query.
    """
    decoded = path.partition("?")[0]
    for _ in range(4):
        segments = re.split(r"[/\\]", decoded)
        # Matrix parameters count as part of the segment for us and not for some backends: `..;x`.
        if any(segment.partition(";")[0] in {".", ".."} for segment in segments):
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
    return is_unambiguous(bare) and _compiled(pattern).fullmatch(_normal(bare)) is not None


def _normal(path: str) -> str:
    # Segments are compared decoded; hidden separators stay visible as such so that `*` cannot cover them.
    return "/".join(segment if _HIDDEN_SEPARATOR.search(segment) else unquote(segment) for segment in path.split("/"))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = []
    for segment in pattern.strip("/").split("/"):
        match segment:
            case "**":
                parts.append(r"(?:/.*)?")
            case "*":
                parts.append(r"/(?:(?!%2f|%5c|%2F|%5C)[^/\\])+")
            case "":
                parts.append("/?")
            case literal:
                parts.append("/" + re.escape(literal))
    return re.compile("".join(parts), re.DOTALL)
