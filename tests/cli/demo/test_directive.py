"""The directive: a PDF that any reader shows as it was meant."""

import base64
import re
import struct
import zlib
from datetime import date
from importlib.resources import files

import pytest

from lienthong.cli.demo import directive
from lienthong.profiles.vn.units import communes, provinces

_LIMIT = 0xFFFF


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return directive.make("01-CT/TW", date(2026, 1, 2))


def streams(pdf: bytes) -> list[bytes]:
    """All streams of a PDF that are text behind ASCII85 and Flate (ISO 32000-1, 7.4.3 and 7.4.4)."""
    found = []
    for head, data in re.findall(rb"<<([^>]*)>>\s*stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        plain = base64.a85decode(data.strip().removesuffix(b"~>")) if b"/ASCII85Decode" in head else data
        found.append(zlib.decompress(plain) if b"/FlateDecode" in head else plain)
    assert found
    return found


def used(pdf: bytes) -> set[str]:
    """The characters that the embedded fonts say they show (ToUnicode maps, ISO 32000-1, 9.10.3)."""
    maps = [stream for stream in streams(pdf) if b"beginbfchar" in stream]
    assert len(maps) == 2
    return {chr(int(code, 16)) for each in maps for code in re.findall(rb"<[0-9A-F]{2}> <([0-9A-F]{4})>", each)}


def drawn(font: bytes) -> set[str]:
    """The characters that a TrueType font has a glyph for (OpenType, table cmap, format 4)."""
    count = struct.unpack(">H", font[4:6])[0]
    tables = [struct.unpack(">4sIII", font[at : at + 16]) for at in range(12, 12 + 16 * count, 16)]
    cmap = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    records = range(cmap + 4, cmap + 4 + 8 * struct.unpack(">H", font[cmap + 2 : cmap + 4])[0], 8)
    at = next(
        cmap + offset
        for platform, encoding, offset in (struct.unpack(">HHI", font[each : each + 8]) for each in records)
        if (platform, encoding) == (3, 1)
    )
    form, _, _, double = struct.unpack(">HHHH", font[at : at + 8])
    assert form == 4
    segments = double // 2

    def column(number: int, gap: int, sign: str = "H") -> tuple[int, ...]:
        start = at + 14 + gap + double * number
        return struct.unpack(f">{segments}{sign}", font[start : start + double])

    ends, starts, deltas, offsets = column(0, 0), column(1, 2), column(2, 2, "h"), column(3, 2)
    found = set()
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, _LIMIT - 1) + 1):
            glyph = code
            if offsets[number]:
                place = at + 16 + double * 3 + 2 * number + offsets[number] + 2 * (code - first)
                glyph = struct.unpack(">H", font[place : place + 2])[0]
            if (glyph + deltas[number]) % (_LIMIT + 1):
                found.add(chr(code))
    return found


def test_size_and_pages_are_those_of_a_real_one(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-1.")
    assert 90_000 < len(pdf) < 110_000
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 19


def test_every_font_is_in_it(pdf: bytes) -> None:
    fonts = set(re.findall(rb"/BaseFont\s*/(\S+)", pdf))
    # Six letters in front: a part of the font, embedded (ISO 32000-1, 9.6.4).
    assert {name[:7] for name in fonts} == {b"AAAAAA+"}
    assert {name[7:] for name in fonts} == {b"BeVietnamPro-Regular", b"BeVietnamPro-SemiBold"}
    assert len(re.findall(rb"/FontFile2\b", pdf)) == 2


def test_no_character_is_shown_as_an_empty_box(pdf: bytes) -> None:
    # Half of each map is ASCII as it stands, control characters and all.
    shown = {sign for sign in used(pdf) if sign.isprintable()}
    named = {sign for unit in provinces() for each in (unit, *communes(unit.code)) for sign in each.full_name}
    assert named - {" "} <= shown
    for name in ("Regular", "SemiBold"):
        font = (files("lienthong.cli") / "assets" / f"BeVietnamPro-{name}.ttf").read_bytes()
        assert shown - {" "} <= drawn(font)


def test_number_and_date_are_in_it() -> None:
    first, second = (directive.make(number, date(2026, 1, 2)) for number in ("1", "2"))
    letters = [streams(pdf) for pdf in (first, second)]
    pages = [[each for each in found if b" Tf" in each] for found in letters]
    assert [one == two for one, two in zip(*pages, strict=True)] == [False, *[True] * (len(pages[0]) - 1)]
