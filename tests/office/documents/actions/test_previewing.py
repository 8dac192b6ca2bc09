"""Previews: made of open files only, shown to whoever sees the file, gone with it or with its being open."""

from typing import TYPE_CHECKING

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents import converting
from lienthong.office.documents.actions.drafts import Draft, change_draft
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.actions.looking import look
from lienthong.office.documents.actions.previewing import forget_previews, make_preview
from lienthong.office.documents.models import Document, File, Preview
from lienthong.office.vault.models import Blob
from tests.office.documents.test_converting import RTF
from tests.office.documents.views.test_deeds import browser
from tests.support.pages import pdf

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

PDF = pdf()


@pytest.fixture(autouse=True)
def _converter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert at once, and fail what says so; test_converting asks the real one."""

    def convert(content: bytes, suffix: str) -> bytes:
        if b"damaged" in content or suffix != "rtf":
            raise converting.NotConverted
        return PDF

    monkeypatch.setattr(converting, "to_pdf", convert)
    monkeypatch.setattr(converting, "can_convert", lambda: True)


def brought(bureau: "Bureau", content: bytes = RTF, label: Level = Level.INTERNAL) -> File:
    """Bring an appendix to a new draft."""
    document = bureau.draft(label=label)
    writer = bureau.actor("writer")
    return add_file(actor=writer, document=document, role=File.Role.APPENDIX, name="Dự thảo.rtf", chunks=[content])


def previewed(bureau: "Bureau", content: bytes = RTF) -> File:
    """Bring one, and have its preview made."""
    file = brought(bureau, content)
    make_preview(file.pk)
    return file


def previews() -> list[Preview]:
    """Return all there are."""
    with scope.system():
        return list(Preview.objects.select_related("blob"))


def test_it_is_shown_in_the_place_of_the_file_to_who_sees_that(bureau: "Bureau") -> None:
    file = previewed(bureau)
    address = f"/documents/{file.document_id}/files/{file.pk}/"
    writer = browser(bureau, "writer")
    page = writer.get(f"{address}view/").content.decode()
    assert f'data-file="{address}preview/"' in page
    assert "made of the file" in page
    answer = writer.get(f"{address}preview/", headers={"Range": "bytes=0-4"})
    assert (answer.status_code, answer.getvalue()) == (206, b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")
    for key in ("doer", "clerk", "outsider"):
        assert browser(bureau, key).get(f"{address}preview/").status_code == 404
    # Once more, it is there already.
    make_preview(file.pk)
    assert len(previews()) == 1


def test_what_cannot_be_converted_says_what_to_do(bureau: "Bureau") -> None:
    file = previewed(bureau, RTF + b"damaged")
    assert [each.state for each in previews()] == ["failed"]
    address = f"/documents/{file.document_id}/files/{file.pk}/"
    assert "No preview could be made" in browser(bureau, "writer").get(f"{address}view/").content.decode()
    assert browser(bureau, "writer").get(f"{address}preview/").status_code == 404


def test_of_what_is_labelled_none_is_made(bureau: "Bureau") -> None:
    file = brought(bureau, label=Level.CONFIDENTIAL)
    look([file.pk])
    assert not ProcrastinateJob.objects.filter(task_name="documents.preview").exists()
    make_preview(file.pk)
    assert previews() == []


def test_of_what_is_open_one_is_asked_for_when_the_file_is_looked_at(bureau: "Bureau") -> None:
    file = brought(bureau)
    look([file.pk])
    job = ProcrastinateJob.objects.get(task_name="documents.preview")
    assert (job.args, job.lock) == ({"file_id": file.pk}, "documents.preview")


def test_a_draft_that_is_labelled_loses_its_previews(bureau: "Bureau") -> None:
    file = previewed(bureau)
    (made,) = previews()
    assert made.blob_id
    with scope.system():
        document = Document.objects.get(pk=file.document_id)
    facts = Draft(type="ke-hoach", subject="Kế hoạch", label=Level.SECRET)
    change_draft(actor=bureau.actor("writer"), document=document, draft=facts, seen=document.revision)
    assert previews() == []
    with scope.system():
        assert Blob.objects.get(pk=made.blob_id).shredded_at is not None


def test_previews_of_destroyed_files_are_destroyed(bureau: "Bureau") -> None:
    file = previewed(bureau)
    (made,) = previews()
    assert made.blob_id
    with scope.system():
        forget_previews(actor=bureau.actor("writer"), files=[file.pk])
        assert Blob.objects.get(pk=made.blob_id).shredded_at is not None
        assert Blob.objects.get(pk=file.blob_id).shredded_at is None
    assert previews() == []


def test_rows_are_shown_with_their_file(bureau: "Bureau") -> None:
    previewed(bureau)
    with scope.act_for(bureau.actor("writer")):
        assert Preview.objects.count() == 1
    for key in ("doer", "clerk", "outsider"):
        with scope.act_for(bureau.actor(key)):
            assert Preview.objects.count() == 0
