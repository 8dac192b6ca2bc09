"""Opening a file: of what is labelled the trail tells who did so."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.audit import FileEvent
from lienthong.office.documents.models import Document, File

# Viewers ask for a file part by part, while its reader turns the pages.
ONE_READING: Final = timedelta(minutes=10)


def opened(*, actor: Actor, document: Document, file: File) -> None:
    """Note that somebody who sees a document opened one of its files, where it is labelled.

    Whichever part was asked for: there is no way to read without an entry. What the same person reads of it from the
    same place within ten minutes is one reading; of top secret files each one counts.
    """
    if document.level < Level.CONFIDENTIAL:
        return
    with transaction.atomic(), scope.system():
        if document.level < Level.TOP_SECRET and _noted(actor, document, file):
            return
        new: dict[str, Json] = {"file": file.pk, "digest": file.digest}
        record(actor=actor, kind=FileEvent.READ, obj=document, new=new, label=document.level)


def _noted(actor: Actor, document: Document, file: File) -> bool:
    return AuditEntry.objects.filter(
        object_type="documents.document",
        object_id=document.pk,
        kind=FileEvent.READ,
        person_id=actor.person_id,
        appointment_id=actor.appointment_id,
        address=actor.address,
        at__gt=timezone.now() - ONE_READING,
        new__file=file.pk,
    ).exists()
