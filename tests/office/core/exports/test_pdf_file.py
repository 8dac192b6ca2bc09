"""Printed tables, read back by poppler's and pyHanko's readers: nothing is lost, heads repeat, texts wrap."""

import io
import re
import subprocess
from collections.abc import Iterator
from datetime import date

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from lienthong.office.core.exports.cells import Cell
from lienthong.office.core.exports.pdf_file import Sheet, write_pdf
from lienthong.office.core.typeface import REGULAR, width, wrapped

SHEET = Sheet(organ="Tỉnh ủy Tỉnh 1", title="Sổ văn bản đến", period="Từ ngày 01/01/2026", by="Người dùng 1")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is said, in English."""
    with override("en"):
        yield


def _pdf(rows: list[list[Cell]], sheet: Sheet = SHEET) -> bytes:
    file = io.BytesIO()
    assert write_pdf(file, rows, sheet) == len(rows)
    return file.getvalue()


def _pages(pdf: bytes) -> list[str]:
    """Return the text of each page, as another program reads it."""
    command = ["pdftotext", "-layout", "-", "-"]
    text = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return text.split("\f")[:-1]


def test_every_row_is_on_some_page_under_the_head() -> None:
    rows: list[list[Cell]] = [["Số đến", "Trích yếu", "Hạn"]]
    rows += [[number, f"Về việc ế ộ ữ số {number} " + "rất dài " * 30, date(2026, 3, 1)] for number in range(1, 101)]
    pages = _pages(_pdf(rows, SHEET))
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert "Sổ văn bản đến" in page
        assert "Tỉnh ủy Tỉnh 1" in page
        assert "Từ ngày 01/01/2026" in page
        assert "Trích yếu" in page
        assert re.search(rf"Page {number} of {len(pages)}", page)
    found = [int(number) for page in pages for number in re.findall(r"Về việc ế ộ ữ số (\d+)", page)]
    assert found == list(range(1, 101))
    assert "rất dài" in pages[-1]


def test_it_is_a4_across_with_its_own_typeface() -> None:
    reader = PdfFileReader(io.BytesIO(_pdf([["Tên"], ["một"]])))
    page = reader.root["/Pages"]["/Kids"][0]
    assert [round(float(each)) for each in page["/MediaBox"]] == [0, 0, 842, 595]
    fonts = page["/Resources"]["/Font"]
    assert {fonts[name]["/BaseFont"].partition("+")[2] for name in fonts} >= {"BeVietnamPro-Regular"}


def test_a_note_stands_across_the_page_and_an_empty_table_has_its_head() -> None:
    note = "Chỉ có 5.000 dòng đầu tiên trong tệp này"
    assert note in _pages(_pdf([["a", "b", "c", "d"], [1, 2, 3, 4], [note]]))[0]
    assert "Tên" in _pages(_pdf([["Tên", "Số"]]))[0]


def test_a_text_that_is_longer_than_a_page_ends_with_an_ellipsis() -> None:
    pages = _pages(_pdf([["Tên", "Số"], ["dài " * 5000, 1]]))
    assert len(pages) == 1
    assert "…" in pages[0]


CELLS = st.one_of(st.text(max_size=30), st.integers(), st.floats(allow_nan=False), st.dates(), st.none())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_whatever_stands_in_cells_it_is_a_pdf(rows: list[list[Cell]]) -> None:
    data = _pdf([["a", "b", "c"], *rows])
    assert data.startswith(b"%PDF-")
    PdfFileReader(io.BytesIO(data))


@given(st.text(max_size=60), st.floats(20, 200))
def test_lines_fit_and_keep_every_letter(text: str, room: float) -> None:
    lines = wrapped(text, REGULAR, 8, room)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(width(line, REGULAR, 8) <= room or len(line) == 1 for line in lines)


@pytest.mark.parametrize("text", ["", " "])
def test_nothing_is_one_empty_line(text: str) -> None:
    assert wrapped(text, REGULAR, 8, 100) == [""]
