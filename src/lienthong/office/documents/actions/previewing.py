"""Make what stands for a file of an office program in the viewer, and take it away again."""

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.documents import converting
from lienthong.office.documents.converter import MOST
from lienthong.office.documents.models import Document, File, Preview
from lienthong.office.vault.actions.files import Brought, bring, enter, shred
from lienthong.office.vault.errors import FileShredded
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import read

TASK: Final = "documents.preview"


def preview_later(file: File, head: bytes) -> None:
    """Have a preview made where there can and may be one; never of what is labelled.

    Args:
        file: the file, with its document.
        head: its first bytes.
    """
    if _wanted(file) and converting.suffix_of(file.name, head) and converting.can_convert():
        # One at a time: it takes memory and a processor.
        app.configure_task(TASK, lock=TASK).defer(file_id=file.pk)


def make_preview(file_id: int) -> None:
    """Make a preview, as the system; what cannot be converted is noted as that, and not tried again.

    Raises:
        KeyStoreError, OSError: the file cannot be read, or the preview not be kept, now.
    """
    with scope.system():
        file = File.objects.select_related("document").filter(pk=file_id, preview=None).first()
    if file is None or not _wanted(file):
        return
    try:
        content = b"".join(read(file.blob_id))
    except FileShredded:
        return
    pdf: bytes | None
    try:
        pdf = converting.to_pdf(content, converting.suffix_of(file.name, content[:16]))
    except converting.NotConverted:
        pdf = None
    kept = None if pdf is None else _brought(file.document, pdf)
    with scope.system(), transaction.atomic():
        # As it is now: it may have been labelled, or destroyed, while it was converted.
        document = Document.objects.select_for_update(of=("self",)).get(pk=file.document_id)
        if (
            document.level >= Level.CONFIDENTIAL
            or Blob.objects.filter(pk=file.blob_id, shredded_at=None).first() is None
        ):
            return
        blob = None if kept is None else enter([kept])[0]
        state = Preview.State.FAILED if blob is None else Preview.State.READY
        Preview.objects.create(file=file, blob=blob, state=state)


def forget_previews(*, actor: Actor, files: Iterable[int]) -> None:
    """Destroy the previews of files that were labelled or destroyed; inside the transaction in which they were."""
    found = list(Preview.objects.filter(file__in=files))
    Preview.objects.filter(pk__in=[each.pk for each in found]).delete()
    for each in found:
        if each.blob_id is not None:
            shred(blob_id=each.blob_id, actor=actor)


def _brought(document: Document, pdf: bytes) -> Brought:
    return bring(unit_id=document.organ_id, chunks=[pdf], limit=MOST, actor=SYSTEM, look=False)


def _wanted(file: File) -> bool:
    return file.document.level < Level.CONFIDENTIAL and file.size <= converting.LARGEST
