"""The description in JSON: what reading prints, writing takes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.profiles.vn.edxml.described import describe, packet_of
from lienthong.profiles.vn.edxml.errors import PacketIncomplete
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.values import DocumentPacket, Packet
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import PACKET, PDF, STATUSES, attachment, documents, text


def contents(packet: Packet) -> dict[str, bytes]:
    attachments = packet.attachments if isinstance(packet, DocumentPacket) else ()
    return {f"{number}": each.data for number, each in enumerate(attachments, 1)}


@given(documents() | STATUSES)
def test_a_description_is_written_into_the_same_packet(packet: Packet) -> None:
    data = write(packet).for_envelope()
    files = contents(packet)
    description = msgspec.json.encode(describe(read(data), {(int(number),): number for number in files}))
    again = packet_of(description, files.__getitem__)
    assert again == packet
    assert write(again).for_envelope() == data


def test_nested_packets_are_described_inside() -> None:
    data = text(attachment(text(attachment(PDF)).encode(), name="a.xml", kind="text/xml")).encode()
    described = describe(read(data), {(1,): "a.xml", (1, 1): "a.xml.d/a.pdf"})
    (outer,) = described["attachments"]
    (inner,) = outer["packet"]["attachments"]
    assert (outer["file"], inner["file"], inner["size"]) == ("a.xml", "a.xml.d/a.pdf", len(PDF))
    assert [each["code"] for each in described["warnings"]] == ["nested"]


def described(**changes: Any) -> bytes:  # noqa: ANN401 - whatever JSON may hold
    return msgspec.json.encode(describe(read(write(PACKET).in_plain())) | changes)


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"kind":"document","subject":7}',
        b"[" * 10_000,
        described(kind="other"),
        described(sbject="x"),
        described(attachments=[{"name": "a", "nmae": "b"}]),
        described(attachments={}),
        described(kind="status"),
        described(promulgation={"on": "30/09/2015"}),
    ],
)
def test_what_is_no_description(description: bytes) -> None:
    with pytest.raises(PacketIncomplete):
        packet_of(description, lambda _: PDF)


def test_a_file_that_is_another_one() -> None:
    assert packet_of(described(), lambda _: PDF) == PACKET
    with pytest.raises(PacketIncomplete, match="not the one that is described"):
        packet_of(described(), lambda _: PDF + b"x")
    with pytest.raises(PacketIncomplete, match="not the one that is described"):
        packet_of(described(), lambda _: bytes(len(PDF)))


def test_types_are_told_by_names_where_they_are_not_given() -> None:
    for name, kind in (("a.pdf", "application/pdf"), ("a.png", "image/png"), ("a", "application/octet-stream")):
        packet = packet_of(described(attachments=[{"name": name}]), lambda _: b"x")
        assert isinstance(packet, DocumentPacket)
        assert packet.attachments[0].type == kind


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_no_description(data: bytes) -> None:
    with pytest.raises(PacketIncomplete):
        packet_of(data, lambda _: b"")
