"""Texts in other encodings than UTF-8, or than they claim."""

import codecs

import pytest

from lienthong.profiles.vn.edxml.errors import PacketEncoding, PacketUnreadable
from lienthong.profiles.vn.edxml.oddities import Oddity
from lienthong.profiles.vn.edxml.reading import read
from tests.support.edxml import codes, text


def declared(encoding: str) -> str:
    return text(declaration=f'<?xml version="1.0" encoding="{encoding}"?>\n')


PLAIN = read(text().encode()).packet


@pytest.mark.parametrize(
    ("data", "encoding", "odd"),
    [
        (codecs.BOM_UTF8 + declared("utf-8").encode(), "utf-8", []),
        (declared("UTF-8").encode(), "utf-8", []),
        (declared("utf-16").encode("utf-16"), "utf-16-le", [Oddity.ENCODING]),
        (codecs.BOM_UTF16_BE + declared("UTF-16").encode("utf-16-be"), "utf-16-be", [Oddity.ENCODING]),
        (declared("utf-16").encode("utf-16-le"), "utf-16-le", [Oddity.ENCODING]),
        (text().encode("utf-16-be"), "utf-16-be", [Oddity.ENCODING]),
        (declared("utf-32").encode("utf-32"), "utf-32-le", [Oddity.ENCODING]),
        # What producers do most often: one thing declared, another written.
        (declared("utf-16").encode(), "utf-8", [Oddity.ENCODING_WRONG]),
        (declared("iso-8859-1").encode(), "utf-8", [Oddity.ENCODING_WRONG]),
        (declared("utf-8").encode("utf-16"), "utf-16-le", [Oddity.ENCODING, Oddity.ENCODING_WRONG]),
        (declared("no-such-thing").encode(), "utf-8", [Oddity.ENCODING_WRONG]),
    ],
)
def test_bytes_decide_and_not_what_they_claim(data: bytes, encoding: str, odd: list[Oddity]) -> None:
    reading = read(data)
    assert reading.packet == PLAIN
    assert (reading.encoding, codes(reading)) == (encoding, odd)


def test_ascii_may_call_itself_latin() -> None:
    ascii_only = "".join(each if each.isascii() else "x" for each in declared("iso-8859-1"))
    assert codes(read(ascii_only.encode())) == []


def test_windows_1258_that_says_so() -> None:
    xml = (
        declared("windows-1258").replace("Về việc kết nối", "âm thanh").replace("Công văn", "Công v").replace("Đ", "D")
    )
    reading = read(xml.encode("cp1258"))
    assert reading.encoding == "cp1258"
    assert codes(reading) == [Oddity.ENCODING]


@pytest.mark.parametrize("encoding", ["zlib", "hex", "punycode", "idna", "unicode_escape", "mbcs", "utf-7", "rot13"])
def test_codecs_that_are_no_encodings_of_text_are_not_used(encoding: str) -> None:
    with pytest.raises(PacketEncoding):
        read(declared(encoding).encode() + b"\xff")


@pytest.mark.parametrize("data", [declared("utf-8").encode()[:-2] + b"\xc3", b"\xff\xfe<", b"\xff\xfe\x00\xd8\x00\x00"])
def test_damaged_text(data: bytes) -> None:
    with pytest.raises(PacketUnreadable):
        read(data)


def test_the_line_where_it_is_damaged() -> None:
    with pytest.raises(PacketEncoding) as raised:
        read(declared("utf-8").encode().replace("Công".encode(), b"C\xf4ng"))
    assert raised.value.line == 7
