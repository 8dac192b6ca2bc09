"""Documents in edXML: what an office says of one is read back as it was written."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lienthong.kernel.errors import BadInput
from lienthong.kernel.labels import INTERNAL, Label, Level
from lienthong.profiles import load
from lienthong.profiles.packets import Enclosure, Letter, News, PacketFormat, Party, Reference
from tests.support.edxml import HEADER, PDF, attachment, text

LETTER = Letter(
    sender=Party(code="H37.DN.001", name="Tỉnh 1"), receivers=(Party(code="G22", name="Văn phòng"), Party(code="H49")),
    id="H37.DN.001,2026/11/26,384-QĐ/TU", label=INTERNAL, type="Quyết định", subject="Về việc thử",
    number="384-QĐ/TU", dated=date(2026, 11, 26), urgency="very-urgent", place="Hà Nội", signer="Người ký",
    due=date(2026, 12, 1), pages=2, copies=10, note="Ghi chú",
    answers=(Reference(organ="G22", number="1/TTr", dated=date(2026, 11, 1), id="G22,2026/11/01,1/TTr"),),
    replaces=(Reference(id="H37.DN.001,2026/01/02,1-QĐ/TU"),), based_on=("1-NQ/TU", "2-NQ/TU"),
    at=datetime(2026, 11, 26, 8, tzinfo=UTC), files=(Enclosure(name="a.pdf", media_type="application/pdf", data=PDF),),
)  # fmt: skip


@pytest.fixture(scope="module")
def packets() -> PacketFormat:
    found = load("vn").packets
    assert found is not None
    return found()


def test_a_document_is_read_as_it_was_written(packets: PacketFormat) -> None:
    received = packets.read(packets.write(LETTER))
    assert replace(received.content, at=LETTER.at) == LETTER
    assert received.oddities == ()


def test_the_same_is_written_the_same_way(packets: PacketFormat) -> None:
    assert packets.write(LETTER) == packets.write(LETTER)
    assert packets.write(LETTER).endswith(b"<" + b"/" + packets.end) or packets.end in packets.write(LETTER)[-40:]


@pytest.mark.parametrize("code", ["01", "02", "03", "13", "16"])
def test_a_state_is_read_as_it_was_written(packets: PacketFormat, code: str) -> None:
    about = Reference(organ="G22", number="1/TTr", dated=date(2026, 11, 1), id="G22,2026/11/01,1/TTr")
    news = News(sender=Party(code="H49", name="x"), about=about, code=code, note="y", at=LETTER.at)
    assert packets.read(packets.write(news)).content == news


@pytest.mark.parametrize("number", ["7816/VPCP-TTĐT", "384-QĐ/TU", "12", "08-QC/TW", "1a/NQ"])
def test_numbers_of_state_and_party(packets: PacketFormat, number: str) -> None:
    letter = replace(LETTER, number=number, id=packets.id_of("H37.DN.001", date(2026, 11, 26), number))
    for id_ in (letter.id, "123e4567-e89b-12d3-a456-426614174000"):
        content = packets.read(packets.write(replace(letter, id=id_))).content
        assert isinstance(content, Letter)
        assert content.number == number


def test_what_is_classified_or_incomplete_is_not_written(packets: PacketFormat) -> None:
    for changed in (
        replace(LETTER, label=Label(Level.CONFIDENTIAL)),
        replace(LETTER, subject=""),
        replace(LETTER, dated=None),
        replace(LETTER, receivers=()),
        replace(LETTER, sender=Party(code="T.province")),
    ):
        with pytest.raises(BadInput):
            packets.write(changed)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT", "G22,2015/09/30,7816/VPCP-TTĐT"),
        ("{123E4567-E89B-12D3-A456-426614174000}", "123e4567-e89b-12d3-a456-426614174000"),
        ("khong,phai", "khong,phai"),
        ("", ""),
    ],
)
def test_ids_are_compared_in_one_form(packets: PacketFormat, written: str, same: str) -> None:
    assert packets.same_id(written) == same
    assert packets.same_id(same) == same


def test_a_packet_that_says_little_is_read(packets: PacketFormat) -> None:
    content = packets.read(text(attachment(PDF), header=HEADER.replace("Công văn", "Gì đó")).encode()).content
    assert isinstance(content, Letter)
    assert (content.number, content.type, content.urgency) == ("7816/VPCP-TTĐT", "Gì đó", "ordinary")
    assert content.label == Label(Level.PUBLIC)
