"""Work files as their readers see them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import visible as document_visible
from lienthong.office.organs.models import Unit
from lienthong.office.records.models import Disposal, DisposalFile, FileAccess, Hold, Item, WorkFile
from lienthong.office.records.policies import may, parts_of, visible
from lienthong.office.records.states import DEEDS, Deed, State


def files(actor: Actor) -> QuerySet[WorkFile]:
    """Return the work files an actor sees."""
    return WorkFile.objects.filter(visible(actor))


def file(actor: Actor, number: int) -> WorkFile:
    """Return one of them.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    found = files(actor).select_related("organ", "maker__person", "maker__position").filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def mine(actor: Actor) -> QuerySet[WorkFile]:
    """Return the files that the actor makes, works on or is to take over."""
    taking_part = FileAccess.objects.filter(file=OuterRef("pk"), holder__in=actor.holders)
    return files(actor).filter(Q(Exists(taking_part)) | Q(offered_to__in=actor.holders))


def to_submit(actor: Actor) -> QuerySet[WorkFile]:
    """Return what is closed and goes to the archive, or was submitted to it: the list of submission."""
    return files(actor).filter(state__in=[State.CLOSED, State.SUBMITTED])


def expired(actor: Actor) -> QuerySet[WorkFile]:
    """Return the files in the archive that need not be kept any more: neither term nor hold nor proposal is open."""
    held = Hold.objects.filter(file=OuterRef("pk"), lifted_at=None)
    proposed = DisposalFile.objects.filter(file=OuterRef("pk"), disposal__state=Disposal.State.PROPOSED)
    due = files(actor).filter(state=State.ARCHIVED, keep_until__lte=localdate())
    return due.exclude(Exists(held)).exclude(Exists(proposed))


def deeds(actor: Actor, found: WorkFile) -> list[Deed]:
    """Return what the actor may do to a file now: the same answers that the actions give."""
    with scope.system():
        parts = parts_of(actor, found)
        return [deed for deed in DEEDS if may(found, deed, parts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A document in a file, as the file's page shows it."""

    item: int
    # As it is counted in the file.
    place: int
    # None where it is not shown to the reader.
    document: Document | None
    pages: int
    # "12–15"; empty for a document whose pages were not counted.
    page_numbers: str


def contents(actor: Actor, found: WorkFile) -> list[Inside]:
    """Return what lies in a file, in its order; of what the reader may not see, only that it is there."""
    items = list(Item.objects.filter(file=found).order_by("place", "pk"))
    seen = Document.objects.filter(document_visible(actor)).in_bulk([item.document_id for item in items])
    inside, first = [], 1
    for place, item in enumerate(items, start=1):
        last = first + item.pages - 1
        numbers = "" if not item.pages else str(first) if item.pages == 1 else f"{first}–{last}"
        inside.append(
            Inside(
                item=item.pk, place=place, document=seen.get(item.document_id), pages=item.pages, page_numbers=numbers
            )
        )
        first = last + 1
    return inside


def inside(actor: Actor, found: WorkFile, item: int) -> Inside:
    """Return one document of a file.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    for each in contents(actor, found):
        if each.item == item and each.document is not None:
            return each
    raise NotFound(str(item))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who works on a file, as its page shows it."""

    name: str
    writes: bool


def workers(found: WorkFile) -> list[Worker]:
    """Return who works on a file besides its maker. Ask first whether the reader sees it."""
    with scope.system():
        rows = FileAccess.objects.filter(file=found).exclude(holder=found.maker_id).order_by("-writes", "pk")
        pairs = list(rows.values_list("holder", "writes"))
        people = Appointment.objects.filter(pk__in=[one for one, _writes in pairs if one > 0])
        names = {
            one.pk: f"{one.person.name} · {one.position.title}" for one in people.select_related("person", "position")
        }
        names |= {-unit.pk: unit.name for unit in Unit.objects.filter(pk__in=[-one for one, _w in pairs if one < 0])}
    return [Worker(name=names[one], writes=writes) for one, writes in pairs if one in names]


def holds(found: WorkFile) -> list[Hold]:
    """Return the holds on a file that were not lifted."""
    return list(Hold.objects.filter(file=found, lifted_at=None).select_related("set_by__position"))
