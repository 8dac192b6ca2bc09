"""Documents are found by what stands in their files, by whoever sees them; never where they are labelled."""

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.search import SHOWN, SUGGESTED, sought
from lienthong.office.documents.actions.drafts import Draft, change_draft
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.contents.child import text_in
from lienthong.office.documents.contents.keeping import keep_words
from lienthong.office.documents.models import Content, Document, File
from lienthong.office.documents.search import find_documents
from lienthong.office.vault.actions.files import shred
from tests.support.pages import PNG, pdf

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def found(actor: Actor, text: str, most: int = SHOWN) -> list[tuple[int, bool]]:
    """Return the ids of what somebody finds, and whether it was in a file."""
    looked_for = sought(text)
    assert looked_for is not None
    with scope.act_for(actor), override("en"):
        hits = find_documents(actor, looked_for, most)
    return [(int(hit.url.split("/")[2]), "in a file" in hit.note) for hit in hits]


def brought(
    bureau: "Bureau", content: bytes, name: str = "a.pdf", *, label: Level = Level.INTERNAL
) -> tuple[Document, File]:
    """Bring a file to a draft, and have its words kept."""
    document = bureau.draft(label=label)
    file = add_file(
        actor=bureau.actor("writer"), document=document, role=File.Role.APPENDIX, name=name, chunks=[content]
    )
    keep_words(file.pk)
    return document, file


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (pdf(pages=2), "a.pdf"),
        ("Ghi chú: ế ộ ữ, trang 2".encode(), "a.txt"),
        ("ế ộ ữ trang 2".encode("utf-16"), "b.txt"),
    ],
)
def test_a_document_is_found_by_words_of_its_file(bureau: "Bureau", content: bytes, name: str) -> None:
    document, _file = brought(bureau, content, name)
    writer = bureau.actor("writer")
    for text in ("ế ộ ữ", "e o u", '"ế ộ ữ"', "ế trang 2"):
        assert found(writer, text) == [(document.pk, True)], text
    assert found(writer, "ế ộ khác") == []
    # Who does not see it does not find it: not beside the writer, not at the desk before it stands in a register.
    assert found(bureau.actor("doer"), "ế ộ ữ") == found(bureau.actor("clerk"), "ế ộ ữ") == []


def test_files_are_not_looked_into_while_somebody_types(bureau: "Bureau") -> None:
    brought(bureau, pdf())
    writer, looked_for = bureau.actor("writer"), sought("ế ộ ữ")
    assert looked_for is not None
    for most, statements in ((SUGGESTED, 2), (SHOWN, 4)):
        with scope.act_for(writer), CaptureQueriesContext(connection) as queries:
            find_documents(writer, looked_for, most)
        assert len(queries) == statements


def test_words_of_the_register_come_before_those_of_files(bureau: "Bureau") -> None:
    inside, _file = brought(bureau, "Chuyển đổi số".encode(), "a.txt")
    named = bureau.draft(subject="Chuyển đổi số")
    brought_too, _other = brought(bureau, "Chuyển đổi số lần nữa".encode(), "a.txt")
    expected = [(named.pk, False), (brought_too.pk, True), (inside.pk, True)]
    assert found(bureau.actor("writer"), "chuyển đổi số") == expected


def test_of_what_is_labelled_no_word_is_kept(bureau: "Bureau") -> None:
    brought(bureau, pdf(), label=Level.CONFIDENTIAL)
    with scope.system():
        assert not Content.objects.exists()
    document, file = brought(bureau, pdf())
    writer = bureau.actor("writer")
    labelled = Draft(type="ke-hoach", subject="Kế hoạch", label=Level.CONFIDENTIAL)
    change_draft(actor=writer, document=document, draft=labelled, seen=bureau.fresh(document).revision)
    keep_words(file.pk)
    with scope.system():
        assert not Content.objects.exists()
    assert found(writer, "ế ộ ữ") == []


def test_an_older_version_is_not_searched(bureau: "Bureau") -> None:
    document, _file = brought(bureau, b"ban dau", "a.txt")
    newer = add_file(
        actor=bureau.actor("writer"), document=bureau.fresh(document), role=File.Role.APPENDIX, name="a.txt",
        chunks=[b"ban sau"],
    )  # fmt: skip
    keep_words(newer.pk)
    assert found(bureau.actor("writer"), "ban dau") == []
    assert found(bureau.actor("writer"), "ban sau") == [(document.pk, True)]


def test_of_a_destroyed_file_nothing_is_kept(bureau: "Bureau") -> None:
    document = bureau.draft()
    file = add_file(
        actor=bureau.actor("writer"), document=document, role=File.Role.APPENDIX, name="a.txt", chunks=[b"mot hai"]
    )
    shred(blob_id=file.blob_id, actor=SYSTEM, label=Level.INTERNAL)
    keep_words(file.pk)
    with scope.system():
        assert not Content.objects.exists()
    keep_words(0)


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7\nnothing", pdf()[:900], pdf(encrypt="x"), pdf().replace(b"xref", b"xxxx"), b"%PDF-", PNG],
)
def test_what_cannot_be_read_has_no_words_and_does_no_harm(bureau: "Bureau", content: bytes) -> None:
    _document, file = brought(bureau, content)
    keep_words(file.pk)
    with scope.system():
        assert Content.objects.filter(file=file).count() <= 1
    assert found(bureau.actor("writer"), "nothing") == []


def test_only_so_much_of_a_file_is_read() -> None:
    content = pdf(pages=20)
    assert "trang 3" in text_in(content, pages=3, characters=1000)
    assert "trang 4" not in text_in(content, pages=3, characters=1000)
    assert len(text_in(content, pages=20, characters=50)) == 50


def test_a_text_of_very_many_long_words_is_kept_as_far_as_it_goes(bureau: "Bureau") -> None:
    words = " ".join(f"{'ộ' * 50}{number}" for number in range(9_000))
    _document, file = brought(bureau, words.encode(), "a.txt")
    with scope.system():
        assert Content.objects.filter(file=file).exists()
