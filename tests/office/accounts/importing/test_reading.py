"""Files of every kind of badness: one sentence each, little memory, nothing written."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator, Sequence

import pytest
from django.utils.translation import override
from openpyxl import Workbook

from lienthong.office.accounts.importing.reading import MIB, rows_of
from lienthong.office.core.errors import Invalid

HEAD = "Họ và tên;Thư điện tử\r\n"
ROW = "Người dùng 1;p1@test.invalid\r\n"
EXPECTED = [(1, ["Họ và tên", "Thư điện tử"]), (2, ["Người dùng 1", "p1@test.invalid"])]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with override("en"):
        yield


def _read(content: bytes) -> list[tuple[int, Sequence[str]]]:
    return [(number, list(cells)) for number, cells in rows_of(content)]


def _xlsx(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_unicode_is_read_with_every_usual_delimiter(encoding: str, delimiter: str) -> None:
    assert _read((HEAD + ROW).replace(";", delimiter).encode(encoding)) == EXPECTED


def test_xlsx_is_read() -> None:
    assert _read(_xlsx(*[cells for _number, cells in EXPECTED])) == EXPECTED


def test_a_number_a_day_and_a_formula_come_as_text() -> None:
    assert _read(_xlsx(["a"], [7], ["=1+1"], [None, "x"]))[1:] == [(2, ["7"]), (3, ["=1+1"]), (4, ["", "x"])]


def test_empty_rows_are_left_out_and_numbers_stay_those_of_the_spreadsheet() -> None:
    assert [number for number, _cells in _read((HEAD + "\r\n;\r\n" + ROW).encode())] == [1, 4]


@pytest.mark.parametrize("encoding", ["cp1258", "latin-1"])
def test_another_encoding_is_told_with_its_row(encoding: str) -> None:
    text = HEAD + ROW if encoding == "cp1258" else "name;mail\r\nUû ban nh©n d©n;x\r\n"
    content = text.encode(encoding, errors="replace")
    with pytest.raises(Invalid, match="not Unicode"):
        _read(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"   \r\n ", "empty"),
        (b"\xd0\xcf\x11\xe0rest", "before 2007"),
        (b"PK\x03\x04nonsense", "cannot be read"),
        (b'name;mail\r\n"never ends', None),
        (b"a;" * 60 + b"\r\n", "50 columns"),
        (b'a;"' + b"x" * 200_000 + b'"\r\n', "does not end"),
        (b"x" * (20 * MIB + 1), "20 MB"),
    ],
)
def test_each_badness_is_said(content: bytes, said: str | None) -> None:
    if said is None:
        # The csv module closes an open quotation at the end of the file.
        assert len(_read(content)) == 2
        return
    with pytest.raises(Invalid, match=said):
        _read(content)


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _with_part(name: str, content: bytes) -> bytes:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(_xlsx(["name", "mail"]))) as archive:
        for part in archive.infolist():
            parts[part.filename] = archive.read(part)
    return _zip(parts | {name: content})


@pytest.mark.parametrize(
    "content",
    [
        _with_part("xl/worksheets/sheet1.xml", b" " * (151 * MIB)),
        _with_part("xl/sharedStrings.xml", b" " * (25 * MIB)),
        _with_part("xl/media/bomb.bin", b"\0" * (151 * MIB)),
        _zip({f"part{number}.xml": b"x" for number in range(1001)}),
    ],
    ids=["sheet", "texts", "other", "parts"],
)
def test_a_bomb_is_not_unpacked(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(Invalid, match="unpacks to too much"):
        _read(content)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(content) < MIB
    assert peak < 20 * MIB


def test_texts_that_grow_by_entities_are_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    with pytest.raises(Invalid, match="cannot be read"):
        _read(_with_part("xl/sharedStrings.xml", bomb))


@pytest.mark.parametrize("missing", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_broken_xlsx_is_said_to_be_one(missing: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        _read(_with_part(missing, b"<nonsense"))


def test_a_million_rows_are_refused_with_little_memory() -> None:
    content = b"name;mail\r\n" + b"n;m@t.vn\r\n" * 1_000_000
    tracemalloc.start()
    with pytest.raises(Invalid, match="200,000 rows"):
        for _row in rows_of(content):
            pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * MIB
