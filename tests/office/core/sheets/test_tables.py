"""Spreadsheets as people send them, and as attackers do."""

import contextlib
import io
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.errors import Invalid
from lienthong.office.core.sheets.tables import Head, Limits, Row, read_table

HEADS = (
    Head(key="code", names=("Mã", "Code", "Kennung"), required=True),
    Head(key="name", names=("Tên", "Name"), required=True),
    Head(key="since", names=("Từ ngày", "Since")),
)


def rows(content: bytes, limits: Limits | None = None) -> list[Row]:
    return list(read_table(io.BytesIO(content), HEADS, limits).rows)


def values(content: bytes) -> list[list[str]]:
    return [list(row.values.values()) for row in rows(content)]


def book(*lines: list[object]) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


TEXT = "Mã;Tên;Từ ngày\r\n01;Xã Ba Vì;2025-07-01\r\n\r\n02;Xã 2;\r\n"
READ = [["01", "Xã Ba Vì", "2025-07-01"], ["02", "Xã 2", ""]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_as_spreadsheets_save_it(encoding: str, delimiter: str) -> None:
    assert values(TEXT.replace(";", delimiter).encode(encoding)) == READ


def test_rows_are_numbered_as_in_the_spreadsheet() -> None:
    assert [row.number for row in rows(TEXT.encode())] == [2, 4]


def test_decomposed_letters_arrive_composed() -> None:
    assert values(unicodedata.normalize("NFD", TEXT).encode()) == READ


def test_heads_in_any_language_order_and_case_and_strange_ones() -> None:
    table = read_table(io.BytesIO(b"Ghi chu,NAME,kennung,SINCE\nx,A,1,\n"), HEADS)
    assert [row.values for row in table.rows] == [{"code": "1", "name": "A", "since": ""}]
    assert (table.unknown, sorted(table.known)) == (["Ghi chu"], ["code", "name", "since"])


def test_a_workbook_with_days_numbers_and_empty_cells() -> None:
    moment = datetime(2025, 7, 1, 8, 30)  # noqa: DTZ001 - a cell knows no time zone
    content = book(["Mã", "Tên", "Từ ngày"], [1, "Xã Ba Vì", date(2025, 7, 1)], [], [2.5, True, moment])
    assert values(content) == [["1", "Xã Ba Vì", "2025-07-01"], ["2.5", "True", "2025-07-01 08:30:00"]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "trống"),
        (b"\r\n \r\n", "trống"),
        (b"a,b\n1,2\n", "thiếu"),
        ("Mã,Tên\n1,Xã".encode("utf-16-le"), "bảng tính"),
        ("Mã,Tên\n1,Xã Ba Vì".encode("cp1258", "replace"), "Unicode"),
        (b"Code,Name\n1,U\xfb ban nh\xa9n d\xa9n", "Unicode"),
        (b'Code,Name\n1,"A', "ngoặc"),
        (b"Code,Code,Name\n1,2,3\n", "hai cột"),
        (b"Code,Name\n1," + b"x" * 3000, "2000"),
        (b"Code,Name\n1" + b"," * 100, "64"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ".xls"),
        (b"PK\x03\x04 no archive", ".xlsx"),
        (b"%PDF-1.7\n\0\0\0", "bảng tính"),
        (book(["Code", "Name"], ["1", '=HYPERLINK("http://x.invalid")']), "công thức"),
        (book(["Code", "Name"], ["1"] * 80), "64"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told_why(content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        rows(content)


def archive(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    """Return a workbook with more in it, or less."""
    file = io.BytesIO(book(["Code", "Name"], ["1", "A"]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as added:
        write(added)
    return file.getvalue()


def many(added: zipfile.ZipFile) -> None:
    for number in range(1200):
        added.writestr(f"xl/{number}", b"")


@pytest.mark.parametrize(
    "content",
    [
        archive(lambda zip_file: zip_file.writestr("xl/bomb.xml", b"0" * (300 * 1024 * 1024))),
        archive(lambda zip_file: zip_file.writestr("xl/sharedStrings.xml", b"0" * (40 * 1024 * 1024))),
        archive(many),
    ],
    ids=["bomb", "texts", "parts"],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_unpacks_to_too_much_is_not_unpacked(content: bytes) -> None:
    assert len(content) < 1_000_000
    tracemalloc.start()
    with pytest.raises(Invalid, match="nén"):
        rows(content)
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    tracemalloc.stop()


def test_entities_that_multiply_do_not() -> None:
    head = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    sheet = f"{head}{entities}]><worksheet><sheetData><row><c t='str'><v>&m;</v></c></row></sheetData></worksheet>"
    source, target = io.BytesIO(book(["Code", "Name"], ["1", "A"])), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    with pytest.raises(Invalid, match=r"\.xlsx"):
        rows(target.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_defines_texts_is_not_parsed(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_args, **_more: pytest.fail("It was opened."))
    part = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><sst>&a;</sst>'.encode(encoding)
    with pytest.raises(Invalid, match=r"\.xlsx"):
        rows(archive(lambda added: added.writestr("xl/other.xml", part)))


@pytest.mark.parametrize("broken", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_broken_workbook_is_said_to_be_one(broken: str) -> None:
    with pytest.raises(Invalid, match=r"\.xlsx"):
        rows(archive(lambda added: added.writestr(broken, b"<nonsense")))


def test_a_million_rows_are_refused_without_being_kept() -> None:
    content = b"Code,Name\n" + b"1,A\n" * 1_000_000
    tracemalloc.start()
    with pytest.raises(Invalid, match="200000"):
        for _row in read_table(io.BytesIO(content), HEADS).rows:
            pass
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    tracemalloc.stop()


def test_a_workbook_that_claims_to_be_larger_than_it_is() -> None:
    source, target = io.BytesIO(book(["Code", "Name"], ["1", "A"])), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
                assert b"XFD" in data
            new.writestr(name, data)
    assert values(target.getvalue()) == [["1", "A", ""]]


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(Invalid, match="MB"):
        rows(b"x" * 100, Limits(size=99))


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with contextlib.suppress(Invalid):
        rows(content)
