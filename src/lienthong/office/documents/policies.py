"""Who sees a document, and who may do what to it: ``states.DEEDS`` says which part may, here is who plays it."""

from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import SYSTEM, Actor, Role
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import Conflict, Forbidden
from lienthong.office.documents.models import Access, Assignment, Document, Step, StepKind
from lienthong.office.documents.states import DEEDS, Deed, Part


class EachLookedUp(Exists):
    """Looked up for each row, as row-level security does it (``core.rls.seen``).

    The planner does not know what a policy lets through. Left to itself it begins with all that somebody ever took part
    in, which grows with the years, where few documents are asked for.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


def takes_part(actor: Actor | Reader, **how: int) -> EachLookedUp:
    """Return the condition that an actor takes part in a document; ``how`` narrows the rows that say so."""
    return EachLookedUp(Access.objects.filter(document=OuterRef("pk"), holder__in=actor.holders, **how))


def visible(actor: Actor | Reader) -> Q:
    """Return the predicate of the documents an actor sees, the same as in the database's own policy.

    Always of one organ, with those that went into it; up to one's clearance; the register's for clerks and heads, for
    others what they take part in.
    Top secret documents are in no register: they open only to those named, where the account is marked for them.
    """
    if actor.system:
        return Q()
    near = Q(takes_part(actor))
    if actor.at_desk:
        near = Q(at_desk=True, label__lt=Level.TOP_SECRET) | near
    return here(actor) & Q(label__lte=actor.ceiling) & near


def here(actor: Actor | Reader) -> Q:
    """Return the predicate of what an organ has: its own, and what those left that went into it."""
    own = Q(organ_id=actor.organ_id)
    return own if actor.kept is None or actor.kept == () else own | Q(organ_id__in=actor.kept)


def _access(reader: Actor | Reader, *, document: int) -> QuerySet[Access, Any]:
    return Access.objects.filter(document_id=document, holder__in=reader.holders).values_list("writes")


def _duty(reader: Actor | Reader, *, document: int) -> QuerySet[Assignment, Any]:
    mine = Assignment.objects.filter(document_id=document, holder__in=reader.holders, ended_at=None)
    return mine.values_list("duty")


def _open_steps(_reader: Actor | Reader, *, document: int) -> QuerySet[Step]:
    return Step.objects.filter(document_id=document, outcome=Step.Outcome.OPEN).order_by("-round", "place")[:1]


ACCESS: Final = Compiled(_access)
DUTIES: Final = Compiled(_duty)
OPEN_STEPS: Final = Compiled(_open_steps)


def parts_of(actor: Actor, document: Document) -> frozenset[Part]:
    """Return what the actor is to a document; nothing to whom it is not shown. Reads as the system."""
    if document.organ_id not in actor.organs or document.label > actor.ceiling:
        return frozenset()
    parts: set[Part] = set()
    if seen := [writes for (writes,) in ACCESS(actor, document=document.pk)]:
        parts.add(Part.READER)
        parts |= {Part.WRITER} if any(seen) else set()
        parts |= {Part.AUTHOR} if document.created_by_id == actor.appointment_id else set()
        parts |= _turn(actor, document)
        parts |= _duties(actor, document)
    if document.at_desk and (seen or document.label < Level.TOP_SECRET):
        parts |= {part for role, part in ((Role.CLERK, Part.CLERK), (Role.LEADER, Part.LEADER)) if role in actor.roles}
    return frozenset(parts)


def may(document: Document, deed: Deed, parts: frozenset[Part]) -> bool:
    """Tell whether somebody who is that to a document may do that to it, as it is now."""
    if deed in {Deed.AGREE_RECALL, Deed.REFUSE_RECALL} and not document.recall_reason:
        return False
    rule = DEEDS[deed]
    return document.state in rule.states and not parts.isdisjoint(rule.parts)


def require(document: Document, deed: Deed, parts: frozenset[Part]) -> None:
    """Refuse what may not be done.

    Raises:
        Forbidden: it is not theirs to do.
        Conflict: it would be, but the document stands elsewhere by now.
    """
    if may(document, deed, parts):
        return
    if parts.isdisjoint(DEEDS[deed].parts):
        raise Forbidden(str(DEEDS[deed].title))
    raise Conflict(str(document))


def current_step(document: Document) -> Step | None:
    """Return the step whose turn it is; None where nothing is asked for."""
    return next(iter(OPEN_STEPS.models(SYSTEM, document=document.pk)), None)


def _turn(actor: Actor, document: Document) -> set[Part]:
    step = current_step(document)
    if step is None or not step.position.appointments.filter(pk=actor.appointment_id).exists():
        return set()
    return {Part.SIGNER if step.kind == StepKind.SIGN else Part.TURN}


def _duties(actor: Actor, document: Document) -> set[Part]:
    duties = {Assignment.Duty.LEAD.value: Part.LEAD, Assignment.Duty.SUPPORT.value: Part.SUPPORT}
    return {duties[duty] for (duty,) in DUTIES(actor, document=document.pk)}
