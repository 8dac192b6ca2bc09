"""Deterministic CBOR (RFC 8949, section 4.2.1): one value, one encoding, within bounds."""

from typing import Any, Final

import cbor2

from lienthong.kernel.errors import CborInvalid

MAX_SIZE: Final = 16 * 1024 * 1024


def encode(value: object) -> bytes:
    """Encode integers, bytes, text, booleans, null, lists, tuples, dicts and CBOR tags of them.

    Raises:
        CborInvalid: a value has no deterministic form here (floats, sets, dates).
    """
    try:
        return cbor2.dumps(_ordered(value))
    except (cbor2.CBOREncodeError, RecursionError) as error:
        raise CborInvalid(str(error)) from error


def decode(data: bytes, *, max_size: int = MAX_SIZE) -> Any:
    """Decode one value and refuse whatever is not its only encoding.

    Args:
        data: the encoded value, all of it.
        max_size: bytes; larger input is refused unread.

    Raises:
        CborInvalid: too large, truncated, nested deeper than 400, trailing bytes, duplicate or
            unsorted keys, indefinite lengths, longer forms than needed, floats.
    """
    if len(data) > max_size:
        raise CborInvalid(f"{len(data)} bytes where {max_size} are allowed")
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CborInvalid(str(error)) from error
    # Comparing with our own encoding catches every deviation at once, duplicate keys included.
    if encode(value) != data:
        raise CborInvalid("another encoding of the same value")
    return value


def _ordered(value: object) -> object:
    match value:
        case None | bool() | int() | bytes() | str():
            return value
        case list() | tuple():
            return [_ordered(item) for item in value]
        case dict():
            # Bytewise order of the encoded keys: cbor2's canonical mode still sorts by length first.
            pairs = sorted((cbor2.dumps(key), key, item) for key, item in value.items())
            return {key: _ordered(item) for _, key, item in pairs}
        case cbor2.CBORTag():
            return cbor2.CBORTag(value.tag, _ordered(value.value))
        case _:
            raise CborInvalid(f"a {type(value).__name__} has no deterministic form")


def encode_sequence(values: list[bytes | str | int | None]) -> bytes:
    """Encode an array of plain values without looking inside: nothing in it needs ordering."""
    return cbor2.dumps(values)


def encode_ordered(value: dict[int, Any]) -> bytes:
    """Encode a map whose keys the caller already wrote in deterministic order, as do all maps inside it."""
    return cbor2.dumps(value)
