"""Who carries out what arrived: assign, begin, complete."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import Change, doing, give_access
from lienthong.office.documents.models import Access, Assignment, Document
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors.people import cleared, in_force, persons_of
from lienthong.office.documents.states import Deed, Part
from lienthong.office.organs.models import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who is to do it. Holders are appointments by their id, and units by theirs with a minus."""

    lead: int
    supports: frozenset[int] = frozenset()
    due: date | None = None
    instruction: str = ""


def assign(*, actor: Actor, document: Document, orders: Orders, seen: int | None = None) -> None:
    """Assign what was registered to those who carry it out; an assignment of before ends.

    Args:
        actor: a head of the organ.
        document: registered.
        orders: who leads, who helps, by when, and how.
        seen: the revision that was looked at; None for whichever it has.

    Raises:
        Forbidden: the actor is no head of the organ, or not cleared.
        Invalid: somebody is of another organ or not cleared, or the instruction is too long.
        Conflict: it is not to be assigned any more, or somebody else changed it meanwhile.
    """
    said = tidy(orders.instruction)
    if len(said) > NOTE_LENGTH:
        raise Invalid(_("A text is too long: at most {number} characters.").format(number=NOTE_LENGTH))
    with doing(actor=actor, document=document, deed=Deed.ASSIGN, seen=seen) as change:
        held = change.document
        names = _names(held, {orders.lead, *orders.supports})
        _end_assignments(held)
        duties = [(Assignment.Duty.LEAD, orders.lead)]
        duties += [(Assignment.Duty.SUPPORT, one) for one in sorted(orders.supports - {orders.lead})]
        Assignment.objects.bulk_create(
            Assignment(
                document=held, duty=duty, holder=holder, name=names[holder], due=orders.due, instruction=said,
                by_id=actor.appointment_id,
            )
            for duty, holder in duties
        )  # fmt: skip
        # Whoever assigns goes on to see it, as whoever heads the organ next does.
        give_access(held, [actor.appointment_id, *names])
        change.set(due=orders.due or held.due)
        change.new = {"lead": names[orders.lead], "supports": len(duties) - 1}
        if orders.due:
            change.new["due"] = orders.due.isoformat()
        appointments = [one for one in names if one > 0]
        tell(Notice.ASSIGNED, held, persons_of(appointments, [-one for one in names if one < 0]))
        report(held, Deed.ASSIGN)


def start(*, actor: Actor, document: Document) -> None:
    """Begin to carry it out.

    Raises:
        Forbidden: it was not assigned to the actor or their unit.
        Conflict: it was begun or completed already.
    """
    with doing(actor=actor, document=document, deed=Deed.START) as change:
        report(change.document, Deed.START)


def complete(*, actor: Actor, document: Document, result: str = "") -> None:
    """Say that it is done, and what came of it.

    Args:
        actor: who leads, or a head of the organ, who may also find that there is nothing to do.
        document: registered, assigned or in process.
        result: in words.

    Raises:
        Forbidden: it is not the actor's to complete.
        Invalid: the result is too long, or a head completes what nobody was asked to do without saying why.
        Conflict: it was completed already.
    """
    said = tidy(result)
    if len(said) > NOTE_LENGTH:
        raise Invalid(_("A text is too long: at most {number} characters.").format(number=NOTE_LENGTH))
    with doing(actor=actor, document=document, deed=Deed.COMPLETE) as change:
        _finish(change, said)
        change.set(completed_at=timezone.now())
        report(change.document, Deed.COMPLETE)


def _finish(change: Change, result: str) -> None:
    leading = Assignment.objects.filter(
        document=change.document, duty=Assignment.Duty.LEAD, done_at=None, ended_at=None
    )
    done = leading.update(done_at=timezone.now(), result=result)
    if not done and not result:
        raise Invalid(_("Nobody was asked to do it: say why it is complete."))
    if Part.LEAD not in change.parts:
        change.new["by_head"] = True
    Assignment.objects.filter(document=change.document, done_at=None, ended_at=None).update(done_at=timezone.now())


def _names(document: Document, holders: Collection[int]) -> dict[int, str]:
    """Return how the holders are called.

    Raises:
        Invalid: one is not of the document's organ, or no one cleared is behind it.
    """
    people = Appointment.objects.filter(in_force(), pk__in=[one for one in holders if one > 0])
    people = cleared(people.filter(position__organ_path=document.organ.bearer.path), document.level)
    names = {one.pk: one.person.name for one in people.select_related("person")}
    units = Unit.objects.filter(pk__in=[-one for one in holders if one < 0], organ_id=document.organ.bearer_id)
    names |= {-unit.pk: unit.name for unit in units if unit.label <= document.label or unit.label < Level.CONFIDENTIAL}
    if set(names) != set(holders):
        raise Invalid(_("Choose units and officials of this organ who are cleared for the document."))
    return names


def _end_assignments(document: Document) -> None:
    """End what was assigned before: whoever is not asked again loses sight of it."""
    before = Assignment.objects.filter(document=document, done_at=None, ended_at=None)
    gone = list(before.values_list("holder", flat=True))
    before.update(ended_at=timezone.now())
    Access.objects.filter(document=document, holder__in=gone, writes=False, via=0).delete()
