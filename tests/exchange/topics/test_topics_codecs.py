"""Events, places and keys as bytes: what is written is read again, and nothing else is read."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from lienthong.exchange.errors import Malformed, RequestInvalid
from lienthong.exchange.topics.block import MAX_BYTES, MAX_EVENTS, Place, split
from lienthong.exchange.topics.event import MAX_DATA, MAX_KEY, Event, Role
from lienthong.exchange.topics.keys import (
    MAX_EPOCHS,
    MAX_WRAPS,
    EpochKey,
    Keys,
    Wrap,
    decode_wraps,
    encode_wraps,
    is_wraps,
    readers_digest,
)
from lienthong.kernel import cbor

EVENTS = st.builds(
    Event,
    schema=st.sampled_from(["a/1", "person-moved/12", "A.b_c-d/999999"]),
    data=st.binary(max_size=200),
    key=st.text(st.characters(codec="utf-8"), max_size=20),
    media_type=st.sampled_from(["application/json", "text/plain", ""]),
    at=st.integers(0, (1 << 53) - 1),
    role=st.sampled_from(Role),
)
COUNTS = st.integers(0, (1 << 53) - 1)
PLACES = st.builds(
    Place,
    number=st.integers(1, 1 << 40),
    first=st.integers(1 << 20, 1 << 40),
    count=st.integers(0, MAX_EVENTS),
    epoch=COUNTS,
    kept=st.integers(0, 1 << 20),
    snapshot=COUNTS,
)
KEYS = st.lists(st.integers(1, 1 << 40), min_size=1, max_size=20, unique=True).map(
    lambda numbers: Keys(epochs=tuple(EpochKey(number=number, key=os.urandom(32)) for number in sorted(numbers)))
)


@given(EVENTS)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert Event.from_bytes(event.to_bytes()) == event


@given(PLACES)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.from_bytes(place.to_bytes()) == place


@given(KEYS)
def test_keys_are_read_as_they_were_written(keys: Keys) -> None:
    assert Keys.from_bytes(keys.to_bytes()) == keys


@given(st.binary(max_size=100))
def test_anything_else_is_malformed(data: bytes) -> None:
    for read in (Event.from_bytes, Place.from_bytes, Keys.from_bytes, decode_wraps):
        try:
            read(data)
        except Malformed:
            continue
        # Only an empty list of wraps is this easily hit upon.
        assert (read, data) == (decode_wraps, b"\x80")


@pytest.mark.parametrize(
    "values",
    [
        ["a/1", "", 0, 0, "", "text"],
        ["a/1", "", 0, 9, "", b""],
        ["a/1", "", True, 0, "", b""],
        ["a/1", "", 0, False, "", b""],
        ["a/1", "", -1, 0, "", b""],
        ["a/1", "", 1 << 53, 0, "", b""],
        ["a/0", "", 0, 0, "", b""],
        ["a", "", 0, 0, "", b""],
        ["a/1", "k" * (MAX_KEY + 1), 0, 0, "", b""],
        ["a/1", "", 0, 0, "m" * 201, b""],
        ["a/1", "", 0, 0, "", b"x" * (MAX_DATA + 1)],
        ["a/1", "", 0, 0, "", b"x" * (MAX_DATA + 5000)],
        ["a/1", "", 0, 0, ""],
    ],
)
def test_an_event_that_is_none_is_refused(values: list[object]) -> None:
    with pytest.raises(Malformed):
        Event.from_bytes(cbor.encode(values))


@pytest.mark.parametrize(
    "values",
    [
        ["block", 0, 1, 0, 1, 1, 0],
        ["block", 1, 0, 0, 1, 0, 0],
        ["block", 1, 1, MAX_EVENTS + 1, 1, 1, 0],
        ["block", 1, 1, 0, 1, 2, 0],
        ["block", 1, 1, 0, 1, 1],
        ["block", 1, 1, 0, 1, 1, 0, 0],
        ["block", True, 1, 0, 1, 1, 0],
        ["block", 1, 1, 0, 1, 1, -1],
        ["block", 1 << 53, 1, 0, 1, 1, 0],
        ["keys", 1, 1, 0, 1, 1, 0],
        [],
    ],
)
def test_a_place_that_contradicts_itself_is_refused(values: list[object]) -> None:
    with pytest.raises(Malformed):
        Place.from_bytes(cbor.encode(values))


@pytest.mark.parametrize(
    "epochs",
    [
        [],
        [[0, bytes(32)]],
        [[1, bytes(31)]],
        [[True, bytes(32)]],
        [[2, bytes(32)], [1, bytes(32)]],
        [[1, bytes(32)], [1, bytes(32)]],
        [[number, bytes(32)] for number in range(1, MAX_EPOCHS + 2)],
    ],
)
def test_keys_that_are_none_are_refused(epochs: list[object]) -> None:
    with pytest.raises(Malformed):
        Keys.from_bytes(cbor.encode(["keys", epochs]))


@pytest.mark.parametrize("items", [{}, [1], [[b"short", b""]], [[bytes(16), "text"]], [[bytes(16), b"", b""]]])
def test_wraps_that_are_none_are_refused(items: object) -> None:
    with pytest.raises(Malformed):
        decode_wraps(cbor.encode(items))


def test_wraps_are_cut_into_messages_that_the_carrier_takes() -> None:
    wraps = [Wrap(kid=number.to_bytes(16), envelope=bytes(40_000)) for number in range(40)]
    messages = encode_wraps(wraps)
    assert [wrap for message in messages for wrap in decode_wraps(message)] == wraps
    assert all(is_wraps(message) and len(message) < MAX_WRAPS + 41_000 for message in messages)
    assert len(messages) == 5
    assert encode_wraps([]) == []
    assert not is_wraps(b"")
    assert not is_wraps(b"\xd0")


def test_readers_are_told_apart_whatever_their_order() -> None:
    assert readers_digest([b"a" * 16, b"b" * 16]) == readers_digest([b"b" * 16, b"a" * 16])
    assert readers_digest([b"a" * 16]) != readers_digest([b"b" * 16])


@given(st.lists(st.integers(1, MAX_BYTES - 1), max_size=200))
def test_events_are_cut_into_blocks_in_order_and_within_bounds(sizes: list[int]) -> None:
    records = [bytes(size) for size in sizes]
    blocks = split(records)
    assert [record for block in blocks for record in block] == records
    assert all(0 < len(block) <= MAX_EVENTS and sum(map(len, block)) <= MAX_BYTES for block in blocks)


@pytest.mark.parametrize(
    "fields",
    [
        {"schema": "x"},
        {"key": "k" * (MAX_KEY + 1)},
        {"data": bytes(MAX_DATA + 1)},
        {"at": -1},
        {"media_type": "m" * 201},
    ],
)
def test_a_publisher_is_told_what_is_wrong(fields: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        changed(Event(schema="a/1", data=b""), **fields).check()
