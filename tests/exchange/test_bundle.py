"""Bundles as bytes: read in one form, within limits, and refused at once whatever else they are."""

import time
import tracemalloc
from collections.abc import Callable
from copy import replace
from itertools import count as numbers
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange import bundle
from lienthong.exchange.bundle import MAX_BYTES, MAX_CALLS, Bundle, digest_of, groups, is_bundle
from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import Packet, content_of, notice
from lienthong.trust.envelope import MAX_ENVELOPE
from lienthong.trust.errors import KeyUnknown, SealInvalid
from lienthong.trust.header import Header
from lienthong.trust.seal import seal_bundle
from tests.support.seals import NOW, REQUEST, SIGNER, verifier

PARTS: Final = (b"head", b"body")
HEADERS: Final = [
    replace(REQUEST, id=UUID(int=number), contents=tuple(map(content_of, PARTS))) for number in range(MAX_CALLS + 1)
]


def made(headers: list[Header]) -> Bundle:
    sealed = seal_bundle([header.to_bytes() for header in headers], key=SIGNER.key, store=SIGNER.store)
    return Bundle.of(sealed, [(header, PARTS) for header in headers])


def plain(*path: int, value: object = ...) -> list[Any]:
    """A bundle as lists, with another value at a place; without it where that is an ellipsis."""
    found: Any = msgspec.msgpack.decode(made(HEADERS[:2]).to_bytes())
    at = found
    for step in path[:-1]:
        at = at[step]
    if path and value is ...:
        del at[path[-1]]
    elif path:
        at[path[-1]] = value
    return list(found)


ENCODE = msgspec.msgpack.Encoder().encode


@pytest.mark.parametrize("count", [1, 2, 31, 32])
def test_a_bundle_comes_back_with_the_seals(count: int) -> None:
    bundled = made(HEADERS[:count])
    found = Bundle.from_bytes(bundled.to_bytes())
    assert found == bundled
    opened = found.opened(verifier(), at=NOW)
    assert [(each.header, parts) for each, _, parts in opened] == [(header, PARTS) for header in HEADERS[:count]]
    for each, sealed, _ in opened:
        assert verifier().open(sealed, at=NOW) == each


def test_the_bytes_are_those_of_the_protocol() -> None:
    raw = msgspec.msgpack.decode(made(HEADERS[:2]).to_bytes())
    protected, signature, items = raw
    assert isinstance(protected, bytes)
    assert len(signature) == 64
    assert [[len(fields), parts] for fields, parts in items] == [[17, [b"head", b"body"]]] * 2
    assert digest_of(b"abc") == content_of(b"abc").digest


@pytest.mark.parametrize("refused", [True, False])
def test_a_refusal_has_no_contents(refused: bool) -> None:  # noqa: FBT001 - a column of the table
    parts: tuple[bytes, ...] = () if refused else (b"", b"")
    sealed = seal_bundle([REQUEST.to_bytes()], key=SIGNER.key, store=SIGNER.store)
    found = Bundle.from_bytes(Bundle.of(sealed, [(REQUEST, parts)]).to_bytes())
    assert found.items[0].parts == parts


def test_a_bundle_and_a_packet_are_told_apart() -> None:
    bundled = made(HEADERS[:1]).to_bytes()
    packet = Packet(sealed=b"", parts=()).to_bytes()
    assert is_bundle(bundled)
    for other in (packet, notice("x"), b"", b"\x92", b"\x94", b"\xdc\x00\x03" + bundled[1:]):
        assert not is_bundle(other)
    with pytest.raises(Malformed):
        Packet.from_bytes(bundled)
    with pytest.raises(Malformed):
        Bundle.from_bytes(packet)


# -- what is none


HUGE_ARRAY: Final = b"\xdd\xff\xff\xff\xff"
HUGE_MAP: Final = b"\xdf\xff\xff\xff\xff"
HUGE_BYTES: Final = b"\xc6\xff\xff\xff\xff"
EMPTY: Final = b"\x93\xc4\x00\xc4\x00"
FIELDS: Final = ENCODE(plain()[2][0][0])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93",
        b"\xc1",
        b"\x93\x93\x93",
        b"\x93" + b"\x91" * 1_000_000,
        b"\x93" + b"\x81" * 1_000_000,
        EMPTY + b"\x91" * 1_000_000,
        EMPTY + b"\x91\x92" + b"\x91" * 1_000_000,
        EMPTY + b"\x91\x92" + FIELDS + b"\x91" * 1_000_000,
        b"\x94" + ENCODE(plain())[1:] + b"\x91" * 1_000_000,
        b"\x93" + HUGE_BYTES,
        b"\x93" + HUGE_ARRAY,
        b"\x93" + HUGE_MAP,
        EMPTY + HUGE_ARRAY,
        EMPTY + HUGE_MAP,
        EMPTY + HUGE_BYTES,
        EMPTY + b"\x91" + HUGE_ARRAY,
        EMPTY + b"\x91\x92" + HUGE_ARRAY,
        EMPTY + b"\x91\x92" + FIELDS + HUGE_ARRAY,
        EMPTY + b"\x91\x92" + FIELDS + b"\x92" + HUGE_BYTES,
        # Caveats and contents.
        EMPTY + b"\x91\x92" + FIELDS.replace(b"\x01\x90", b"\x01" + HUGE_ARRAY, 1),
        EMPTY + b"\x91\x92" + FIELDS.replace(b"\x92\x94", HUGE_ARRAY + b"\x94", 1),
        EMPTY + b"\x91\x92" + FIELDS.replace(b"\xa6lookup", b"\xdb\xff\xff\xff\xff", 1),
        # Text that is not UTF-8, and a surrogate.
        ENCODE(plain()).replace(b"lookup", b"look\xffp", 1),
        ENCODE(plain()).replace(b"lookup", b"loo\xed\xa0\x80", 1),
        ENCODE(plain()) + b"\x00",
        ENCODE(plain())[:-1],
        bytes(MAX_ENVELOPE + 1),
    ],
    # By number: half of them hold keys of this run, and every worker of pytest-xdist has to find the same names.
    ids=numbers(),
)
def test_what_is_none_is_refused_quickly_and_within_bounds(data: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(Malformed):
        Bundle.from_bytes(data)
    assert time.process_time() - began < 0.5
    assert tracemalloc.get_traced_memory()[1] < 4 * len(data) + 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "value",
    [
        plain(0, value="text"),
        plain(0, value=None),
        plain(0, value=[]),
        plain(1, value=7),
        plain(1, value=msgspec.msgpack.Ext(1, b"x")),
        plain(1, value=msgspec.msgpack.Ext(-1, bytes(4))),
        plain(2, value=[]),
        plain(2, value={}),
        plain(2, value=b"x"),
        plain(2, value={"0": plain()[2][0]}),
        plain(2, value=plain()[2][:1] * 33),
        plain(2, 0, value=[]),
        plain(2, 0, value={}),
        plain(2, 0, value=msgspec.msgpack.Ext(0, b"")),
        plain(2, 0, 0, value={}),
        plain(2, 0, 0, value=b""),
        plain(2, 0, 0, 16),
        plain(2, 0, 1),
        plain(2, 0, 1, value=None),
        plain(2, 0, 1, value=b"head"),
        plain(2, 0, 1, value=["head", b"body"]),
        plain(2, 0, 1, value=[b"a", b"b", b"c"]),
        plain(2, 0, 1, value=[["01", "p1", "name", bytes(32), 1]]),
        plain(2, 0, value=[*plain()[2][0], b""]),
        plain(2, 0, 0, value=[*plain()[2][0][0], ""]),
        plain(2),
        [*plain(), None],
        {"protected": b"", "signature": b"", "items": []},
        [],
        None,
        7,
        "bundle",
    ],
    ids=numbers(),
)
def test_another_form_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        Bundle.from_bytes(ENCODE(value))


@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"\x93" + data))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Bundle.from_bytes(data)


@given(data=st.data())
def test_damaged_bytes_are_refused_or_do_not_open(data: st.DataObject) -> None:
    whole = made(HEADERS[:3]).to_bytes()
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Bundle.from_bytes(bytes(broken))
        opened = found.opened(verifier(), at=NOW)
    except (Malformed, SealInvalid, KeyUnknown):
        return
    # Only contents are not under the signature itself: their digests are.
    assert [each.header for each, _, _ in opened] == HEADERS[:3]


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items[::-1],
        lambda items: items[:-1],
        lambda items: [*items, items[0]],
        lambda items: [items[0], items[0], items[2]],
    ],
)
def test_other_items_under_the_signature_are_refused(change: Callable[[list[Any]], list[Any]]) -> None:
    raw: Any = msgspec.msgpack.decode(made(HEADERS[:3]).to_bytes())
    raw[2] = change(raw[2])
    with pytest.raises(SealInvalid):
        Bundle.from_bytes(ENCODE(raw)).opened(verifier(), at=NOW)


@pytest.mark.parametrize("place", range(17))
def test_every_field_is_under_the_signature(place: int) -> None:
    others: dict[type, object] = {str: "/x", bytes: bytes(16), int: 4, list: []}
    raw: Any = msgspec.msgpack.decode(made(HEADERS[:2]).to_bytes())
    fields = raw[2][1][0]
    special = {0: "message", 1: UUID(int=77).bytes, 5: ["a"], 8: "PUT", 13: bytes(32), 14: "200", 16: "fault"}
    fields[place] = special.get(place, others[type(fields[place])])
    with pytest.raises(SealInvalid):
        Bundle.from_bytes(ENCODE(raw)).opened(verifier(), at=NOW)


# -- what goes together


@given(
    items=st.lists(
        st.tuples(st.integers(0, 3) | st.integers(0, MAX_BYTES + 10), st.booleans() | st.just(value=False)),
        max_size=120,
    )
)
def test_items_are_divided_in_their_order_and_within_the_limits(items: list[tuple[int, bool]]) -> None:
    numbered = list(enumerate(items))
    divided = groups(numbered, size=lambda item: item[1][0], alone=lambda item: item[1][1])
    assert [item for group in divided for item in group] == numbered
    for group in divided:
        assert 1 <= len(group) <= MAX_CALLS
        assert len(group) == 1 or not any(alone for _, (_, alone) in group)
        assert len(group) == 1 or sum(size for _, (size, _) in group) <= MAX_BYTES
    for one, other in pairwise(divided):
        # No more bundles than needed: the next one's first would not have fitted.
        together = [*one, other[0]]
        assert (
            len(together) > MAX_CALLS
            or any(alone for _, (_, alone) in together)
            or sum(size for _, (size, _) in together) > MAX_BYTES
        )


def test_nothing_makes_no_bundle() -> None:
    assert groups([], size=len, alone=bool) == []


def test_the_limits_are_those_of_the_reader() -> None:
    assert bundle.MAX_CALLS == 32
    assert len(Bundle.from_bytes(made(HEADERS[:MAX_CALLS]).to_bytes()).items) == MAX_CALLS
    with pytest.raises(Malformed):
        Bundle.from_bytes(made(HEADERS).to_bytes())
