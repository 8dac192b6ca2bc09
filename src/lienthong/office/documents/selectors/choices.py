"""What there is to choose from in the forms of a document, for whoever may do the deed. Read as the system."""

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.numbering import run_of, since_of
from lienthong.office.documents.actions.relating import KINDS
from lienthong.office.documents.models import Access, Chain, Document, File, Relation, TakenNumber
from lienthong.office.documents.policies import visible
from lienthong.office.documents.selectors.details import relations
from lienthong.office.documents.selectors.people import cleared, in_force
from lienthong.office.documents.signers import has_kept, kept
from lienthong.office.documents.words import fits, wanted
from lienthong.office.organs.models import Unit
from lienthong.signatures.signers import Signer

MOST = 500
FOUND = 50
ORGAN_KEY, KEPT_KEY, OWN_KEY = "organ", "kept", "own"
type Pairs = list[tuple[int, str]]


def chains(document: Document) -> QuerySet[Chain]:
    """Return the chains for such a document, those for its type first. The reader's own organ shows them."""
    fits = Chain.objects.filter(organ=document.organ.bearer_id, closed_at=None, type__in=("", document.type))
    return fits.order_by("-type", "name")


def colleagues(document: Document) -> Pairs:
    """Return the appointments of the document's organ whose persons are cleared for it, without its author's."""
    with scope.system():
        found = _cleared_here(document).exclude(pk=document.created_by_id or 0)
        return [(one.pk, f"{one.person.name} · {one.position.title}") for one in found[:MOST]]


def writers(document: Document) -> list[int]:
    """Return the appointments that may write on a draft besides its author's."""
    with scope.system():
        found = Access.objects.filter(document=document, writes=True, holder__gt=0)
        return list(found.exclude(holder=document.created_by_id or 0).values_list("holder", flat=True))


def assignable(document: Document) -> Pairs:
    """Return the departments of the organ (with a minus) and its cleared officials."""
    today = localdate()
    with scope.system():
        units = Unit.objects.filter(organ=document.organ.bearer_id, kind="department")
        units = units.filter(Q(valid_to=None) | Q(valid_to__gt=today), label__lte=max(document.label, Level.INTERNAL))
        offered = [(-one.pk, one.name) for one in units.order_by("path", "sort_key")[:MOST]]
        people = _cleared_here(document)[:MOST]
        return offered + [(one.pk, f"{one.person.name} · {one.position.title}") for one in people]


def reserved(document: Document) -> list[tuple[int | str, str]]:
    """Return the numbers that were kept where a document would be numbered, after the next one."""
    run = run_of(document)
    with scope.system():
        kept = TakenNumber.objects.filter(
            document=None, series__organ=run.organ, series__register=run.register, series__type=run.type,
            series__secret=run.secret, series__since=since_of(run, localdate()),
        ).order_by("number")[:MOST]  # fmt: skip
        return [("", _("the next one")), *((one.pk, f"{one.number} · {one.reason[:80]}") for one in kept)]


def keys(actor: Actor, document: Document) -> list[tuple[str, str]]:
    """Return the keys somebody may sign with: the organ's, their own that is kept, and one they bring."""
    offered = []
    if has_kept(document.organ.bearer.code):
        offered.append((ORGAN_KEY, _("The key of {organ}").format(organ=document.organ.bearer.name)))
    if has_kept(_address(actor)):
        offered.append((KEPT_KEY, _("My key that is kept here")))
    return [*offered, (OWN_KEY, _("My own key, which I bring"))]


def kept_key(actor: Actor, document: Document, chosen: str) -> Signer | None:
    """Return the signer that was chosen among those that are kept; None if there is none."""
    return kept({ORGAN_KEY: document.organ.bearer.code, KEPT_KEY: _address(actor)}.get(chosen, ""))


def relatable(actor: Actor, document: Document, text: str) -> list[Document]:
    """Return the latest documents that a draft may refer to, found by number or words; none where none are given.

    Args:
        actor: who writes on the draft, and sees those.
        document: the draft.
        text: as it was typed.
    """
    given = wanted(actor.organ_id, text, actor.kept)
    if not given:
        return []
    found = Document.objects.filter(visible(actor), fits(**given)).exclude(Q(pk=document.pk) | Q(number=""))
    return list(found.defer("words").order_by("-pk")[:FOUND])


def related(actor: Actor, document: Document) -> list[Relation]:
    """Return what a draft says it answers or rests on."""
    with scope.system():
        return [each for each in relations(document, actor) if each.kind in KINDS]


def called(document: Document) -> str:
    """Return how a document is named in a list to choose from."""
    return " · ".join(filter(None, (str(document), document.author if document.level < Level.CONFIDENTIAL else "")))


def has_main_file(document: Document) -> bool:
    """Tell whether a document has its main file."""
    return File.objects.filter(document=document, role=File.Role.MAIN, current=True).exists()


def _cleared_here(document: Document) -> QuerySet[Appointment]:
    path = document.organ.bearer.path
    here = Appointment.objects.filter(in_force(), position__organ_path=path, position__closed_on=None)
    found = cleared(here, document.level).select_related("person", "position")
    return found.order_by("position__rank", "person__sort_key", "pk")


def _address(actor: Actor) -> str:
    with scope.system():
        return Person.objects.values_list("email", flat=True).get(pk=actor.person_id)
