"""Streams and downloads: however the bytes are cut, the same comes out; what does not fit is refused."""

import hashlib
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.client.asking import Reply
from lienthong.client.errors import AnswerInvalid
from lienthong.client.streams import Download, Events

EVENT = {"type": "message.arrived", "id": "x", "peer": "p", "label": "internal", "at": "2026-11-22T08:00:00.000Z"}


def stream(*numbers: int) -> bytes:
    """A stream with events of these numbers, and beats between them."""
    blocks = [f"retry: 1000\nid: {numbers[0] - 1}\n\n"]
    blocks += [
        f"id: {n}\nevent: message.arrived\ndata: {json.dumps(EVENT | {'id': str(n)})}\n\n: \n\n" for n in numbers
    ]
    return "".join(blocks).encode()


@given(st.lists(st.integers(0, 400), max_size=8))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    data, reading, seen, at = stream(5, 6, 7), Events(None), [], 0
    for cut in [*sorted(cuts), len(data)]:
        seen += [event.position for event in reading.take(data[at:cut])]
        at = max(at, cut)
    assert (seen, reading.position) == ([5, 6, 7], 7)


def test_what_was_begun_is_begun_again() -> None:
    reading = Events(3)
    assert reading.ask().headers["Last-Event-ID"] == "3"
    data = stream(5, 6)
    assert [event.position for event in reading.take(data[:-30])] == [5]
    assert reading.ask().headers["Last-Event-ID"] == "5"
    assert [event.position for event in reading.take(stream(6))] == [6]
    assert "Last-Event-ID" not in Events(None).ask().headers


@pytest.mark.parametrize(
    "data",
    [b"id: x\n\n", b"id: -1\n\n", "id: ²\n\n".encode(), b"data: {\n\n", b"data: {}\n\n", b"x" * (1024 * 1024 + 1)],
)
def test_what_is_no_stream_of_events_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerInvalid):
        list(Events(None).take(data))


def head(status: int = 200, **headers: str) -> Reply:
    return Reply(status=status, headers=[(name.replace("_", "-"), value) for name, value in headers.items()], body=b"")


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


def test_a_download_goes_on_where_it_was() -> None:
    download, data = Download(uuid.uuid4(), 0, sender=None), b"content"
    assert "Range" not in download.ask().headers
    download.begin(head(etag=etag(data)))
    download.take(data[:3])
    headers = download.ask().headers
    assert (headers["Range"], headers["If-Range"]) == ("bytes=3-", etag(data))
    download.begin(head(206, etag=etag(data), content_range="bytes 3-6/7"))
    download.take(data[3:])
    assert download.finish() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        (head(200, etag=etag(b"content")), "another content"),
        (head(206, etag=etag(b"other"), content_range="bytes 3-6/7"), "another content"),
        (head(206, etag=etag(b"content"), content_range="bytes 0-6/7"), "another part"),
    ],
)
def test_another_content_is_not_mixed_in(reply: Reply, place: str) -> None:
    download = Download(uuid.uuid4(), 0, sender="VN/PARTY/A01")
    download.begin(head(etag=etag(b"content")))
    download.take(b"con")
    with pytest.raises(AnswerInvalid, match=place):
        download.begin(reply)


def test_a_content_that_does_not_fit_its_digest_is_refused() -> None:
    download = Download(uuid.uuid4(), 0, sender=None)
    download.begin(head(etag=etag(b"content")))
    download.take(b"contenu")
    with pytest.raises(AnswerInvalid, match="does not fit its digest"):
        download.finish()
