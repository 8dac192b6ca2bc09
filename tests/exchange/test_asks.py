"""Questions between gateways: one form each, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.asks import MAX_ASKED, PREFIXES, Asker, Await, Later, Pull, ask_of, later_of, new_name
from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import MAX_HELD_CHUNKS
from lienthong.exchange.subjects import Route
from lienthong.kernel import cbor

_NAMES = st.binary(min_size=16, max_size=16)
_ASKS = st.one_of(
    st.builds(Pull, _NAMES, st.integers(0, MAX_HELD_CHUNKS - 1), st.integers(0, MAX_ASKED)), st.builds(Await, _NAMES)
)


@given(_ASKS)
def test_a_question_comes_back_and_is_told_by_its_beginning(ask: Pull | Await) -> None:
    data = ask.to_bytes()
    assert data.startswith(PREFIXES)
    assert ask_of(data) == ask
    assert later_of(data) is None


@given(st.sampled_from(PREFIXES), st.binary(max_size=60))
def test_whatever_begins_like_a_question_is_one_or_malformed(prefix: bytes, rest: bytes) -> None:
    try:
        ask = ask_of(prefix + rest)
    except Malformed:
        return
    assert ask.to_bytes() == prefix + rest


@pytest.mark.parametrize(
    "value",
    [
        ["pull", bytes(16), -1, 1],
        ["pull", bytes(16), MAX_HELD_CHUNKS, 1],
        ["pull", bytes(16), 0, MAX_ASKED + 1],
        ["pull", bytes(16), 0, -1],
        ["pull", bytes(16), 0, True],
        ["pull", bytes(16), False, 1],
        ["pull", bytes(15), 0, 1],
        ["pull", bytes(17), 0, 1],
        ["pull", "0123456789abcdef", 0, 1],
        ["pull", bytes(16), 0],
        ["pull", bytes(16), 0, 1, 1],
        ["await", bytes(15)],
        ["await", bytes(16), 1],
        ["later", bytes(32), bytes(16)],
        [],
        None,
    ],
    ids=repr,
)
def test_another_form_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        ask_of(cbor.encode(value))


def test_a_long_question_is_refused_unread() -> None:
    with pytest.raises(Malformed):
        ask_of(PREFIXES[0] + bytes(100))


@given(st.binary(min_size=32, max_size=32), _NAMES)
def test_the_word_that_an_answer_comes_later_comes_back(digest: bytes, name: bytes) -> None:
    assert later_of(Later(digest, name).to_bytes()) == Later(digest, name)


@pytest.mark.parametrize("value", [["later", bytes(31), bytes(16)], ["later", bytes(32), bytes(15)]], ids=repr)
def test_a_word_of_another_form_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        later_of(cbor.encode(value))


def test_a_word_cut_short_is_malformed() -> None:
    with pytest.raises(Malformed):
        later_of(Later(bytes(32), bytes(16)).to_bytes()[:-1])


def test_who_asks_is_read_from_the_subject() -> None:
    assert Asker.on(Route.parse("rpc.01.p1.u1.tw.tws.a01")) == Asker("tws", "a01")


def test_names_are_random() -> None:
    assert len({new_name() for _ in range(50)}) == 50
