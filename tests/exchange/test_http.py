"""HTTP heads: what passes through, what stays behind, and what would smuggle something in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import Malformed
from lienthong.exchange.http import HOP_BY_HOP, MAX_HEAD, HttpMessage, decode_head, encode_head, passed_on

NAMES = st.from_regex(r"x-[!#$%&'*+.^_`|~0-9a-z-]{1,20}\Z", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0", max_codepoint=255), max_size=40)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=10).map(tuple)


@given(headers=HEADERS)
def test_a_head_comes_back_in_its_order(headers: tuple[tuple[str, str], ...]) -> None:
    assert decode_head(encode_head(headers)) == headers


def test_the_last_value_of_a_header_counts() -> None:
    message = HttpMessage(headers=(("accept", "a"), ("x-a", "1"), ("accept", "b")), body=b"")
    assert message.header("accept") == "b"
    assert message.header("x-b") == ""


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP))
def test_what_belongs_to_one_connection_stays_behind(name: str) -> None:
    headers = (("x-a", "1"), (name, "x"), ("x-b", "2"))
    assert passed_on(headers) == (("x-a", "1"), ("x-b", "2"))
    # Also when the other gateway did not leave it behind: its length or host must not reach our service.
    assert decode_head(encode_head(headers)) == (("x-a", "1"), ("x-b", "2"))


@pytest.mark.parametrize(
    "name",
    [
        *("x_road_client", "x-road_client", "x_road-client", "x.road.client", "x_road_request_id", "x_road_"),
        *("x_lienthong_label", "content_length", "transfer_encoding", "keep!alive"),
    ],
)
def test_what_some_servers_would_take_for_another_name_stays_behind(name: str) -> None:
    # CGI and WSGI know a header as HTTP_X_ROAD_CLIENT, whatever stood between its words.
    assert decode_head(encode_head((("x-a", "1"), (name, "x"), ("x-b", "2")))) == (("x-a", "1"), ("x-b", "2"))


@pytest.mark.parametrize("name", ["x-road-client", "x-road-userid", "x_roads", "my_header", "x-broad_way", "x_road"])
def test_other_names_pass(name: str) -> None:
    assert decode_head(encode_head(((name, "x"),))) == ((name, "x"),)


def test_what_connection_names_stays_behind() -> None:
    headers = (("connection", "Close, X-Hop ,x-more"), ("x-hop", "1"), ("x-more", "2"), ("x-kept", "3"))
    assert passed_on(headers) == (("x-kept", "3"),)


@pytest.mark.parametrize(
    "name",
    ["", "Host", "Transfer-Encoding", "content-length ", " host", "a b", "a:b", "a\n", "a\r\nb", "a\0", "đ", "(a)"],
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        decode_head(f"{name}: x\r\n".encode())


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0", "a\r\n b"])
def test_a_value_that_would_start_a_header_is_refused(value: str) -> None:
    with pytest.raises(Malformed):
        decode_head(f"x-a: {value}\r\n".encode())


@pytest.mark.parametrize(
    "data", [b"x", b"x-a\r\n", b"x-a:1\r\n", b"x-a: 1", b"x-a: 1\n", b"x-a: 1\r\n\r\n", b"\r\n", b" x-a: 1\r\n"]
)
def test_another_structure_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_head(data)


@given(data=st.binary(max_size=60))
def test_arbitrary_bytes_are_refused_or_a_head(data: bytes) -> None:
    try:
        headers = decode_head(data)
    except Malformed:
        return
    assert decode_head(encode_head(headers)) == headers


def test_a_head_over_256_kib_is_refused_unread() -> None:
    with pytest.raises(Malformed, match="are allowed"):
        decode_head(bytes(MAX_HEAD + 1))
