"""The words of files, kept so that their documents are found by them; never those of what is labelled (ADR 0082)."""

from collections.abc import Collection
from typing import Final

import msgspec
from django.contrib.postgres.search import SearchVectorField
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Cast

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.contents.task import Task
from lienthong.office.documents.lately import Lately
from lienthong.office.documents.models import Content, Document, File
from lienthong.office.documents.viewing import HEAD, Kind, kind_of, text_of
from lienthong.office.documents.words import vector
from lienthong.office.vault.errors import FileShredded
from lienthong.office.vault.selectors import read
from lienthong.signatures.isolation import GivenUp, run
from lienthong.signatures.limits import MEBIBYTE, Limits

_CHILD: Final = "lienthong.office.documents.contents.child"
_LIMITS: Final = Limits(file=64 * MEBIBYTE, memory=512 * MEBIBYTE)
_PAGES: Final = 300
_CHARACTERS: Final = 400_000
# Texts by SHA-256 and media type of their files, none of which is of something labelled: a few megabytes.
_lately: Final[Lately[tuple[str, str], str]] = Lately(4)


def of_open(file_ids: Collection[int]) -> list[int]:
    """Return those of files whose documents are not labelled, to be asked once for many."""
    with scope.system():
        found = File.objects.filter(pk__in=file_ids, document__label__lt=Level.CONFIDENTIAL)
        return list(found.order_by("pk").values_list("pk", flat=True))


def keep_words(file_id: int) -> None:
    """Keep the words of a PDF or a text, as the system. Done again, the newest stand.

    Raises:
        KeyStoreError, OSError: the file cannot be read now.
    """
    with scope.system():
        file = File.objects.select_related("document").filter(pk=file_id).first()
    if file is None or file.size > _LIMITS.file or file.document.label >= Level.CONFIDENTIAL:
        return
    key = (file.digest, file.media_type)
    text = _lately.get(key)
    if text is None:
        try:
            text = _text(file)
        except (FileShredded, GivenUp):
            return
        _lately.put(key, text)
    _keep(file, text)


def forget_words(document: Document) -> None:
    """Forget the words of a document's files: it was labelled, or they were destroyed."""
    Content.objects.filter(document=document).delete()


def _text(file: File) -> str:
    head = b"".join(read(file.blob_id, 0, min(HEAD, file.size)))
    match kind_of(file, head):
        case Kind.PDF:
            task = Task(
                seconds=_LIMITS.seconds - 1, memory=_LIMITS.memory_for(file.size), pages=_PAGES, characters=_CHARACTERS
            )
            content = b"".join(read(file.blob_id))
            return run(_CHILD, msgspec.json.encode(task), content, _LIMITS).decode(errors="replace")
        case Kind.TEXT:
            # A letter takes at most four bytes.
            return text_of(b"".join(read(file.blob_id, 0, min(file.size, 4 * _CHARACTERS))))[:_CHARACTERS]
        case _:
            return ""


@transaction.atomic
def _keep(file: File, text: str) -> None:
    with scope.system():
        document = Document.objects.select_for_update(of=("self",)).get(pk=file.document_id)
        # While it was read it may have been labelled, or destroyed.
        fresh = File.objects.filter(pk=file.pk, blob__shredded_at=None).exists()
        if document.label >= Level.CONFIDENTIAL or not fresh:
            return
        words = vector(document.organ_id, [text], document.created_at.date())
        facts = {"document": document, "words": Cast(Value(words), SearchVectorField())}
        Content.objects.update_or_create(file=file, defaults=facts)
