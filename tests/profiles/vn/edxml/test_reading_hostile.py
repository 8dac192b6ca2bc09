"""Reading what was made to harm: it ends quickly, in bounded memory, with an error of ours or a reading."""

import os
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.profiles.vn.edxml.errors import (
    PacketError,
    PacketForbidden,
    PacketMalformed,
    PacketTooLarge,
    PacketUnknown,
    PacketUnreadable,
)
from lienthong.profiles.vn.edxml.limits import Limits
from lienthong.profiles.vn.edxml.oddities import MAX_FOUND, Oddity
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.values import DocumentPacket
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import HEADER, PACKET, PDF, attachment, codes, text, zipped

_SECONDS = 3.0
MIB = 1 << 20


@given(st.binary(max_size=400))
def test_arbitrary_bytes_end_in_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(PacketUnreadable):
        read(data)


_SEEDS = [
    write(PACKET).in_plain(),
    text(attachment(zipped(("a.pdf", PDF)), kind="application/zip")).encode(),
    text(attachment(text(attachment(PDF)).encode(), name="a.xml", kind="text/xml")).encode("utf-16"),
]


@settings(max_examples=300)
@given(st.sampled_from(_SEEDS), st.data())
def test_altered_packets_are_read_or_end_in_an_error_of_ours(seed: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(seed)))
        cut = data.draw(st.integers(0, 40))
        seed = seed[:at] + data.draw(st.binary(max_size=8) | st.sampled_from(_PIECES)) + seed[at + cut :]
    try:
        shown = [f"{each.place} {each.detail}" for each in read(seed).findings]
    except PacketUnreadable as error:
        shown = [str(error)]
    assert all(each.isprintable() for each in shown)


_PIECES = [
    b"</a>",
    b"<!DOCTYPE a>",
    b"&lt;",
    b"&x;",
    b"]]>",
    b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">',
    b"\0",
]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE edXML SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE edXML [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>',
        '<!DOCTYPE a [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefgh", "bcdefghi", strict=True))
        + "]>",
        f'<!DOCTYPE a [<!ENTITY a "{"x" * 60_000}">]>',
        "<!DOCTYPE edXML>",
    ],
    ids=["file", "external", "parameter", "laughs", "quadratic", "bare"],
)
def test_document_types_and_entities_are_refused(declaration: str) -> None:
    xml = text(declaration=f"{declaration}\n").replace("Về việc", "&x;")
    for data in (xml.encode(), xml.encode("utf-16")):
        with pytest.raises(PacketForbidden):
            read(data)
    # Nested ones are not read either, and do not harm the packet around them.
    reading = read(text(attachment(text(declaration=declaration).encode(), kind="text/xml", name="a.xml")).encode())
    assert reading.nested == {}
    # What comes so late is not taken for a packet in the first place.
    assert codes(reading) == ([] if len(declaration) > 2048 else [Oddity.NESTED_UNREADABLE])


def bounded(data: bytes, most: int = 256 * MIB, **bounds: int) -> PacketTooLarge:
    """Return the error in which reading ends, within bounds of time and memory."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(PacketTooLarge) as raised:
            read(data, limits=Limits(**bounds))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < _SECONDS
    assert peak < most
    return raised.value


def test_a_file_that_is_too_large() -> None:
    bounded(bytes(1001), size=1000)


def test_a_zip_bomb() -> None:
    bomb = text(attachment(zipped(("a.pdf", bytes(200 * MIB))), kind="application/zip")).encode()
    assert len(bomb) < MIB
    error = bounded(bomb, 64 * MIB)
    assert "unpacks to more than" in str(error)
    assert error.line == 7 + 2


def test_a_zip_bomb_that_lies_about_its_size() -> None:
    data = bytearray(zipped(("a.pdf", bytes(200 * MIB))))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = data.index(mark) + at
        data[begin : begin + 4] = struct.pack("<I", 10)
    try:
        reading = read(text(attachment(bytes(data), kind="application/zip")).encode())
    except PacketTooLarge:
        return
    assert codes(reading) == [Oddity.ZIP_KEPT]


def test_many_small_zip_files_add_up() -> None:
    one = zipped(("a", os.urandom(MIB // 2) * 2))
    xml = text(*(attachment(one, content_id=str(number), kind="application/zip") for number in range(6)))
    assert "unpacks to more than" in str(bounded(xml.encode(), unpacked=5 * MIB, ratio=1000))
    plain = text(*(attachment(bytes(MIB), content_id=str(number)) for number in range(6)))
    assert "bytes of attachments" in str(bounded(plain.encode(), unpacked=5 * MIB))
    assert isinstance(read(xml.encode()).packet, DocumentPacket)


def test_a_nested_bomb_counts_for_the_whole() -> None:
    data = zipped(("a.pdf", bytes(3 * MIB)))
    for _ in range(2):
        data = text(attachment(data, name="a.xml", kind="application/zip")).encode()
        data = zipped(("a", data))
    bounded(text(attachment(data, name="a.xml", kind="application/zip")).encode(), ratio=100)


def test_a_zip_file_of_a_million_entries_is_not_listed() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 46 * 400_000, 4, 0)
    begun = time.process_time()
    reading = read(text(attachment(b"PK\x03\x04" + entry * 400_000 + end, kind="application/zip")).encode())
    assert time.process_time() - begun < _SECONDS
    assert codes(reading) == [Oddity.ZIP_KEPT]


def test_packets_in_packets_without_end() -> None:
    data = text(attachment(PDF)).encode()
    for _ in range(7):
        data = text(attachment(data, name="a.xml", kind="text/xml")).encode()
    reading = read(data)
    for _ in range(3):
        reading = reading.nested[1]
    assert codes(reading) == [Oddity.NESTED_TOO_DEEP]


def test_a_zip_file_that_holds_itself_is_unpacked_once() -> None:
    inner = zipped(("a.pdf", zipped(("a.pdf", PDF))))
    packet = read(text(attachment(inner, kind="application/zip")).encode()).packet
    assert isinstance(packet, DocumentPacket)
    assert packet.attachments[0].data == zipped(("a.pdf", PDF))


@pytest.mark.parametrize(
    "made",
    [
        lambda: text(header="<a>" * 50_000 + "</a>" * 50_000),
        lambda: text(header="<a/>" * 1_000_000),
        lambda: text(header=f"<edXML:Subject>{'x' * (2 * MIB)}</edXML:Subject>"),
        lambda: text(header="<a " + " ".join(f'a{number}=""' for number in range(1_000_000)) + "/>"),
        lambda: text(header="<a " + " ".join(f'a{number}=">"' for number in range(1_000_000)) + "/>"),
        lambda: text(header="<a " + " ".join(f'xmlns:a{number}="b{number}"' for number in range(1000)) + "/>"),
        lambda: text(*(attachment(b"x", content_id=str(number)) for number in range(501))),
    ],
    ids=["deep", "many", "long", "attributes", "attributes-2", "namespaces", "attachments"],
)
def test_bounds_of_the_tree(made: Callable[[], str]) -> None:
    bounded(made().encode())


@pytest.mark.parametrize("mark", [b"<!--a-->", b"<?a b?>", b"<![CDATA[A]]>"])
def test_marks_that_are_no_elements(mark: bytes) -> None:
    bounded(text(attachment("?")).encode().replace(b"?<", mark * (4 << 20) + b"<", 1), size=64 * MIB)


def test_names_of_marks_without_end() -> None:
    marks = "a" + "\u0302\u0323" * 200_000
    xml = text(*(attachment(PDF, name=marks, content_id=f"{number}") for number in range(20)))
    begun = time.process_time()
    reading = read(xml.encode())
    assert time.process_time() - begun < _SECONDS
    assert Oddity.NAME_UNSAFE in codes(reading)


def test_nested_packets_are_parsed_for_the_whole() -> None:
    inner = attachment(text(attachment(bytes(MIB))).encode(), name="a.xml", kind="text/xml")
    bounded(text(*[inner] * 4).encode(), parsed=8 * MIB)


def test_blanks_between_many_elements_cost_no_more_than_they_are() -> None:
    begun = time.process_time()
    read(text(header=HEADER.replace("<edXML:Subject>", ("<a/>" + " \n" * 20) * 15_000 + "<edXML:Subject>")).encode())
    assert time.process_time() - begun < _SECONDS


def test_no_more_oddities_than_anybody_reads() -> None:
    odd = "".join(f"<edXML:x{number}/>" for number in range(1000))
    assert (
        len(read(text(header=HEADER.replace("<edXML:Subject>", f"{odd}<edXML:Subject>")).encode()).findings)
        == MAX_FOUND
    )


@pytest.mark.parametrize(
    "data", [b"", b" ", b"\xff\xfe", b"\xef\xbb\xbf", b"<a/>", b"%PDF-1.7", b"PK\x03\x04", b"{}", b"<"]
)
def test_files_that_are_none(data: bytes) -> None:
    with pytest.raises((PacketMalformed, PacketUnknown, PacketUnreadable)) as raised:
        read(data)
    assert raised.value.code.startswith("edxml_")


def test_an_error_names_file_line_and_cause() -> None:
    with pytest.raises(PacketMalformed) as raised:
        read(text(header="<a>\n<b>\n</a>").encode())
    error = raised.value.of_file("x.edxml")
    assert isinstance(error, PacketError)
    assert str(error).startswith("The edXML packet is not well-formed XML: x.edxml:3: mismatched tag. ")


def test_large_attachments_are_read() -> None:
    data = PDF + os.urandom(12 * MIB)
    begun = time.process_time()
    packet = read(text(attachment(data)).encode()).packet
    assert time.process_time() - begun < _SECONDS
    assert isinstance(packet, DocumentPacket)
    assert packet.attachments[0].data == data


def test_names_of_files_in_zip_files_lead_nowhere(tmp_path: Path) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.pdf", PDF)
    reading = read(text(attachment(out.getvalue(), kind="application/zip")).encode())
    assert list(tmp_path.iterdir()) == []
    assert Oddity.ZIP_NAME in codes(reading)


def test_a_damaged_stream_in_a_zip_file() -> None:
    data = bytearray(zipped(("a.pdf", os.urandom(1000))))
    data[60] ^= 0xFF
    assert zlib.crc32(data)
    assert codes(read(text(attachment(bytes(data), kind="application/zip")).encode())) == [Oddity.ZIP_KEPT]
