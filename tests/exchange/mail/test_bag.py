"""Bags: what goes in comes out, each letter by itself, within the bounds of the carrier."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import Malformed
from lienthong.exchange.mail import bag
from lienthong.exchange.mail.bag import MAX_LETTERS, divided, pack, unpack, way_of
from lienthong.exchange.transport.base import Message

TOKENS = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
SUBJECT = "mail.01.p1.u1.tw.tw.a01"
# Of one way: only the organs differ.
SUBJECTS = st.builds(lambda to, sender: f"mail.01.p1.{to}.tw.tw.{sender}", TOKENS, TOKENS)
ENCODE = msgspec.msgpack.encode


@given(letters=st.lists(st.tuples(SUBJECTS, st.binary(max_size=40)), min_size=1, max_size=20))
def test_letters_come_out_as_they_went_in(letters: list[tuple[str, bytes]]) -> None:
    message = Message(letters[0][0], pack(letters), 7, 9)
    assert unpack(message) == [Message(subject, data, 7, 9) for subject, data in letters]


def test_an_envelope_alone_is_no_bag() -> None:
    for data in (b"\xd8\x60\x84", b"", b"\x82"):
        message = Message(SUBJECT, data, 1, 1)
        assert unpack(message) == [message]


@pytest.mark.parametrize(
    "data",
    [
        ENCODE([]),
        ENCODE([1]),
        ENCODE([["u1", "a01"]]),
        ENCODE([["u1", "a01", b"x", 1]]),
        ENCODE([["u1", "a01", "text"]]),
        ENCODE([["u1.x", "a01", b"x"]]),
        ENCODE([["u1\n", "a01", b"x"]]),
        ENCODE([["u1", ">", b"x"]]),
        ENCODE([["", "a01", b"x"]]),
        ENCODE([["u" * 33, "a01", b"x"]]),
        ENCODE([["u1", "a01", b"x"]] * (MAX_LETTERS + 1)),
        ENCODE([["u1", "a01", b"x"]]) + b"\x00",
        ENCODE([["u1", "a01", b"x"]])[:-1],
        b"\x91\x93\xa1\xff\xa1a\xc4\x00",
        b"\xdd\xff\xff\xff\xff",
    ],
)
def test_what_is_no_bag_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(Message(SUBJECT, data, 1, 1))


@given(data=st.binary(max_size=60))
def test_arbitrary_bytes_are_a_letter_or_malformed(data: bytes) -> None:
    message = Message(SUBJECT, b"\x92" + data, 1, 1)
    try:
        letters = unpack(message)
    except Malformed:
        return
    assert all(letter.sequence == 1 for letter in letters)


def test_a_bag_under_another_subject_is_malformed() -> None:
    with pytest.raises(Malformed, match="subject"):
        unpack(Message("mail.01.p1", pack([(SUBJECT, b"x")]), 1, 1))


@given(
    letters=st.lists(
        st.tuples(st.sampled_from(["01.p1", "01.p2", "02.p1"]), TOKENS, st.integers(0, 5000)), max_size=60
    ),
    room=st.integers(200, 20_000),
)
def test_letters_are_divided_by_their_way_in_order_and_fit(letters: list[tuple[str, str, int]], room: int) -> None:
    given_ = [(number, f"mail.{to}.{organ}.tw.tw.a01", bytes(size)) for number, (to, organ, size) in enumerate(letters)]
    bags = divided(given_, room=room)
    assert sorted(letter for each in bags for letter in each) == given_
    for each in bags:
        assert len({way_of(subject) for _, subject, _ in each}) == 1
        assert all(one[0] < other[0] for one, other in pairwise(each))
        if len(each) > 1:
            assert len(pack([(subject, data) for _, subject, data in each])) <= min(room, bag.MAX_BYTES)


def test_a_bag_holds_so_many_letters() -> None:
    letters = [(number, SUBJECT, b"x") for number in range(MAX_LETTERS + 1)]
    assert [len(each) for each in divided(letters, room=1 << 20)] == [MAX_LETTERS, 1]
