"""Deterministic CBOR (RFC 8949, section 4.2.1): one value, one encoding, within bounds.

What is read comes from strangers, so the reader is our own: it knows the few types we use and refuses
everything else where it stands. A general one gives meaning to tags, and among these are shared references,
with which 200 bytes unfold into gigabytes.
"""

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, cast

import cbor2

from lienthong.kernel.errors import CborInvalid

MAX_SIZE: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
"""Arrays, maps and tags inside one another."""
MAX_ITEMS: Final = 1 << 18
"""Values in all arrays and maps together: a fifth of a second's work."""
_MAX_NUMBER: Final = 1 << 64
# Numbers from here on need so many (section 3).
_EIGHT_BYTES: Final = 1 << 32
_BYTES: Final = 2
_SIMPLE: Final = {0xF4: False, 0xF5: True, 0xF6: None}


def encode(value: object) -> bytes:
    """Encode integers of 64 bits, bytes, text, booleans, null, lists, tuples, dicts and CBOR tags of them.

    Keys of dicts are integers, bytes or text.

    Raises:
        CborInvalid: a value has no deterministic form here (floats, sets, dates, larger integers).
    """
    try:
        return _ENCODER.encode_to_bytes(_ordered(value))
    except (cbor2.CBOREncodeError, ValueError, RecursionError) as error:
        raise CborInvalid(str(error)) from error


def decode(data: bytes, *, max_size: int = MAX_SIZE) -> Any:  # noqa: ANN401 - whatever was encoded
    """Decode one value and refuse whatever is not its only encoding.

    Args:
        data: the encoded value, all of it.
        max_size: bytes; larger input is refused unread.

    Returns:
        Integers, bytes, text, booleans, None, lists, dicts (keys: integers, bytes, text) and ``cbor2.CBORTag``;
        no tag is given a meaning.

    Raises:
        CborInvalid: too large, truncated, nested too deep, too many values, trailing bytes, duplicate or
            unsorted keys, indefinite lengths, longer forms than needed, floats and other simple values.
    """
    if len(data) > max_size:
        raise CborInvalid(f"{len(data)} bytes where {max_size} are allowed")
    try:
        value, end = _Reader(data).item(0, MAX_DEPTH)
    except IndexError:
        raise CborInvalid("cut short") from None
    except UnicodeDecodeError as error:
        raise CborInvalid("text that is not UTF-8") from error
    if end != len(data):
        raise CborInvalid(f"{len(data) - end} bytes too many")
    return value


def encode_sequence(values: Sequence[object]) -> bytes:
    """Encode an array of plain values, and arrays of them, without looking inside: nothing in it needs ordering.

    Raises:
        CborInvalid: text that has no UTF-8 form.
    """
    return _dumped(values)


def byte_string(data: bytes) -> bytes:
    """Encode a byte string: without the general encoder, whose start costs more than the work."""
    return _head(0x40, len(data)) + data


def bytes_head(size: int) -> bytes:
    """Encode the beginning of a byte string of so many bytes."""
    return _head(0x40, size)


def text(value: str) -> bytes:
    """Encode text.

    Raises:
        CborInvalid: it has no UTF-8 form.
    """
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise CborInvalid(str(error)) from error
    return _head(0x60, len(data)) + data


def number(value: int) -> bytes:
    """Encode an integer of 64 bits that is not negative.

    Raises:
        CborInvalid: it is.
    """
    try:
        # Times are all different: remembering them would drive out what comes again.
        return _head(0x00, value) if value < _EIGHT_BYTES else b"\x1b" + value.to_bytes(8)
    except (ValueError, OverflowError) as error:
        raise CborInvalid(f"{value} is not an integer of 64 bits from 0 on") from error


def array(count: int) -> bytes:
    """Encode the beginning of an array of so many items."""
    return _head(0x80, count)


# The same few come again and again: finding one takes a quarter of the time of making it.
@lru_cache(maxsize=4096)
def _head(major: int, size: int) -> bytes:
    if size < 24:  # noqa: PLR2004 - section 3: what fits into the first byte, then one, two, four and eight more
        return bytes((major | size,))
    if size < 1 << 8:
        return bytes((major | 24, size))
    if size < 1 << 16:
        return bytes((major | 25,)) + size.to_bytes(2)
    return bytes((major | 26,)) + size.to_bytes(4) if size < _EIGHT_BYTES else bytes((major | 27,)) + size.to_bytes(8)


def byte_strings(*items: bytes) -> bytes:
    """Encode an array of at most 23 byte strings."""
    return array(len(items)) + b"".join(map(byte_string, items))


def read_byte_string(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the byte string that begins at an offset, and the offset behind it.

    Raises:
        CborInvalid: something else, cut short, or a longer form than needed.
    """
    try:
        if data[at] >> 5 != _BYTES:
            raise CborInvalid("something else where a byte string belongs")
        return cast("tuple[bytes, int]", _Reader(data).item(at, 1))
    except IndexError:
        raise CborInvalid("cut short") from None


def read_byte_strings(data: bytes, at: int, count: int) -> list[bytes]:
    """Return the items of an array of so many byte strings that begins at an offset and ends with the data.

    Raises:
        CborInvalid: something else, another number of items, cut short, or bytes too many.
    """
    if data[at : at + 1] != bytes((0x80 | count,)):
        raise CborInvalid(f"something else where {count} byte strings belong")
    at += 1
    items = []
    for _ in range(count):
        item, at = read_byte_string(data, at)
        items.append(item)
    if at != len(data):
        raise CborInvalid(f"{len(data) - at} bytes too many")
    return items


# Made once: making an encoder costs more than what it encodes. Between its beginning and its end it runs no
# Python code, so no other thread comes in between.
_ENCODER: Final = cbor2.CBOREncoder(io.BytesIO())


def _dumped(value: object) -> bytes:
    try:
        return _ENCODER.encode_to_bytes(value)
    except ValueError as error:
        raise CborInvalid(str(error)) from error


def _ordered(value: object) -> object:
    match value:
        case int() if not -_MAX_NUMBER <= value < _MAX_NUMBER:
            raise CborInvalid("an integer of more than 64 bits")
        case None | bool() | int() | bytes() | str():
            return value
        case list() | tuple():
            return [_ordered(item) for item in value]
        case dict():
            # Bytewise order of the encoded keys: cbor2's canonical mode still sorts by length first.
            pairs = sorted((_encoded_key(key), key, item) for key, item in value.items())
            return {key: _ordered(item) for _, key, item in pairs}
        case cbor2.CBORTag():
            return cbor2.CBORTag(value.tag, _ordered(value.value))
        case _:
            raise CborInvalid(f"a {type(value).__name__} has no deterministic form")


def _encoded_key(key: object) -> bytes:
    if isinstance(key, bool) or not isinstance(key, int | bytes | str):
        raise CborInvalid(f"a {type(key).__name__} as a key")
    return _ENCODER.encode_to_bytes(_ordered(key))


class _Reader:
    """Reads items of one input; ``IndexError`` means that it ends too early."""

    __slots__ = ("_data", "_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ITEMS

    def item(self, at: int, depth: int) -> tuple[Any, int]:  # noqa: PLR0911 - one for each major type
        """Return the value that begins at an offset, and the offset behind it."""
        first = self._data[at]
        number, at = first & 31, at + 1
        if number > 23:  # noqa: PLR2004 - section 3: what fits into the first byte
            number, at = self._number(number, at)
        match first >> 5:
            # The commonest first.
            case 3:
                return self._slice(at, number).decode(), at + number
            case 2:
                return self._slice(at, number), at + number
            case 0:
                return number, at
            case 1:
                return -1 - number, at
            case 4:
                return self._array(number, at, depth)
            case 5:
                return self._map(number, at, depth)
            case 6:
                value, at = self.item(at, _deeper(depth))
                return cbor2.CBORTag(number, value), at
            case _:
                return _simple(first), at

    def _number(self, info: int, at: int) -> tuple[int, int]:
        size = 1 << (info - 24)
        if info > 27:  # noqa: PLR2004 - 28 to 30 are reserved, 31 is an indefinite length
            raise CborInvalid("an indefinite length or a reserved form")
        number = int.from_bytes(self._slice(at, size))
        if number < (24 if size == 1 else 1 << (4 * size)):
            raise CborInvalid("a longer form than the number needs")
        return number, at + size

    def _slice(self, at: int, size: int) -> bytes:
        end = at + size
        if end > len(self._data):
            raise IndexError
        return self._data[at:end]

    def _array(self, count: int, at: int, depth: int) -> tuple[list[Any], int]:
        self._take(count)
        return self._items(count, at, _deeper(depth))

    def _map(self, count: int, at: int, depth: int) -> tuple[dict[Any, Any], int]:
        self._take(2 * count)
        starts: list[int] = []
        items, end = self._items(2 * count, at, _deeper(depth), starts)
        before = b""
        for number in range(0, 2 * count, 2):
            encoded = self._data[starts[number] : starts[number + 1]]
            if encoded[0] >> 5 > 3:  # noqa: PLR2004 - above text: array, map, tag, simple value
                raise CborInvalid("a key that is neither a number, bytes nor text")
            if encoded <= before:
                raise CborInvalid("keys twice or out of order")
            before = encoded
        return dict(zip(items[::2], items[1::2], strict=True)), end

    def _items(self, count: int, at: int, depth: int, starts: list[int] | None = None) -> tuple[list[Any], int]:
        """Return so many items and the offset behind them; notes where each begins if asked to.

        Small numbers, short bytes and short text are nearly all there is: they are read here, without a call each.
        """
        data, size = self._data, len(self._data)
        items: list[Any] = []
        for _ in range(count):
            if starts is not None:
                starts.append(at)
            first = data[at]
            if first < 24:  # noqa: PLR2004 - section 3: the number itself
                items.append(first)
                at += 1
            elif first & 0xC0 == 0x40 and first & 31 < 25:  # noqa: PLR2004 - bytes or text, length in one byte at most
                length, begin = first & 31, at + 1
                if length == 24:  # noqa: PLR2004 - the length is in the next byte
                    length, begin = data[begin], begin + 1
                    if length < 24:  # noqa: PLR2004 - it would have had room in the first
                        raise CborInvalid("a longer form than the number needs")
                at = begin + length
                if at > size:
                    raise IndexError
                items.append(data[begin:at] if first < 0x60 else data[begin:at].decode())  # noqa: PLR2004 - text from there
            elif 0x80 <= first < 0x98:  # noqa: PLR2004 - an array whose length is in the same byte
                self._take(first - 0x80)
                nested, at = self._items(first - 0x80, at + 1, _deeper(depth))
                items.append(nested)
            else:
                item, at = self.item(at, depth)
                items.append(item)
        return items, at

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise CborInvalid(f"more than {MAX_ITEMS} values")


def _deeper(depth: int) -> int:
    if not depth:
        raise CborInvalid(f"nested deeper than {MAX_DEPTH}")
    return depth - 1


def _simple(first: int) -> bool | None:
    try:
        return _SIMPLE[first]
    except KeyError:
        raise CborInvalid("a float, or a simple value other than false, true and null") from None
