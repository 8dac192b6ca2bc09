"""Opening files: an entry for each reading of what is labelled, whichever part of it was read."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions import reading
from lienthong.office.documents.actions.reading import opened
from lienthong.office.documents.audit import FileEvent
from lienthong.office.documents.models import Document, File

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def entries() -> list[AuditEntry]:
    """Return what the trail tells of readings."""
    with scope.system():
        return list(AuditEntry.objects.filter(kind=FileEvent.READ).order_by("pk"))


def one_of(document: Document) -> File:
    """Return its file."""
    with scope.system():
        return File.objects.get(document=document)


def test_what_is_not_labelled_leaves_none(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    opened(actor=bureau.actor("writer"), document=document, file=one_of(document))
    assert entries() == []


def test_pages_turned_within_a_while_are_one_reading(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    document = bureau.with_file(bureau.draft(label=Level.SECRET))
    file, writer = one_of(document), bureau.actor("writer")
    for _ in range(3):
        opened(actor=writer, document=document, file=file)
    assert [(each.object_id, each.label) for each in entries()] == [(document.pk, Level.SECRET)]
    # Somebody else, another file: another entry. Nothing of its words is told.
    opened(actor=bureau.actor("reviewer"), document=document, file=file)
    assert [each.person_id for each in entries()] == [bureau.people[key].pk for key in ("writer", "reviewer")]
    assert "Kế hoạch" not in str([(each.new, each.object_name) for each in entries()])
    monkeypatch.setattr(reading, "ONE_READING", reading.ONE_READING * 0)
    opened(actor=writer, document=document, file=file)
    assert len(entries()) == 3


def test_of_top_secret_files_each_reading_counts(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft(label=Level.SECRET))
    file = one_of(document)
    document.label = Level.TOP_SECRET
    for _ in range(2):
        opened(actor=bureau.actor("writer"), document=document, file=file)
    assert len(entries()) == 2
