"""Whose copy of a secret file it is: over its pages, and from top secret up in the file, or it is not handed out."""

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.change import give_access
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.marks import mark_of
from lienthong.office.documents.models import Document, File
from tests.office.documents.actions.test_reading import entries
from tests.office.documents.test_documents_top_secret import browser, mark
from tests.support.pages import WORDS, pdf

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_from_secret_up_the_reader_is_named_over_the_pages() -> None:
    actor = Actor(person_id=1, name="Người dùng 1", organ="Tỉnh 1")
    assert mark_of(actor, Level.CONFIDENTIAL) == ""
    assert mark_of(actor, Level.SECRET).startswith("Người dùng 1 · Tỉnh 1 · ")
    assert mark_of(replace(actor, organ=""), Level.TOP_SECRET).startswith("Người dùng 1 · ")


@pytest.fixture
def document(bureau: "Bureau") -> Document:
    """A top secret document that the doer was named to."""
    mark(bureau, "doer")
    found = bureau.arrived(label=Level.TOP_SECRET)
    with scope.system():
        give_access(found, [bureau.actor("doer").appointment_id])
    return found


@pytest.fixture
def reader(bureau: "Bureau", document: Document) -> Client:
    """The doer, just after a second factor."""
    del document
    return browser(bureau, "doer", factor_seconds_ago=5)


def brought(document: Document, content: bytes, name: str = "Tài liệu.pdf") -> str:
    """Keep a file that came with a document; return where it is downloaded."""
    file = keep(document=document, role=File.Role.APPENDIX, name=name, chunks=[content])
    return f"/documents/{document.pk}/files/{file.pk}/"


def test_a_top_secret_pdf_names_its_reader_on_every_page_of_the_copy(
    bureau: "Bureau", document: Document, reader: Client
) -> None:
    original = pdf(pages=3)
    address = brought(document, original)
    # Whatever part is asked for: there is no part without the mark.
    answers = [reader.get(address, headers={"Range": part}) for part in ("", "bytes=0-9", "bytes=100-")]
    for answer in answers:
        assert answer.status_code == 200
        assert "Accept-Ranges" not in answer
        assert answer["Cache-Control"] == "private, no-store"
        assert original[-200:] not in answer.content
        command = ["pdftotext", "-raw", "-", "-"]
        text = subprocess.run(command, input=answer.content, capture_output=True, check=True).stdout.decode()
        pages = text.split("\f")[:-1]
        assert len(pages) == 3
        for page in pages:
            assert WORDS in page
            assert "".join(page.split()).count("".join(bureau.actor("doer").name.split())) == 5
    assert len(entries()) == 3


@pytest.mark.parametrize("content", [pdf(encrypt="mật khẩu"), b"%PDF-1.7\n1 0 obj\n<<"], ids=["locked", "broken"])
def test_what_cannot_be_marked_is_not_handed_out(document: Document, reader: Client, content: bytes) -> None:
    answer = reader.get(brought(document, content))
    assert answer.status_code == 400
    assert "cannot be marked" in answer.content.decode()
    assert content not in answer.content


def test_the_page_of_a_top_secret_file_marks_it_too(bureau: "Bureau", document: Document, reader: Client) -> None:
    page = reader.get(brought(document, pdf()) + "view/").content.decode()
    assert f'data-mark="{bureau.actor("doer").name} · ' in page


def test_a_secret_pdf_is_handed_out_as_it_is(bureau: "Bureau") -> None:
    content = pdf()
    document = bureau.arrived(label=Level.SECRET)
    address = brought(document, content)
    answer = browser(bureau, "clerk", factor_seconds_ago=5).get(address)
    assert answer.getvalue() == content
