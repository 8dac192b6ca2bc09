"""Marked copies: on every page whatever its size and content, bounded, and nothing of a file that cannot be marked."""

import io
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.lib.pdfencrypt import StandardEncryption

from lienthong.signatures.errors import MarkingFailed
from lienthong.signatures.marking import LIMITS, mark
from tests.support.pages import WORDS, pdf
from tests.support.pdfs import updated

TEXT = "Người dùng 1 · Tỉnh 1 · 26/11/2026 18:53"


def texts(data: bytes) -> list[str]:
    """Return the text of each page without spaces, as poppler reads it."""
    command = ["pdftotext", "-raw", "-", "-"]
    found = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
    return ["".join(page.split()) for page in found.split("\f")[:-1]]


def squeezed(text: str) -> str:
    """Return it without spaces."""
    return "".join(text.split())


@pytest.mark.parametrize("pages", [1, 60])
def test_every_page_has_it_and_keeps_its_own_text(pages: int) -> None:
    found = texts(mark(pdf(pages=pages), TEXT))
    assert len(found) == pages
    assert all(squeezed(WORDS) in page and page.count(squeezed(TEXT)) == 5 for page in found)


def test_the_end_cannot_be_cut_off_to_be_rid_of_it() -> None:
    original = pdf()
    assert not mark(original, TEXT).startswith(original[:500])


def _wide(writer: IncrementalPdfFileWriter) -> None:
    """Make the page wide and turned, inherit its size, and leave the grid shrunk behind."""
    ref, _ = writer.find_page_for_modification(0)
    page = ref.get_object()
    page["/Rotate"] = NumberObject(90)
    page["/CropBox"] = ArrayObject([NumberObject(each) for each in (2000, 1000, 100, 50)])
    end = writer.add_object(StreamObject(stream_data=b"\n0.001 0 0 0.001 0 0 cm\n"))
    page["/Contents"] = ArrayObject([page.raw_get("/Contents"), end])
    writer.update_container(page)


def _empty(writer: IncrementalPdfFileWriter) -> None:
    """Take away what the page shows and what it shows it with."""
    ref, _ = writer.find_page_for_modification(0)
    page = ref.get_object()
    for key in ("/Contents", "/Resources"):
        del page[key]
    writer.update_container(page)


def _odd(writer: IncrementalPdfFileWriter) -> None:
    """Give the page a size of nothing."""
    ref, _ = writer.find_page_for_modification(0)
    page = ref.get_object()
    page["/MediaBox"] = ArrayObject([NumberObject(0)] * 4)
    page["/Resources"] = DictionaryObject({pdf_name("/Font"): page["/Resources"].raw_get("/Font")})
    writer.update_container(page)


@pytest.mark.parametrize("change", [_wide, _empty, _odd])
def test_odd_pages_have_it_too(change: Callable[[IncrementalPdfFileWriter], None]) -> None:
    marked = mark(updated(pdf(), change), TEXT)
    resources = PdfFileReader(io.BytesIO(marked)).root["/Pages"]["/Kids"][0]["/Resources"]
    assert "/LtMark0" in resources["/XObject"]
    if change is not _odd:
        assert texts(marked)[0].count(squeezed(TEXT)) == 5


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "not_a_pdf"),
        (b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
        (pdf(encrypt="geheim"), "encrypted"),
        # Opens without a password, yet is not what its bytes say.
        (pdf(encrypt=StandardEncryption("", "geheim")), "encrypted"),
    ],
    ids=["empty", "zip", "broken", "locked", "unlocked"],
)
def test_nothing_comes_of_what_cannot_be_marked(content: bytes, problem: str) -> None:
    with pytest.raises(MarkingFailed, match=problem):
        mark(content, TEXT)


def test_it_may_not_cost_more_than_the_limits() -> None:
    with pytest.raises(MarkingFailed, match="too_large"):
        mark(pdf(), TEXT, limits=replace(LIMITS, file=100))
    with pytest.raises(MarkingFailed, match="excessive"):
        mark(pdf(pages=3), TEXT, limits=replace(LIMITS, answer=1000))
