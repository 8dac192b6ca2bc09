"""Put documents into a file, and take them out. Whoever works on the file reads them as long as they lie in it."""

from collections.abc import Collection, Iterable
from typing import Final

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.documents.models import Access, Document
from lienthong.office.documents.selectors.people import cleared
from lienthong.office.records.actions.change import Change, doing
from lienthong.office.records.models import FileAccess, Item, WorkFile
from lienthong.office.records.policies import may_file
from lienthong.office.records.states import Deed

MOST: Final = 50
"""How many documents are put in at once."""
MOST_PAGES: Final = 100_000


def add_documents(*, actor: Actor, file: WorkFile, documents: Collection[int]) -> int:
    """Put documents of the organ into a file, behind those that lie in it. Its label rises to theirs.

    Args:
        actor: who works on the file.
        file: open.
        documents: ids of documents that are shown to the actor for their own sake.

    Returns:
        How many were put in; those that lay in it already are passed over.

    Raises:
        Forbidden: it is not the actor's to do.
        Conflict: the file is no longer open.
        NotFound: there is no such document that the actor may put into a file.
        Invalid: none or too many, or the file's maker is not cleared for one of them.
    """
    wanted = sorted(set(documents))
    if not 0 < len(wanted) <= MOST:
        raise Invalid(hint=_("Choose 1 to {number} documents.").format(number=MOST))
    with doing(actor=actor, file=file, deed=Deed.ADD) as change:
        held = change.file
        # Held, so that a disposal that goes on now either sees them here or has destroyed them before.
        rows = Document.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        found = list(rows.filter(pk__in=wanted, organ=held.organ_id))
        if len(found) != len(wanted) or not all(may_file(actor, document) for document in found):
            raise NotFound(_("a document that you may put into a file"))
        inside = set(Item.objects.filter(file=held, document__in=found).values_list("document", flat=True))
        new = [document for document in found if document.pk not in inside]
        new.sort(key=lambda document: (document.entered_on or held.opened_on, document.pk))
        _raise_label(change, new)
        last = Item.objects.filter(file=held).aggregate(last=Max("place"))["last"] or 0
        Item.objects.bulk_create(
            Item(file=held, document=document, place=place, pages=document.pages or 0, added_by_id=actor.appointment_id)
            for place, document in enumerate(new, start=last + 1)
        )
        lend(held, new, FileAccess.objects.filter(file=held).values_list("holder", flat=True))
        count(change)
        change.new |= {"added": [document.pk for document in new]}
    return len(new)


def remove_document(*, actor: Actor, file: WorkFile, item: int) -> None:
    """Take a document out of a file: whoever read it only through the file reads it no more.

    Raises:
        Forbidden: it is not the actor's to do.
        Conflict: the file is no longer open.
        NotFound: it does not lie in the file.
    """
    with doing(actor=actor, file=file, deed=Deed.REMOVE) as change:
        found = Item.objects.filter(file=change.file, pk=item).first()
        if found is None:
            raise NotFound(str(item))
        Access.objects.filter(document=found.document_id, via=change.file.pk).delete()
        found.delete()
        count(change)
        change.old |= {"removed": found.document_id}


def set_pages(*, actor: Actor, file: WorkFile, item: int, pages: int) -> None:
    """Say how many pages a document has as it lies in the file.

    Raises:
        Forbidden: it is not the actor's to do.
        Conflict: the file is no longer open.
        NotFound: it does not lie in the file.
        Invalid: no file has that many pages.
    """
    if not 0 <= pages <= MOST_PAGES:
        raise Invalid(hint=_("Give the number of pages, up to {number}.").format(number=MOST_PAGES))
    with doing(actor=actor, file=file, deed=Deed.ADD) as change:
        found = Item.objects.filter(file=change.file, pk=item).first()
        if found is None:
            raise NotFound(str(item))
        change.old, change.new = {"document": found.document_id, "pages": found.pages}, {"pages": pages}
        found.pages = pages
        found.save(update_fields=["pages"])
        count(change)


def lend(file: WorkFile, documents: Iterable[Document], holders: Iterable[int]) -> None:
    """Let holders read documents for as long as they lie in a file; top secret ones are named one by one only."""
    people = list(holders)
    rows = [
        Access(document=document, holder=holder, via=file.pk)
        for document in documents
        if document.label < Level.TOP_SECRET
        for holder in people
    ]
    Access.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def count(change: Change) -> None:
    """Write down anew how many documents and pages a file has."""
    sums = Item.objects.filter(file=change.file).aggregate(documents=Count("pk"), pages=Sum("pages"))
    change.set(documents=sums["documents"], pages=sums["pages"] or 0)


def _raise_label(change: Change, documents: Collection[Document]) -> None:
    file = change.file
    highest = max([Level(file.label), *(Level(document.label) for document in documents)])
    if highest == file.label:
        return
    if highest == Level.TOP_SECRET:
        raise Invalid(hint=_("A top secret document lies in a top secret file only: raise the file's label first."))
    if not cleared(Appointment.objects.filter(pk=file.maker_id), highest).exists():
        raise Invalid(hint=_("Whoever makes the file is not cleared for one of these documents."))
    change.old["label"], change.new["label"] = int(file.label), int(highest)
    change.set(label=highest)
