"""The codec of packets: what is written is read, and nothing else is."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.client import ContentItem
from lienthong.office.documents.exchange import packet
from lienthong.office.documents.exchange.errors import PacketInvalid
from lienthong.office.documents.names import safe_name
from lienthong.office.documents.states import CODES

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
_files = st.lists(
    st.builds(
        packet.File,
        name=st.text(min_size=1, max_size=60).map(safe_name),
        role=st.just("appendix"),
        media_type=st.sampled_from(["application/pdf", "text/plain"]),
        size=st.integers(0, packet.MAX_FILE),
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    ),
    max_size=5,
    unique_by=lambda file: unicodedata.normalize("NFKC", file.name).casefold(),
).map(tuple)
_related = st.lists(
    st.builds(
        packet.Related,
        kind=st.sampled_from(["answers", "replaces", "based-on"]),
        uid=st.none() | st.uuids(),
        number=_text,
    ),
    max_size=3,
).map(tuple)
_dates = st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1))
_counts = st.none() | st.integers(0, 1_000_000)
PAPERS = st.builds(
    packet.Paper,
    uid=st.uuids(),
    type=st.from_regex(r"[a-z0-9-]{0,40}", fullmatch=True),
    urgency=st.sampled_from(["ordinary", "urgent"]),
    subject=_text.filter(bool),
    number=_text,
    dated=_dates,
    author_code=st.sampled_from(["A01", "U1", "T.x"]),
    author=_text,
    signer=_text,
    place=_text,
    due=_dates,
    pages=_counts,
    copies=_counts,
    note=_text,
    related=_related,
    files=_files,
)
_times = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
PACKETS = (
    PAPERS
    | st.builds(packet.Status, uid=st.uuids(), code=st.sampled_from(sorted(CODES)), note=_text, at=_times)
    | st.builds(packet.Recall, uid=st.uuids(), reason=_text.filter(bool))
)


@given(PACKETS)
def test_what_is_written_is_read(found: packet.Packet) -> None:
    data = packet.encode(found)
    assert packet.decode(packet.media_of(found), data) == found
    # Always the same bytes: a message that is said again must be the same.
    assert packet.encode(packet.decode(packet.media_of(found), data)) == data


@given(st.binary(max_size=400), st.sampled_from(packet.Media))
def test_anything_else_is_refused_by_one_error(data: bytes, media: packet.Media) -> None:
    with pytest.raises(PacketInvalid):
        packet.decode(media, data)


@given(PAPERS, st.data())
def test_a_packet_with_anything_changed_is_read_or_refused(found: packet.Paper, data: st.DataObject) -> None:
    written = bytearray(packet.encode(found))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] = data.draw(st.integers(0, 255))
    try:
        read = packet.paper(bytes(written))
    except PacketInvalid:
        return
    # What was read keeps every bound: it can be written.
    assert packet.paper(packet.encode(read)) == read


@given(PAPERS, st.sampled_from(["uid", "subject", "number", "author_code", "author", "type", "urgency"]))
def test_nothing_may_be_missing_or_added(found: packet.Paper, name: str) -> None:
    facts = msgspec.to_builtins(found)
    with pytest.raises(PacketInvalid):
        packet.paper(msgspec.json.encode({key: value for key, value in facts.items() if key != name}))
    with pytest.raises(PacketInvalid):
        packet.paper(msgspec.json.encode(facts | {"x" + name: 1}))
    with pytest.raises(PacketInvalid):
        packet.paper(msgspec.json.encode(facts | {"version": 2}))


@given(PAPERS)
def test_files_are_those_that_were_sealed(found: packet.Paper) -> None:
    contents = tuple(ContentItem(name="1", media_type="x", size=file.size, digest=file.sha256) for file in found.files)
    packet.check_contents(found, contents)
    extra = ContentItem(name="1", media_type="x", size=1, digest="0" * 64)
    for other in ((*contents, extra), contents[1:] if contents else (extra,), contents[::-1]):
        if other != contents:
            with pytest.raises(PacketInvalid):
                packet.check_contents(found, other)


def test_bounds() -> None:
    with pytest.raises(PacketInvalid):
        packet.decode(packet.Media.DOCUMENT, b" " * packet.MAX_PACKET + b"{}")
    late = packet.Status(uid=UUID(int=1), code="98", at=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(PacketInvalid):
        packet.encode(late)
    with pytest.raises(PacketInvalid):
        packet.kind_of("application/json")
