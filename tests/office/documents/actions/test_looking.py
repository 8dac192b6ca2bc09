"""Looking at files: their signatures judged, pages counted, and what to beware of told on the document's page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from lienthong.office.core import scope
from lienthong.office.documents import signers
from lienthong.office.documents.actions import looking
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.actions.looking import look
from lienthong.office.documents.models import File
from lienthong.office.documents.verdicts import verdicts, warnings
from lienthong.office.vault.actions.files import shred
from lienthong.signatures.sign import Wish, sign
from tests.office.documents.views.test_deeds import browser
from tests.support.hostile_pdfs import PAGE, written
from tests.support.pages import pdf
from tests.support.pdfs import updated

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.keys import Authority


def _with_script(writer: IncrementalPdfFileWriter) -> None:
    action = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = DictionaryObject(action)
    writer.update_root()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is said, in English."""
    with override("en"):
        yield


def looked_at(bureau: "Bureau", content: bytes, name: str = "Công văn.pdf") -> File:
    """Bring a file to a draft, look at it, and return it as it is then."""
    document = bureau.draft()
    file = add_file(
        actor=bureau.actor("writer"), document=document, role=File.Role.APPENDIX, name=name, chunks=[content]
    )
    look([file.pk])
    with scope.system():
        return File.objects.get(pk=file.pk)


def test_signatures_of_a_pdf_that_came_are_judged(bureau: "Bureau", issuer: "Authority") -> None:
    signer = signers.kept("T.province")
    assert signer is not None
    content = sign(pdf(), signer, None, Wish())
    (whole,) = verdicts(looked_at(bureau, content))
    assert (whole.css, whole.signer, whole.trusted) == ("tag-good", "Tỉnh 1", True)
    (broken,) = verdicts(looked_at(bureau, content.replace(b"/Type /Page\n", b"/Type /Page ", 1)))
    assert (broken.css, broken.intact) == ("tag-bad", False)
    signers.trusted.cache_clear()
    for path in (settings.LIENTHONG_SIGNERS / "trust").glob("*.pem"):
        path.unlink()
    (unknown,) = verdicts(looked_at(bureau, content))
    assert (unknown.intact, unknown.trusted) == (True, False)


def test_every_file_that_is_kept_is_looked_at_in_the_background(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    with scope.system():
        file = File.objects.get(document=document)
    job = ProcrastinateJob.objects.get(task_name="documents.look_at_file")
    assert job.args == {"file_ids": [file.pk]}


def test_pages_are_counted_and_nothing_is_warned_of(bureau: "Bureau") -> None:
    file = looked_at(bureau, pdf(pages=3))
    assert file.pages == 3
    assert warnings(file) == []
    assert verdicts(file) == []
    page = browser(bureau, "writer").get(f"/documents/{file.document_id}/").content.decode()
    assert "3 pages" in page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (pdf(encrypt="mật khẩu"), "password"),
        (updated(pdf(), _with_script), "scripts"),
        (b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
        (b"PK\x03\x04", "is none"),
    ],
    ids=["locked", "script", "broken", "zip"],
)
def test_what_to_beware_of_is_told_where_the_file_is(bureau: "Bureau", content: bytes, told: str) -> None:
    file = looked_at(bureau, content)
    (warning,) = warnings(file)
    assert told in warning
    client = browser(bureau, "writer")
    for address in (f"/documents/{file.document_id}/", f"/documents/{file.document_id}/files/{file.pk}/view/"):
        assert warning in client.get(address).content.decode()


def test_many_pages_are_no_trouble(bureau: "Bureau") -> None:
    file = looked_at(bureau, pdf(pages=1200))
    assert file.pages == 1200
    assert warnings(file) == []


def test_what_could_not_all_be_looked_at_is_told_and_looked_at_again(
    bureau: "Bureau", monkeypatch: pytest.MonkeyPatch
) -> None:
    content = written([b"<</Type/Catalog/Pages 2 0 R/X 4 0 R>>", *PAGE, b"<</A"])
    file = looked_at(bureau, content)
    (warning,) = warnings(file)
    assert "Not all of it" in warning
    # One page was found, and nobody knows of how many.
    assert file.pages is None
    again: list[bytes] = []
    original = looking._found

    def found(content: bytes) -> object:
        again.append(content)
        return original(content)

    monkeypatch.setattr(looking, "_found", found)
    look([file.pk])
    assert again == [content]


def test_of_what_is_no_pdf_and_not_called_one_nothing_is_said(bureau: "Bureau") -> None:
    file = looked_at(bureau, b"Xin ch\xc3\xa0o", "a.txt")
    assert file.report is None
    assert file.pages is None


def test_a_file_that_was_destroyed_meanwhile_is_passed_over(bureau: "Bureau") -> None:
    file = looked_at(bureau, b"x", "a.txt")
    shred(blob_id=file.blob_id, actor=bureau.actor("writer"))
    look([file.pk])
    look([0])
    with scope.system():
        assert File.objects.get(pk=file.pk).report is None


def test_the_same_pdf_is_read_once_whoever_got_it(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    original = looking._found

    def found(content: bytes) -> dict[str, object]:
        read.append(content)
        return original(content)

    monkeypatch.setattr(looking, "_found", found)
    content = pdf(pages=3)
    files = [looked_at(bureau, content) for _ in range(2)]
    assert [file.pages for file in files] == [3, 3]
    assert files[0].report == files[1].report
    look([file.pk for file in files])
    assert read == [content]
    # Another one, and one that could not be read, are.
    for _ in range(2):
        looked_at(bureau, content[:-100])
    assert len(read) == 3


def test_one_that_cannot_be_read_now_keeps_no_other_from_it(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    files = [looked_at(bureau, pdf(pages=pages)) for pages in (1, 2)]
    with scope.system():
        File.objects.update(report=None, pages=None)
    looking._lately.clear()
    original = looking._looked_at

    def broken(file: File) -> object:
        if file.pk == files[0].pk:
            raise OSError("the disk is away")
        return original(file)

    monkeypatch.setattr(looking, "_looked_at", broken)
    with pytest.raises(OSError, match="away"):
        look([file.pk for file in files])
    with scope.system():
        assert list(File.objects.order_by("pk").values_list("pages", flat=True)) == [None, 2]
