"""Tell the sender of a document what became of it, after the transaction that made it so."""

from django.utils import timezone
from procrastinate.contrib.django import app

from lienthong.office.documents.models import Document
from lienthong.office.documents.packets.answers import answer
from lienthong.office.documents.states import DEEDS, Deed

TASK = "documents.report"


def report(document: Document, deed: Deed, note: str = "") -> None:
    """Have the sender told, where the document came from one who listens; part of the deed's own transaction.

    Args:
        document: incoming.
        deed: what was done, one that has a code.
        note: in words, such as the reason of a refusal.
    """
    if not DEEDS[deed].code:
        return
    if document.message is None:
        answer(document, DEEDS[deed].code, note)
        return
    app.configure_task(TASK).defer(
        document_id=document.pk, code=DEEDS[deed].code, note=note, at=timezone.now().isoformat()
    )
