"""Which part of a file is asked for (RFC 9110, 14.2): one range of bytes, as viewers of PDF ask."""

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")


def part_asked_for(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the one before which the part ends.

    Args:
        header: the value of ``Range``; what is no single range of bytes asks for everything, as the standard allows.
        size: of the file, in bytes.

    Returns:
        None where the part lies outside of the file.
    """
    found = _ONE.match(header)
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        # So many from the end.
        length = min(int(last), size)
        return (size - length, size) if length else None
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None
