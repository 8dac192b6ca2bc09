"""Headers of mail as typed fields: they make the very bytes that are sealed, and take what the sealed form takes."""

from copy import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import MAX_HEADER, Header, Kind
from lienthong.trust.mail_fields import MailFields, check, fields_of, header_of
from tests.support.seals import REQUEST
from tests.trust.test_header import HEADERS

# What belongs to calls alone does not travel with mail.
OF_CALLS: dict[str, Any] = {"method": "", "path": "", "user": "", "fault": ""}
MAIL = HEADERS.filter(lambda header: header.kind is not Kind.RESPONSE).map(lambda header: replace(header, **OF_CALLS))
MESSAGE = replace(REQUEST, kind=Kind.MESSAGE, subject="s", **OF_CALLS)
ENCODE = msgspec.msgpack.Encoder().encode
DECODE = msgspec.msgpack.Decoder(MailFields).decode
KEYS = (2, 3, 4, 5, None, None, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 21, 22)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Field by field, values that fit and values that do not.
VALUES: dict[int, st.SearchStrategy[object]] = {
    0: st.sampled_from([*map(str, Kind), "MESSAGE", ""]),
    1: st.binary(min_size=14, max_size=18),
    4: st.integers(-1, 6) | st.just(1 << 53),
    5: st.lists(st.sampled_from(["a", "b", "b-1", "A", "", "x" * 33]), max_size=4),
    7: st.integers(-2, 3) | st.sampled_from([(1 << 53) - 1, 1 << 53, 1 << 63]),
    8: st.none() | st.binary(min_size=15, max_size=17),
    11: st.integers(-1, 3) | st.just(1 << 53),
    12: st.lists(
        st.tuples(st.binary(min_size=31, max_size=33), st.integers(-1, 2) | st.just(1 << 53), TEXTS, TEXTS).map(list),
        max_size=3,
    ),
    13: st.binary(max_size=40),
    14: st.sampled_from(["", "200", "delivered", "refused", "recalled", "burnt"]),
    16: st.integers(-1, 3) | st.just(1 << 53),
    17: st.none() | st.binary(min_size=15, max_size=17),
}


def sealed_form(raw: list[Any]) -> bytes:
    """The header of these fields in CBOR, written by somebody who checks nothing."""
    values: dict[int, Any] = {1: 1, 6: [raw[4], raw[5]]}
    required = {2, 3, 4, 5, 7, 8}
    values |= {key: each for key, each in zip(KEYS, raw, strict=True) if key and (each or key in required)}
    return cbor.encode(dict(sorted(values.items())))


@given(header=MAIL)
def test_a_header_comes_back_with_the_bytes_that_are_sealed(header: Header) -> None:
    assert Header.from_bytes(header.to_bytes()) == header
    assert header_of(DECODE(ENCODE(fields_of(header)))) == (header, header.to_bytes())


@pytest.mark.parametrize("place", sorted(VALUES))
@given(data=st.data())
def test_the_fields_take_what_the_sealed_form_takes_and_nothing_else(place: int, data: st.DataObject) -> None:
    raw: list[Any] = msgspec.msgpack.decode(ENCODE(fields_of(replace(MESSAGE, conversation=UUID(int=3), sequence=2))))
    raw[place] = data.draw(VALUES[place])
    try:
        expected: Header | None = Header.from_bytes(sealed_form(raw))
    except (SealInvalid, CborInvalid):
        expected = None
    try:
        found: Header | None = header_of(DECODE(ENCODE(raw)))[0]
    except (msgspec.ValidationError, SealInvalid):
        found = None
    assert found == expected


def test_a_header_larger_than_a_receiver_takes_is_refused() -> None:
    with pytest.raises(SealInvalid, match="are allowed"):
        header_of(fields_of(replace(MESSAGE, subject="x" * MAX_HEADER)))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"urgency": 1 << 53}, SealInvalid),
        ({"urgency": 1 << 70}, SealInvalid),
        ({"urgency": -1}, SealInvalid),
        ({"contents": REQUEST.contents * 65}, SealInvalid),
        ({"sequence": 1}, SealInvalid),
        ({"subject": "\ud800"}, CborInvalid),
    ],
    ids=repr,
)
def test_what_no_receiver_would_take_is_found_before_it_is_sealed(
    fields: dict[str, Any], error: type[Exception]
) -> None:
    check(MESSAGE)
    with pytest.raises(error):
        check(replace(MESSAGE, **fields))
