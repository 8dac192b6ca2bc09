"""What the archive writes of an exchange, as bytes."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.archive.kept import (
    Exchanged,
    Keep,
    Message,
    Place,
    Side,
    contents,
    lookup,
    query_of,
    read_back,
)
from lienthong.exchange.errors import StorageFailed
from lienthong.exchange.http import encode_head
from lienthong.kernel import cbor
from lienthong.kernel.labels import INTERNAL
from lienthong.trust.header import Header, Kind

PLACE = Place(at=1, side=Side.CALLER, exchange=uuid.UUID(int=1), owner="VN/PARTY/A01/hso", peer="VN/PARTY/U1/reg/units")
HEADER = Header(
    kind=Kind.REQUEST,
    id=uuid.UUID(int=1),
    sender="VN/PARTY/A01/hso",
    receiver="VN/PARTY/U1/reg/units",
    label=INTERNAL,
    created=1,
    expires=2,
)
MESSAGES = st.builds(Message, head=st.binary(max_size=50), body=st.none() | st.binary(max_size=50))


@given(request=MESSAGES, response=MESSAGES, limit=st.integers(0, 60))
def test_what_is_written_is_read_back(request: Message, response: Message, limit: int) -> None:
    exchanged = Exchanged(side=Side.CALLER, header=HEADER, request=request, response=response)
    kept = read_back(PLACE, contents(exchanged, keep=Keep.FULL, max_body=limit))
    assert kept.place is PLACE
    for before, after in ((request, kept.request), (response, kept.response)):
        assert after.head == before.head
        fits = before.body is not None and len(before.body) <= limit
        assert after.body == (before.body if fits else None)


@given(st.binary(max_size=100))
def test_whatever_else_is_refused(data: bytes) -> None:
    try:
        kept = read_back(PLACE, data)
    except StorageFailed:
        return
    assert cbor.encode([kept.request.head, kept.request.body, kept.response.head, kept.response.body]) == data


@pytest.mark.parametrize("value", [[], [b"", b"", b""], [b"", b"", b"", "text"], [None, b"", b"", b""], {}])
def test_another_form_is_refused(value: object) -> None:
    with pytest.raises(StorageFailed, match="another form"):
        read_back(PLACE, cbor.encode(value))


def test_the_owner_is_the_end_that_is_here() -> None:
    message = Message(head=b"", body=b"")
    ours = Exchanged(side=Side.CALLER, header=HEADER, request=message, response=message)
    theirs = Exchanged(side=Side.PROVIDER, header=HEADER, request=message, response=message)
    assert (ours.owner, ours.peer) == ("VN/PARTY/A01/hso", "VN/PARTY/U1/reg/units")
    assert (theirs.owner, theirs.peer) == ("VN/PARTY/U1/reg", "VN/PARTY/A01/hso")


def test_the_last_id_of_a_head_counts_as_it_does_for_the_caller() -> None:
    assert query_of(encode_head((("x-road-id", "a"), ("x-road-id", "b"), ("accept", "*/*")))) == b"b"
    assert query_of(encode_head((("accept", "*/*"), ("x-road-id", "")))) == b""
    assert query_of(encode_head((("not-x-road-id", "a"), ("accept", "x-road-id: b")))) == b""
    assert query_of(b"") == b""


@given(st.text("äx-road: id", max_size=20))
def test_whatever_stands_in_the_id_is_found_as_it_stands(query: str) -> None:
    sent = query.encode().decode("latin-1")
    head = encode_head((("accept", "a"), ("x-road-id", sent), ("x-road-client", "c")))
    assert query_of(head) == query.encode()


def test_no_two_are_found_by_the_same() -> None:
    owners = ("VN/PARTY/A01", "VN/PARTY/A01/q")
    assert len({lookup(owner, query) for owner in owners for query in (b"q", b"", b"q/q")}) == 6
