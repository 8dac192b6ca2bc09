"""Headers as typed fields: they make the very bytes that are sealed, and take what the sealed form takes."""

from copy import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from lienthong.kernel import cbor
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import MAX_HEADER, Content, Header, Kind
from lienthong.trust.header_fields import ContentFields, HeaderFields, fields_of, header_of
from tests.support.seals import REQUEST
from tests.trust.test_header import HEADERS

# What belongs to mail alone does not travel in bundles.
OF_MAIL: dict[str, Any] = {"conversation": None, "subject": "", "urgency": 0, "sequence": 0, "repeats": None}
CALLS = HEADERS.map(lambda header: replace(header, **OF_MAIL))
ENCODE = msgspec.msgpack.Encoder().encode
DECODE = msgspec.msgpack.Decoder(HeaderFields).decode
KEYS = (2, 3, 4, 5, None, None, 7, 8, 10, 11, 12, 13, 16, 17, 18, 19, 20)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Field by field, values that fit and values that do not.
VALUES: dict[int, st.SearchStrategy[object]] = {
    0: st.sampled_from([*map(str, Kind), "event", "REQUEST", ""]),
    1: st.binary(min_size=14, max_size=18),
    4: st.integers(-1, 6) | st.just(1 << 53),
    5: st.lists(st.sampled_from(["a", "b", "b-1", "A", "", "x" * 33]), max_size=4)
    | st.just([f"c{n:02}" for n in range(17)]),
    6: st.integers(-2, 3) | st.sampled_from([(1 << 53) - 1, 1 << 53, 1 << 63]),
    7: st.integers(-2, 3) | st.sampled_from([(1 << 53) - 1, 1 << 53, 1 << 63]),
    8: st.sampled_from(["", "GET", "get", "G\n", "GET\n", "A" * 16, "A" * 17, "Ä"]),
    9: st.sampled_from(["", "/", "?", "/a?b", "a", "/a b", "/a\n", "/#", "/\x7f", "/ä", "@host/"]),
    12: st.lists(
        st.tuples(st.binary(min_size=31, max_size=33), st.integers(-1, 2) | st.just(1 << 53), TEXTS, TEXTS).map(list),
        max_size=3,
    ),
    13: st.binary(max_size=40),
    14: st.sampled_from(["", "200", "099", "20", "2000", "200\n", "delivered", "refused", "\uff12\uff10\uff10"]),
}


def sealed_form(raw: list[Any]) -> bytes:
    """The header of these fields in CBOR, written by somebody who checks nothing."""
    values: dict[int, Any] = {1: 1, 6: [raw[4], raw[5]]}
    required = {2, 3, 4, 5, 7, 8}
    values |= {key: each for key, each in zip(KEYS, raw, strict=True) if key and (each or key in required)}
    return cbor.encode(dict(sorted(values.items())))


@given(header=CALLS)
def test_a_header_comes_back_with_the_bytes_that_are_sealed(header: Header) -> None:
    assert Header.from_bytes(header.to_bytes()) == header
    assert header_of(DECODE(ENCODE(fields_of(header)))) == (header, header.to_bytes())


@given(header=CALLS, places=st.lists(st.sampled_from(sorted(VALUES)), max_size=3), data=st.data())
def test_what_the_sealed_form_refuses_is_refused_and_nothing_else(
    header: Header, places: list[int], data: st.DataObject
) -> None:
    raw: list[Any] = msgspec.to_builtins(fields_of(header), builtin_types=(bytes,))
    for place in places:
        raw[place] = data.draw(VALUES[place])
    encoded = sealed_form(raw)
    try:
        expected: Header | None = Header.from_bytes(encoded)
    except SealInvalid:
        expected = None
    try:
        found, form = header_of(DECODE(ENCODE(raw)))
    except (SealInvalid, msgspec.ValidationError):
        assert expected is None
    else:
        assert (found, form) == (expected, encoded)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"level": 5}, "label"),
        ({"caveats": ("b", "a")}, "label"),
        ({"caveats": ("a", "a")}, "label"),
        ({"caveats": ("A",)}, "label"),
        ({"method": "get"}, "method"),
        ({"path": "/a b"}, "path"),
        ({"path": "@host"}, "path"),
        ({"status": "200"}, "status"),
        ({"kind": Kind.RESPONSE}, "status"),
        ({"kind": Kind.RESPONSE, "status": "200", "fault": "x"}, "status"),
        ({"kind": Kind.RECEIPT, "status": "read"}, "status"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(SealInvalid, match=match):
        header_of(changed(fields_of(REQUEST), **change))


def test_a_header_over_32_kib_is_refused() -> None:
    room = MAX_HEADER - len(replace(REQUEST, user="x" * 30_000).to_bytes())
    fitting = replace(REQUEST, user="x" * (30_000 + room))
    assert header_of(fields_of(fitting))[0] == Header.from_bytes(fitting.to_bytes())
    with pytest.raises(SealInvalid, match="are allowed"):
        header_of(fields_of(replace(fitting, user=fitting.user + "x")))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 1),
        (0, b"request"),
        (0, None),
        (1, "x" * 16),
        (1, bytes(15)),
        (1, bytes(17)),
        (2, b"VN/A/B"),
        (2, None),
        (4, True),
        (4, 1.0),
        (4, "1"),
        (5, "ab"),
        (5, {"a": 1}),
        (5, [1]),
        (5, ["a"] * 17),
        (6, -1),
        (6, 1 << 53),
        (6, 1.0),
        (7, msgspec.msgpack.Ext(-1, bytes(4))),
        (9, ["/a"]),
        (12, [[bytes(32), 1, ""]]),
        (12, [[bytes(32), 1, "", "", ""]]),
        (12, [[bytes(31), 1, "", ""]]),
        (12, [[bytes(32), -1, "", ""]]),
        (12, [[bytes(32), True, "", ""]]),
        (12, [[bytes(32), 1, "", ""]] * 65),
        (12, [{"digest": bytes(32)}]),
        (13, "x"),
        (14, 200),
    ],
)
def test_a_field_of_another_type_is_not_read(place: int, value: object) -> None:
    raw: list[Any] = msgspec.to_builtins(fields_of(REQUEST), builtin_types=(bytes,))
    raw[place] = value
    with pytest.raises(msgspec.ValidationError):
        DECODE(ENCODE(raw))


def test_fields_are_neither_missing_nor_more() -> None:
    raw: list[Any] = msgspec.to_builtins(fields_of(REQUEST), builtin_types=(bytes,))
    for other in (raw[:-1], [*raw, ""], []):
        with pytest.raises(msgspec.ValidationError):
            DECODE(ENCODE(other))


def test_the_array_is_that_of_the_protocol() -> None:
    header = Header(
        kind=Kind.RESPONSE,
        id=UUID(int=1),
        sender="s",
        receiver="r",
        label=Label(Level.SECRET, frozenset({"b", "a"})),
        created=7,
        expires=8,
        user="u",
        purpose="p",
        contents=(Content(digest=bytes(32), size=9, name="n", media_type="m"),),
        answers=b"a",
        status="200",
        note="t",
    )
    assert fields_of(header).contents == (ContentFields(bytes(32), 9, "n", "m"),)
    assert msgspec.msgpack.decode(ENCODE(fields_of(header))) == [
        "response", UUID(int=1).bytes, "s", "r", 3, ["a", "b"], 7, 8, "", "", "u", "p",
        [[bytes(32), 9, "n", "m"]], b"a", "200", "t", "",
    ]  # fmt: skip


def test_every_field_travels_or_belongs_to_mail() -> None:
    # A new field that is forgotten here would be lost on the way, and the seal would not hold.
    travels = {field.name for field in msgspec.structs.fields(HeaderFields)} - {"level", "caveats"} | {"label"}
    assert travels.isdisjoint(OF_MAIL)
    assert travels | set(OF_MAIL) == {field.name for field in msgspec.structs.fields(Header)}
