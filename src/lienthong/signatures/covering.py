"""Which bytes of a file a signature is over, whatever the file says of itself. Runs in the child process."""

import binascii
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_PARTS: Final = 4
_BLANK: Final = b"\0\t\n\f\r "


def covered_end(data: bytes, embedded: EmbeddedPdfSignature) -> int | None:
    """Return where the signed bytes end, if they are all from the start but this very signature's value.

    The only gap must be the hexadecimal string that was read as the value (ISO 32000-2, 12.8.1): a wider gap would let
    content be slipped in beside it, another place let one signature be shown for another.

    Args:
        data: the whole file.
        embedded: the signature as it was read.

    Returns:
        The offset of the first byte that is not signed; None if the range is any other.
    """
    numbers = embedded.byte_range
    if not isinstance(numbers, ArrayObject) or len(numbers) != _PARTS:
        return None
    if not all(isinstance(each, int) and each >= 0 for each in numbers):
        return None
    start, before, after, rest = (int(each) for each in numbers)
    end = after + rest
    if start or not before < after <= end <= len(data) or not rest:
        return None
    gap = data[before:after]
    if gap[:1] != b"<" or gap[-1:] != b">":
        return None
    try:
        value = binascii.unhexlify(gap[1:-1])
    except binascii.Error:
        return None
    return end if value == embedded.pkcs7_content else None


def trails_off(data: bytes) -> bool:
    """Tell whether anything but blanks follows the last end-of-file mark: it belongs to no revision."""
    _, mark, rest = data.rpartition(b"%%EOF")
    return not mark or bool(rest.strip(_BLANK))
