"""What there is to choose from in the forms of a file, for whoever may do the deed. Read as the system where said."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.models import Document
from lienthong.office.documents.selectors.people import cleared, in_force
from lienthong.office.documents.words import fits, wanted
from lienthong.office.organs.models import Unit
from lienthong.office.records.models import FileAccess, Hold, Item, WorkFile
from lienthong.office.records.policies import fileable, may_file

MOST = 500
FOUND = 50
type Pairs = list[tuple[int, str]]


def colleagues(file: WorkFile) -> Pairs:
    """Return the appointments of the file's organ cleared for it, without its maker's. As the system."""
    with scope.system():
        path = file.organ.bearer.path
        here = Appointment.objects.filter(in_force(), position__organ_path=path, position__closed_on=None)
        found = cleared(here, file.level).exclude(pk=file.maker_id).select_related("person", "position")
        found = found.order_by("position__rank", "person__sort_key", "pk")
        return [(one.pk, f"{one.person.name} · {one.position.title}") for one in found[:MOST]]


def units(file: WorkFile) -> Pairs:
    """Return the departments of the file's organ, by their id with a minus. As the system."""
    today = localdate()
    with scope.system():
        found = Unit.objects.filter(organ=file.organ.bearer_id, kind="department")
        found = found.filter(label__lte=max(file.level, Level.INTERNAL))
        found = found.filter(Q(valid_to=None) | Q(valid_to__gt=today)).order_by("path", "sort_key")
        return [(-one.pk, one.name) for one in found[:MOST]]


def holders(file: WorkFile, *, writes: bool) -> list[int]:
    """Return who writes on a file, or only reads it, besides its maker. As the system."""
    with scope.system():
        rows = FileAccess.objects.filter(file=file, writes=writes).exclude(holder=file.maker_id)
        return list(rows.values_list("holder", flat=True))


def documents(actor: Actor, file: WorkFile, text: str) -> list[Document]:
    """Return the latest documents that the actor may put into a file, found by number or words if any are given.

    Args:
        actor: who works on the file.
        file: in which they do not lie yet.
        text: as it was typed.
    """
    inside = Item.objects.filter(file=file, document=OuterRef("pk"))
    found: QuerySet[Document] = Document.objects.filter(fileable(actor)).exclude(Exists(inside))
    if text:
        found = found.filter(fits(**wanted(actor.organ_id, text, actor.kept)))
    rows = list(found.order_by("-entered_on", "-pk")[:FOUND])
    with scope.system():
        return [document for document in rows if may_file(actor, document)]


def open_holds(file: WorkFile) -> Pairs:
    """Return the holds that may be lifted."""
    return list(Hold.objects.filter(file=file, lifted_at=None).values_list("pk", "reason"))
