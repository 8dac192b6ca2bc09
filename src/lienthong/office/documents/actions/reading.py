"""Opening a file: of what is labelled the trail tells who did so."""

from django.db import transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.documents.audit import FileEvent
from lienthong.office.documents.models import Document, File


def opened(*, actor: Actor, document: Document, file: File) -> None:
    """Note that somebody who sees a document opened one of its files, where it is labelled."""
    if document.level < Level.CONFIDENTIAL:
        return
    with transaction.atomic(), scope.system():
        new: dict[str, Json] = {"file": file.pk, "digest": file.digest}
        record(actor=actor, kind=FileEvent.READ, obj=document, new=new, label=document.level)
