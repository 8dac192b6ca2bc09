"""Deterministic CBOR: one value, one encoding; everything else is refused, and quickly."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid

NUMBERS = st.integers(-(1 << 64), (1 << 64) - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = NUMBERS | st.binary(max_size=40) | TEXTS
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.binary(max_size=300) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(KEYS, inner, max_size=30)
        | st.builds(cbor2.CBORTag, st.integers(1000, (1 << 64) - 1), inner)
    ),
    max_leaves=60,
)


@given(value=VALUES)
def test_values_come_back(value: object) -> None:
    encoded = cbor.encode(value)
    assert cbor.decode(encoded) == value
    assert cbor.encode(cbor.decode(encoded)) == encoded


@given(value=VALUES)
def test_another_library_reads_the_same(value: object) -> None:
    assert cbor2.loads(cbor.encode(value)) == value


@given(data=st.binary(max_size=60))
def test_of_arbitrary_bytes_only_the_one_encoding_is_accepted(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except CborInvalid:
        return
    assert cbor.encode(value) == data


@given(value=VALUES, data=st.data())
def test_a_changed_byte_is_another_value_or_refused(value: object, data: st.DataObject) -> None:
    encoded = bytearray(cbor.encode(value))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = cbor.decode(bytes(encoded))
    except CborInvalid:
        return
    assert cbor.encode(other) == bytes(encoded)


@given(value=VALUES, data=st.data())
def test_what_is_cut_short_or_goes_on_is_refused(value: object, data: st.DataObject) -> None:
    encoded = cbor.encode(value)
    with pytest.raises(CborInvalid):
        cbor.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    with pytest.raises(CborInvalid, match="bytes too many"):
        cbor.decode(encoded + data.draw(st.binary(min_size=1, max_size=4)))


@given(number=NUMBERS, data=st.data())
def test_longer_forms_of_a_number_are_refused(number: int, data: st.DataObject) -> None:
    major, argument = (0, number) if number >= 0 else (1, -1 - number)
    sizes = [size for size in (0, 1, 2, 3) if argument < 1 << (8 << size)]
    shortest = len(cbor.encode(number)) - 1
    for size in sizes:
        form = bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size)
        if 1 << size == shortest:
            assert cbor.decode(form) == number
        else:
            with pytest.raises(CborInvalid, match="longer form"):
                cbor.decode(form)


@given(entries=st.dictionaries(KEYS, st.integers(0, 9), min_size=2, max_size=8), data=st.data())
def test_keys_in_another_order_are_refused(entries: dict[Any, int], data: st.DataObject) -> None:
    pairs = sorted(cbor2.dumps(key) + cbor2.dumps(value) for key, value in entries.items())
    head = bytes([0xA0 + len(pairs)])
    assert cbor.decode(head + b"".join(pairs)) == entries
    mixed = data.draw(st.permutations(pairs).filter(lambda order: order != pairs))
    with pytest.raises(CborInvalid, match="twice or out of order"):
        cbor.decode(head + b"".join(mixed))


# Appendix A of RFC 8949, and what is not deterministic or not ours.
ACCEPTED = {
    "00": 0,
    "17": 23,
    "1818": 24,
    "1903e8": 1000,
    "1bffffffffffffffff": 18446744073709551615,
    "20": -1,
    "3bffffffffffffffff": -18446744073709551616,
    "f4": False,
    "f5": True,
    "f6": None,
    "40": b"",
    "4401020304": b"\x01\x02\x03\x04",
    "60": "",
    "62c3bc": "ü",
    "64f0908591": "\U00010151",
    "80": [],
    "8301820203820405": [1, [2, 3], [4, 5]],
    "a0": {},
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
    "a3010220034100f6": {1: 2, -1: 3, b"\x00": None},
    "c074323031332d30332d32315432303a30343a30305a": cbor2.CBORTag(0, "2013-03-21T20:04:00Z"),
    "d818456449455446": cbor2.CBORTag(24, b"dIETF"),
}
REFUSED = {
    "nothing": "",
    "a longer 0": "1800",
    "a longer 23": "1817",
    "255 in two bytes": "1900ff",
    "a longer text length": "780161",
    "a longer tag": "d80200",
    "reserved additional information": "1c",
    "indefinite bytes": "5f41000000ff",
    "indefinite text": "7f6161ff",
    "an indefinite array": "9f01ff",
    "an indefinite map": "bf0102ff",
    "a break alone": "ff",
    "a key twice": "a201000100",
    "keys out of order": "a202000100",
    "a key true, which some languages take for 1": "a1f500",
    "an array as a key": "a1800000",
    "a map as a key": "a1a000",
    "a tag as a key": "a1c10000",
    "a half float": "f93c00",
    "a single float": "fa47c35000",
    "a double float": "fb3ff199999999999a",
    "undefined": "f7",
    "an unassigned simple value": "f0",
    "a simple value of two bytes": "f820",
    "text that is not UTF-8": "61ff",
    "a surrogate": "63eda080",
    "a missing value": "a101",
    "a missing item": "8201",
    "a tag of nothing": "c1",
    "a length without content": "4201",
    "a cut number": "19ff",
    "two values": "0000",
}


@pytest.mark.parametrize("encoded", ACCEPTED)
def test_accepted(encoded: str) -> None:
    assert cbor.decode(bytes.fromhex(encoded)) == ACCEPTED[encoded]
    assert cbor.encode(ACCEPTED[encoded]).hex() == encoded


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    with pytest.raises(CborInvalid):
        cbor.decode(bytes.fromhex(REFUSED[case]))


def test_text_keys_are_ordered_by_their_bytes_and_not_by_their_length() -> None:
    # RFC 8949, section 4.2.1; the older rule (4.2.3) would sort by length first.
    assert cbor.encode({"b": 1, "aa": 2, 100: 3, -1: 4, b"": 5}).hex() == "a5186403200440056162016261 6102".replace(
        " ", ""
    )


def test_tuples_and_lists_are_one() -> None:
    assert cbor.encode((1, [2])) == cbor.encode([1, (2,)])


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        {1, 2},
        1 << 64,
        -(1 << 64) - 1,
        pytest.param(object(), id="object()"),
        bytearray(b"x"),
        {1.5: 1},
        {True: 1},
        {(1,): 1},
        {None: 1},
        "\ud800",
    ],
    ids=repr,
)
def test_what_has_no_deterministic_form_is_not_encoded(value: object) -> None:
    for within in (value, [value], {1: value}, cbor2.CBORTag(1000, value)):
        with pytest.raises(CborInvalid):
            cbor.encode(within)


def test_a_list_within_itself_is_not_encoded() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(CborInvalid):
        cbor.encode(endless)


def test_the_quick_encoder_writes_the_same() -> None:
    assert cbor.encode_sequence([1, "a", b"b", None]) == cbor.encode([1, "a", b"b", None])
    with pytest.raises(CborInvalid):
        cbor.encode_sequence(["\ud800"])


@given(value=st.integers(0, (1 << 64) - 1), text=st.text(max_size=300), count=st.integers(0, 70_000))
def test_what_is_written_by_hand_is_what_the_general_encoder_writes(value: int, text: str, count: int) -> None:
    assert cbor.number(value) == cbor.encode(value)
    assert cbor.text(text) == cbor.encode(text)
    assert cbor.array(count) + bytes(count) == cbor.encode([0] * count)


def test_what_has_no_form_is_not_written_by_hand_either() -> None:
    for bad in (-1, 1 << 64):
        with pytest.raises(CborInvalid):
            cbor.number(bad)
    with pytest.raises(CborInvalid):
        cbor.text("\ud800")


@pytest.mark.parametrize("opener", ["81", "a100", "c1", "d9d9f7"])
def test_nesting_has_an_end(opener: str) -> None:
    step = bytes.fromhex(opener)
    assert cbor.decode(step * cbor.MAX_DEPTH + b"\x00") is not None
    for depth in (cbor.MAX_DEPTH + 1, 1_000_000):
        with pytest.raises(CborInvalid, match="nested deeper"):
            cbor.decode(step * depth + b"\x00")


@pytest.mark.parametrize("head", ["5b7fffffffffffffff", "7bffffffffffffffff", "5affffffff", "7affffffff"])
def test_a_huge_declared_length_asks_for_no_memory(head: str) -> None:
    with pytest.raises(CborInvalid, match="cut short"):
        cbor.decode(bytes.fromhex(head) + b"abc")


@pytest.mark.parametrize("head", ["9bffffffffffffffff", "bb7fffffffffffffff", "9affffffff", "baffffffff", "9a00040001"])
def test_a_huge_declared_count_asks_for_no_memory(head: str) -> None:
    with pytest.raises(CborInvalid, match="more than 262144 values"):
        cbor.decode(bytes.fromhex(head) + b"\x00" * 100)


def test_many_values_spread_over_many_arrays_are_counted_together() -> None:
    inner = b"\x99\xff\xff" + b"\x00" * 0xFFFF
    assert len(cbor.decode(b"\x83" + inner * 3)) == 3
    with pytest.raises(CborInvalid, match="more than 262144 values"):
        cbor.decode(b"\x85" + inner * 5)


def test_input_over_the_bound_is_refused_unread() -> None:
    assert cbor.decode(b"\x43abc", max_size=4) == b"abc"
    with pytest.raises(CborInvalid, match="5 bytes where 4 are allowed"):
        cbor.decode(b"\x44abcd", max_size=4)


def test_shared_references_are_not_unfolded() -> None:
    # Tags 28 and 29 of the registry: each array holds the one before twice. Unfolded, this would be 2^200 values.
    data = b"\x98\xc8\xd8\x1c\x82\x00\x00"
    for number in range(199):
        data += b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + cbor2.dumps(number))
    value = cbor.decode(data)
    assert value[1] == cbor2.CBORTag(28, [cbor2.CBORTag(29, 0), cbor2.CBORTag(29, 0)])
    assert cbor.encode(value) == data


@pytest.mark.parametrize("tag", [0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 43000, 55799])
@pytest.mark.parametrize("content", ["1bffffffffffffffff", "821bffffffffffffffff01", "6128", "4161", "8100", "820100"])
def test_no_tag_has_a_meaning(tag: int, content: str) -> None:
    # A general decoder computes huge decimals, compiles patterns and divides by zero here.
    encoded = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1] + bytes.fromhex(content)
    assert cbor.decode(encoded).tag == tag


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65535, 65536, 1 << 20])
def test_byte_strings_are_written_and_read_without_the_general_codec(size: int) -> None:
    data = bytes(size)
    encoded = cbor.byte_string(data)
    assert encoded == cbor.encode(data)
    assert cbor.read_byte_string(b"before" + encoded + b"after", 6) == (data, 6 + len(encoded))
    assert cbor.byte_strings(data, b"x", data) == cbor.encode([data, b"x", data])
    assert cbor.read_byte_strings(b"before" + cbor.byte_strings(data, b"x"), 6, 2) == [data, b"x"]


class Enormous(bytes):
    """Bytes that say they are more than four GiB, without being so."""

    def __len__(self) -> int:
        return 1 << 32


def test_even_a_length_of_more_than_32_bits_has_its_form() -> None:
    assert cbor.byte_string(Enormous()) == b"\x5b\x00\x00\x00\x01\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "encoded",
    ["", "6161", "00", "80", "f6", "41", "4261", "5801", "580161", "590001", "5f4100ff", "5bffffffffffffffff", "5c"],
)
def test_what_is_no_byte_string_is_refused(encoded: str) -> None:
    data = bytes.fromhex(encoded)
    with pytest.raises(CborInvalid):
        cbor.read_byte_string(data, 0)
    with pytest.raises(CborInvalid):
        cbor.read_byte_strings(b"\x81" + data, 0, 1)


@pytest.mark.parametrize(
    "encoded", ["", "80", "8140", "834040", "83404040", "a14040", "980240 40", "9f4040ff", "82404000"]
)
def test_another_number_of_byte_strings_is_refused(encoded: str) -> None:
    with pytest.raises(CborInvalid):
        cbor.read_byte_strings(bytes.fromhex(encoded), 0, 2)
