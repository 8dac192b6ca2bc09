"""Destroy what a work file holds: the bytes of its documents' files. What the registers say of them stays."""

from django.db.models import Exists, OuterRef

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.previewing import forget_previews
from lienthong.office.documents.models import Content, Document, File
from lienthong.office.records.models import Item, WorkFile
from lienthong.office.records.states import State
from lienthong.office.vault.actions.files import shred


def shred_documents(actor: Actor, file: WorkFile) -> int:
    """Destroy the files of the documents that lie in a work file and in no other that is kept; return how many.

    Inside the transaction of the disposal, in which the work file counts as disposed of already: keys go with it,
    objects after it. Older versions go too.

    Args:
        actor: who gave the last approval, for the trail of the vault.
        file: disposed of.
    """
    inside = list(Item.objects.filter(file=file).values_list("document", flat=True))
    # Held first, in one statement, and looked at in another: whoever was putting one into a file has done so by then.
    list(Document.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=inside).order_by("pk"))
    kept = Item.objects.filter(document=OuterRef("pk")).exclude(file__state=State.DISPOSED)
    documents = Document.objects.filter(pk__in=inside).exclude(Exists(kept))
    found = File.objects.filter(document__in=documents, blob__shredded_at=None).order_by("pk")
    forget_previews(actor=actor, files=list(found.values_list("pk", flat=True)))
    blobs = list(found.values_list("blob_id", "document__label"))
    for blob, label in blobs:
        shred(blob_id=blob, actor=actor, label=Level(label))
    # Nor is a document found any more by what stood in them.
    Content.objects.filter(document__in=documents).delete()
    return len(blobs)
