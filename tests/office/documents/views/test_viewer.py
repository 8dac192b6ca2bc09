"""The page of a file: who is shown it, what it loads, and that what is labelled leaves an entry."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.audit import FileEvent
from lienthong.office.documents.models import Document, File
from tests.office.documents.actions.test_reading import entries, one_of
from tests.office.documents.api.desk import program
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def with_appendix(bureau: "Bureau", document: Document, name: str, content: bytes) -> File:
    """Bring a file of any kind."""
    return add_file(
        actor=bureau.actor("writer"), document=document, role=File.Role.APPENDIX, name=name, chunks=[content]
    )


def view(file: File) -> str:
    """Return where it is shown."""
    return f"/documents/{file.document_id}/files/{file.pk}/view/"


def test_a_pdf_is_drawn_from_where_it_is_downloaded(bureau: "Bureau") -> None:
    file = one_of(bureau.with_file(bureau.draft()))
    answer = browser(bureau, "writer").get(view(file))
    page = answer.content.decode()
    assert f'data-file="/documents/{file.document_id}/files/{file.pk}/"' in page
    assert 'data-mark=""' in page
    assert answer["Cache-Control"] == "private, no-store"
    # Without a script there is the way to download it.
    assert "<noscript>" in page
    # The page itself allows no more than any other.
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_who_does_not_see_the_document_does_not_see_its_files(bureau: "Bureau") -> None:
    file = one_of(bureau.with_file(bureau.draft(label=Level.SECRET)))
    for key in ("doer", "open_clerk", "outsider", "auditor"):
        assert browser(bureau, key).get(view(file)).status_code == 404
    other = bureau.with_file(bureau.draft())
    assert browser(bureau, "writer").get(f"/documents/{other.pk}/files/{file.pk}/view/").status_code == 404


def test_texts_are_shown_escaped_and_cut(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lienthong.office.documents.views.viewer.MOST_TEXT", 64)
    file = with_appendix(bureau, bureau.draft(), "Ghi chú.txt", "<script>alert('ộ')</script>".encode() + b"x" * 100)
    page = browser(bureau, "writer").get(view(file)).content.decode()
    assert "&lt;script&gt;alert(&#x27;ộ&#x27;)&lt;/script&gt;xxx" in page
    assert "<script>alert" not in page
    assert page.count("x" * 30) == 1
    assert "x" * 64 not in page


def test_what_could_run_in_the_page_is_only_downloaded(bureau: "Bureau") -> None:
    document = bureau.draft()
    for name, content in (("a.html", b"<script>alert(1)</script>"), ("b.svg", b"<svg onload='alert(1)'/>")):
        file = with_appendix(bureau, document, name, content)
        page = browser(bureau, "writer").get(view(file)).content.decode()
        assert "alert(1)" not in page
        assert "<img src=" not in page.partition("<main")[2]
        sent = browser(bureau, "writer").get(f"/documents/{document.pk}/files/{file.pk}/")
        assert sent["Content-Disposition"].startswith("attachment")
        assert sent["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["a.html", "b.svg", "c.txt", "d.xml", "e.xhtml", "f.js", "g.pdf"])
def test_no_file_is_handed_out_as_something_that_runs_here(bureau: "Bureau", name: str) -> None:
    file = with_appendix(bureau, bureau.draft(), name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    address = f"/documents/{file.document_id}/files/{file.pk}"
    answers = [browser(bureau, "writer").get(f"{address}/"), program(bureau.actor("writer")).ask(address)]
    for answer in answers:
        assert b"".join(answer.streaming_content)
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        # Should a browser show it all the same, no script of it runs.
        policy = answer["Content-Security-Policy"]
        assert policy == "default-src 'none'; sandbox"


def test_secret_files_are_shown_under_the_readers_name_and_the_reading_is_told(bureau: "Bureau") -> None:
    document = bureau.draft(label=Level.SECRET)
    file = with_appendix(bureau, document, "Ghi chú.txt", b"nothing")
    page = browser(bureau, "writer").get(view(file)).content.decode()
    name = bureau.actor("writer").name
    assert page.partition('class="viewer-mark"')[2].count(f"{name} · ") == 5
    with scope.system():
        entry = AuditEntry.objects.get(kind=FileEvent.READ)
    assert entry.new == {"file": file.pk, "digest": file.digest}


@pytest.mark.parametrize("part", ["bytes=0-9", "bytes=1-", "bytes=-5"])
def test_no_part_is_read_without_an_entry(bureau: "Bureau", part: str) -> None:
    document = bureau.with_file(bureau.draft(label=Level.CONFIDENTIAL))
    file = one_of(document)
    address = f"/documents/{document.pk}/files/{file.pk}/"
    answer = browser(bureau, "writer").get(address, headers={"Range": part})
    assert answer.status_code == 206
    assert len(entries()) == 1
