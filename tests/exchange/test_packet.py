"""Packets: a seal and its contents, in one form; what was not sealed is noticed."""

import hashlib
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import (
    MAX_HELD_CHUNKS,
    BlobRef,
    CallPacket,
    CallPart,
    HeldRef,
    Packet,
    check_content,
    check_contents,
    content_of,
    notice,
    notice_of,
)
from lienthong.kernel import cbor
from lienthong.trust.envelope import MAX_ENVELOPE
from lienthong.trust.errors import DigestMismatch
from tests.support.seals import REQUEST

TOKENS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}\Z", fullmatch=True)
BLOBS = st.builds(
    BlobRef,
    branch=TOKENS,
    site=TOKENS,
    name=TOKENS,
    key=st.binary(min_size=32, max_size=32),
    chunks=st.integers(1, 1 << 24),
)
PACKETS = st.builds(
    Packet, sealed=st.binary(max_size=100), parts=st.lists(st.binary(max_size=100) | BLOBS, max_size=5).map(tuple)
)
REF = ["a01", "site-1", "0f" * 16, bytes(32), 3]


@given(packet=PACKETS)
def test_a_packet_comes_back(packet: Packet) -> None:
    assert Packet.from_bytes(packet.to_bytes()) == packet


@given(data=st.binary(max_size=100))
def test_whatever_is_accepted_is_written_the_same(data: bytes) -> None:
    try:
        packet = Packet.from_bytes(data)
    except Malformed:
        return
    assert packet.to_bytes() == data


def test_a_large_content_is_named_by_place_key_and_number() -> None:
    (part,) = Packet.from_bytes(cbor.encode([b"", [REF]])).parts
    assert part == BlobRef(branch="a01", site="site-1", name="0f" * 16, key=bytes(32), chunks=3)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        {},
        [],
        [b""],
        ["", []],
        [b"", b""],
        [b"", {}],
        [b"", [], 1],
        [b"", ["text"]],
        [b"", [[]]],
        [b"", [None]],
    ],
    ids=repr,
)
def test_another_structure_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        Packet.from_bytes(cbor.encode(value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, ""),
        (0, "a.b"),
        (0, "A01"),
        (0, "a" * 33),
        (0, "*"),
        (0, b"a01"),
        (1, ">"),
        (1, "site_1"),
        (1, "site 1"),
        (1, "đ"),
        (2, "../keys"),
        (2, "a/b"),
        (2, ".."),
        (2, "a\n"),
        (2, "²"),
        (3, bytes(31)),
        (3, bytes(16)),
        (3, "x" * 32),
        (4, 0),
        (4, -1),
        (4, (1 << 24) + 1),
        (4, "3"),
        (4, None),
        (4, True),
    ],
)
def test_a_malformed_reference_is_refused(place: int, value: object) -> None:
    # Branch, site and name become subjects of the carrier, and the name a file of the receiver's.
    changed: list[object] = [*REF]
    changed[place] = value
    with pytest.raises(Malformed, match="another form"):
        Packet.from_bytes(cbor.encode([b"", [changed]]))


def test_oversize_and_depth_are_refused_quickly() -> None:
    for data in (bytes(MAX_ENVELOPE + 1), b"\x82\x40" + b"\x81" * 100_000, b"\x82\x40\x9a\xff\xff\xff\xff"):
        with pytest.raises(Malformed):
            Packet.from_bytes(data)


@given(data=st.binary(max_size=100))
def test_a_content_is_described_by_digest_and_size(data: bytes) -> None:
    content = content_of(data, name="a.pdf", media_type="application/pdf")
    assert (content.digest, content.size) == (hashlib.sha256(data).digest(), len(data))
    assert (content.name, content.media_type) == ("a.pdf", "application/pdf")
    check_content(content, data)
    for other in (
        data + b"!",
        data[:-1] if data else b"!",
        bytes(len(data)) if any(data) else b"\x01" * (len(data) or 1),
    ):
        with pytest.raises(DigestMismatch):
            check_content(content, other)
    with pytest.raises(DigestMismatch):
        check_content(replace(content, size=content.size + 1), data)


def test_contents_must_be_the_sealed_ones_in_their_order() -> None:
    header = replace(REQUEST, contents=(content_of(b"one"), content_of(b"two")))
    check_contents(header, [b"one", b"two"])
    for other in ([], [b"one"], [b"two", b"one"], [b"one", b"two", b"two"]):
        with pytest.raises(DigestMismatch):
            check_contents(header, other)


@given(code=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_notice_comes_back(code: str) -> None:
    assert notice_of(notice(code)) == code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x82\x66notice",
        b"\x82\x66notice\x01",
        b"\x82\x66notice\x61a\x00",
        b"\x82\x66notice\x78\x01a",
        b"\x82\x66Notice\x61a",
        b"\x83\x66notice\x61a\x61b",
        notice("x" * 300),
    ],
)
def test_everything_else_is_no_notice(data: bytes) -> None:
    assert notice_of(data) is None


# -- of calls

HELD = st.builds(
    HeldRef,
    name=st.binary(min_size=16, max_size=16),
    key=st.binary(min_size=32, max_size=32),
    chunks=st.integers(1, MAX_HELD_CHUNKS),
)


@given(sealed=st.binary(max_size=100), parts=st.lists(st.binary(max_size=100) | HELD, max_size=4).map(tuple))
def test_a_call_comes_back(sealed: bytes, parts: tuple[CallPart, ...]) -> None:
    packet = CallPacket(sealed=sealed, parts=parts)
    assert CallPacket.from_bytes(packet.to_bytes()) == packet


@given(data=st.binary(max_size=100))
def test_whatever_is_accepted_as_a_call_is_written_the_same(data: bytes) -> None:
    try:
        packet = CallPacket.from_bytes(data)
    except Malformed:
        return
    assert packet.to_bytes() == data


def test_a_message_has_no_held_contents_and_a_call_none_on_the_carrier() -> None:
    with pytest.raises(Malformed, match="another form"):
        CallPacket.from_bytes(cbor.encode([b"", [REF]]))
    with pytest.raises(Malformed, match="another form"):
        Packet.from_bytes(cbor.encode([b"", [[bytes(16), bytes(32), 3]]]))


@pytest.mark.parametrize(
    "part",
    [
        [bytes(15), bytes(32), 3],
        [bytes(16), bytes(31), 3],
        [bytes(16), bytes(32), 0],
        [bytes(16), bytes(32), -1],
        [bytes(16), bytes(32), True],
        [bytes(16), bytes(32), MAX_HELD_CHUNKS + 1],
        ["0" * 16, bytes(32), 3],
        [bytes(16), bytes(32)],
        [bytes(16), bytes(32), 3, 0],
        None,
        3,
    ],
    ids=repr,
)
def test_a_malformed_reference_of_a_call_is_refused(part: object) -> None:
    with pytest.raises(Malformed, match="another form"):
        CallPacket.from_bytes(cbor.encode([b"", [part]]))
