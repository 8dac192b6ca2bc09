"""Writing packets: everything comes back, the order is the format's, and nothing classified goes out in plain."""

import xml.etree.ElementTree as ET  # what we wrote ourselves, read by a parser that knows nothing of us
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.labels import Label
from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.errors import MustBeSealed, PacketIncomplete
from lienthong.profiles.vn.edxml.oddities import Oddity
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.values import (
    Attachment,
    Business,
    BusinessKind,
    DocumentPacket,
    Number,
    Organ,
    OtherInfo,
    Packet,
    Promulgation,
    ResponseFor,
    StatusPacket,
    Trace,
)
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import ID, NS, PACKET, STATUSES, codes, documents

replace = msgspec.structs.replace


@given(documents() | STATUSES)
def test_what_is_written_is_read_the_same(packet: Packet) -> None:
    reading = read(write(packet).for_envelope())
    assert reading.packet == packet
    # Names are chance, errors and labels are reported as such; nothing else is odd about what we write.
    assert all(code.startswith("name-") or code in {Oddity.ERRORS, Oddity.LABEL_IN_PLAIN} for code in codes(reading))


@given(documents())
def test_writing_is_the_same_every_time(packet: DocumentPacket) -> None:
    assert write(packet).for_envelope() == write(packet).for_envelope()


@given(documents() | STATUSES)
def test_the_order_is_the_format_s(packet: Packet) -> None:
    root = ET.fromstring(write(packet).for_envelope())  # noqa: S314 - our own
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        order = layout.ORDER.get(name)
        if name == "MessageHeader" and isinstance(packet, StatusPacket):
            order = layout.STATUS_HEADER
        if order is not None:
            places = [order.index(child.tag.rpartition("}")[2]) for child in element]
            assert places == sorted(places)


def test_the_prefixes_are_those_that_consumers_look_for() -> None:
    data = write(PACKET).in_plain().decode()
    assert f'<edXML xmlns="{NS}">' in data
    assert f'<edXML:edXMLEnvelope xmlns:edXML="{NS}">' in data
    assert "<edXML:ContentId>cid:1<" in data
    assert "<ContentId>1<" in data
    assert "<edXML:OrganId>000.00.00.G22<" in data


def test_an_attachment_without_id_gets_one_that_joins_it_to_the_manifest() -> None:
    bare = replace(PACKET, attachments=(replace(PACKET.attachments[0], content_id=""),) * 2)
    reading = read(write(bare).in_plain())
    assert isinstance(reading.packet, DocumentPacket)
    first, second = (each.content_id for each in reading.packet.attachments)
    assert first
    assert second not in {"", first}
    assert codes(reading) == [Oddity.NAME_REPEATED]


@pytest.mark.parametrize("label", ["confidential", "secret/personnel", "top-secret"])
def test_what_is_classified_goes_out_in_an_envelope_only(label: str) -> None:
    written = write(replace(PACKET, label=label))
    assert written.must_be_sealed
    assert written.label == Label.parse(label)
    with pytest.raises(MustBeSealed):
        written.in_plain()
    reading = read(written.for_envelope())
    assert isinstance(reading.packet, DocumentPacket)
    assert reading.packet.label == label
    assert codes(reading) == [Oddity.LABEL_IN_PLAIN]


@pytest.mark.parametrize("label", ["public", "internal", "internal/personnel"])
def test_what_is_not_classified_may_go_out_in_plain(label: str) -> None:
    written = write(replace(PACKET, label=label))
    assert not written.must_be_sealed
    assert (layout.EXTENSION.encode() in written.in_plain()) is (label != "public")


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (replace(PACKET, sender=Organ()), "sender: agency code"),
        (replace(PACKET, sender=Organ(code="H49", written="000.00.00.H50")), "another agency"),
        (replace(PACKET, receivers=()), "receivers: there is none"),
        (replace(PACKET, receivers=(Organ(code="h49"),)), "receiver 1: agency code"),
        (replace(PACKET, number=Number(notation="A")), "number: it is missing"),
        (replace(PACKET, promulgation=Promulgation(place="Hà Nội")), "promulgation: the date"),
        (replace(PACKET, type=replace(PACKET.type, name="")), "type: the name"),
        (replace(PACKET, subject=" "), "subject: it is missing"),
        (replace(PACKET, id="7816/VPCP"), "id: neither"),
        (replace(PACKET, steering=4), "steering: 4"),
        (replace(PACKET, other=OtherInfo(priority=5)), "priority: 5"),
        (replace(PACKET, other=OtherInfo(pages=-1)), "pages: -1"),
        (replace(PACKET, responses=(ResponseFor(organ="H49", document_id="1"),)), "response: the document's id"),
        (replace(PACKET, trace=(Trace(organ="H49", at=datetime(2020, 1, 1)),)), "trace: the time"),  # noqa: DTZ001 - the point
        (replace(PACKET, business=Business(kind=BusinessKind.REPLACE)), "it replaces nothing"),
        (replace(PACKET, business=Business(kind=BusinessKind.REVOKE)), "which document"),
        (replace(PACKET, attachments=(Attachment(name="a", type="b/c"),)), "attachment 1: it is empty"),
        (replace(PACKET, attachments=(Attachment(data=b"x"),)), "attachment 1: the name"),
        (replace(PACKET, attachments=PACKET.attachments * 2), "attachment 2: the content id"),
        (replace(PACKET, label="mật"), "label"),
        (replace(PACKET, subject="a\x00b"), "Subject has the character"),
        (replace(PACKET, subject="a\ud800"), "Subject has the character"),
        (replace(PACKET, subject="a\ufffe"), "Subject has the character"),
        (StatusPacket(sender=Organ(code="H49"), status="07"), "status: '07'"),
        (StatusPacket(sender=Organ(code="H49"), status="01"), "at: it is missing"),
    ],
)
def test_what_is_not_complete_is_not_written(packet: Packet, why: str) -> None:
    with pytest.raises(PacketIncomplete, match=why):
        write(packet)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PacketIncomplete, match=r"sender.*receivers.*number.*promulgation.*type.*subject.*id"):
        write(DocumentPacket())


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_text_breaks_out_of_its_element(text: str) -> None:
    packet = replace(PACKET, subject=f"<{text}]]>&", sender=replace(PACKET.sender, name=f"</x>{text}"))
    try:
        data = write(packet).in_plain()
    except PacketIncomplete:
        return
    reading = read(data)
    assert isinstance(reading.packet, DocumentPacket)
    assert reading.packet.subject == f"<{text}]]>&"
    assert reading.packet.id == ID
