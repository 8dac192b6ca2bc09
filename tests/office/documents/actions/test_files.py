"""Files of a draft: kept byte for byte, encrypted, in versions; and what is refused leaves nothing."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import override_settings

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.files import add_file, keep, remove_file
from lienthong.office.documents.models import File
from lienthong.office.vault.errors import FileTooLarge
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import read

if TYPE_CHECKING:
    from lienthong.office.documents.models import Document
    from tests.office.documents.bureau import Bureau

SAID = "Nội dung không ai được đọc trên đĩa".encode() * 40


def bring(  # noqa: PLR0913 - each by its name
    bureau: "Bureau",
    document: "Document",
    name: str = "a.pdf",
    *,
    by: str = "writer",
    role: str = "main",
    said: bytes = SAID,
) -> File:
    """Bring a file."""
    return add_file(actor=bureau.actor(by), document=document, role=File.Role(role), name=name, chunks=[said])


def test_it_comes_back_byte_for_byte_and_lies_encrypted(bureau: "Bureau") -> None:
    made = bring(bureau, bureau.draft())
    assert b"".join(read(made.blob_id)) == SAID
    assert (made.size, made.digest, made.media_type) == (len(SAID), hashlib.sha256(SAID).hexdigest(), "application/pdf")
    kept = [path for path in Path(settings.STATE).rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if SAID[:40] in path.read_bytes()]


def test_a_newer_main_file_takes_the_place_and_the_older_stays(bureau: "Bureau") -> None:
    document = bureau.draft()
    first = bring(bureau, document)
    second = bring(bureau, document, "b.pdf")
    with scope.system():
        first.refresh_from_db()
    assert (first.current, second.current, second.version) == (False, True, 2)
    assert b"".join(read(first.blob_id)) == SAID


def test_appendices_stand_beside_each_other(bureau: "Bureau") -> None:
    document = bureau.draft()
    for name, said in (("a.xlsx", SAID), ("b.xlsx", SAID), ("a.xlsx", b"2"), ("a.xlsx", b"2")):
        bring(bureau, document, name, role="appendix", said=said)
    with scope.system():
        current = File.objects.filter(document=document, current=True).order_by("name")
        assert [(one.name, one.version) for one in current] == [("a.xlsx", 2), ("b.xlsx", 1)]


def test_a_name_that_looks_like_anothers_is_refused(bureau: "Bureau") -> None:
    document = bureau.draft()
    bring(bureau, document, "Bao cao.pdf", role="appendix")
    with pytest.raises(Invalid):
        bring(bureau, document, "Bao c\u0430o.pdf", role="appendix")
    with scope.system():
        assert File.objects.count() == 1


def test_too_large_a_file_leaves_nothing(bureau: "Bureau") -> None:
    document = bureau.draft()
    with override_settings(LIENTHONG_FILE_LIMIT=100), pytest.raises(FileTooLarge):
        bring(bureau, document)
    with scope.system():
        assert not File.objects.exists()
        assert not Blob.objects.exists()


@pytest.mark.parametrize("key", ["clerk", "signer", "second_writer", "administrator", "outsider"])
def test_others_bring_and_take_nothing(bureau: "Bureau", key: str) -> None:
    document = bureau.draft()
    made = bring(bureau, document)
    with pytest.raises(Forbidden):
        bring(bureau, document, by=key)
    with pytest.raises(Forbidden):
        remove_file(actor=bureau.actor(key), document=document, file=made)
    with scope.system():
        assert Blob.objects.count() == 1


def test_what_is_taken_away_is_taken_away_once(bureau: "Bureau") -> None:
    document = bureau.draft()
    made = bring(bureau, document)
    remove_file(actor=bureau.actor("writer"), document=document, file=made)
    with pytest.raises(NotFound):
        remove_file(actor=bureau.actor("writer"), document=document, file=made)


def test_what_arrives_twice_is_kept_once(bureau: "Bureau") -> None:
    document = bureau.arrived()
    for _again in range(2):
        keep(document=document, role=File.Role.MAIN, name="a.pdf", chunks=[SAID])
    with scope.system():
        assert (File.objects.count(), Blob.objects.count()) == (1, 1)


def test_the_trail_names_no_file_of_what_is_labelled(bureau: "Bureau") -> None:
    bring(bureau, bureau.draft(label=Level.CONFIDENTIAL), "Chuyện mật.pdf")
    with scope.system():
        entries = AuditEntry.objects.filter(object_type="documents.document")
        assert not [entry for entry in entries if "mật" in f"{entry.old}{entry.new}{entry.object_name}"]
