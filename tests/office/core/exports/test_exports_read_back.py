"""The files of tables, read back by the programs that others use."""

import csv
import io
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from lienthong.office.core.exports.cells import Cell
from lienthong.office.core.exports.csv_file import write_csv
from lienthong.office.core.exports.xlsx_file import CELL_LENGTH, write_xlsx

# What XML can hold, but for line ends that every reader of XML makes the same.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=40)
ROWS = st.lists(st.lists(st.one_of(TEXT, st.integers(-(10**9), 10**9)), min_size=2, max_size=4), min_size=1, max_size=5)


def _xlsx(rows: list[list[Cell]], title: str = "Danh sách") -> bytes:
    file = io.BytesIO()
    assert write_xlsx(file, rows, title) == len(rows)
    return file.getvalue()


@given(ROWS)
def test_openpyxl_reads_what_was_written(rows: list[list[Cell]]) -> None:
    sheet = load_workbook(io.BytesIO(_xlsx(rows))).active
    assert sheet is not None
    for row, written in zip(sheet.iter_rows(max_row=len(rows)), rows, strict=True):
        read = [cell.value for cell in row][: len(written)]
        assert read == [None if cell == "" else cell for cell in written]
        assert all(cell.data_type in {"s", "inlineStr", "n"} for cell in row)


def test_a_formula_is_text_and_stays_it_when_edited() -> None:
    sheet = load_workbook(io.BytesIO(_xlsx([["Tên"], ["=1+1"], ["bình thường"]]))).active
    assert sheet is not None
    head, formula, plain = (sheet.cell(row, 1) for row in (1, 2, 3))
    assert head.font.bold
    assert (formula.value, formula.data_type, formula.quotePrefix) == ("=1+1", "s", True)
    assert not plain.quotePrefix


def test_what_excel_cannot_hold_is_cut_or_replaced() -> None:
    sheet = load_workbook(
        io.BytesIO(_xlsx([["\x00\x1b\ud800", "x" * (CELL_LENGTH + 1)]], title="a/b[c]:*?" * 9))
    ).active
    assert sheet is not None
    assert (sheet.cell(1, 1).value, len(str(sheet.cell(1, 2).value))) == ("\ufffd" * 3, CELL_LENGTH)


@given(ROWS)
def test_csv_reads_back_but_for_the_apostrophe(rows: list[list[Cell]]) -> None:
    file = io.BytesIO()
    assert write_csv(file, rows) == len(rows)
    text = file.getvalue().decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    for row, written in zip(read, rows, strict=True):
        for cell, value in zip(row, written, strict=True):
            assert cell in {str(value), f"'{value}"}


def test_days_and_moments_are_written_as_iso_8601() -> None:
    file = io.BytesIO()
    write_csv(file, [[date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None]])
    assert file.getvalue().decode("utf-8-sig") == "2026-01-02,2026-01-02 10:04:05+07:00,\r\n"
