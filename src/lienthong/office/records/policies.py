"""Who sees a work file, and who may do what to it: ``states.DEEDS`` says which part may, here is who plays it."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import SYSTEM, Actor, Role
from lienthong.office.core.compiled import Reader
from lienthong.office.core.errors import Conflict, Forbidden
from lienthong.office.documents import policies as documents
from lienthong.office.documents.models import Access, Document
from lienthong.office.documents.states import Part as DocumentPart
from lienthong.office.records.models import Disposal, FileAccess, Hold, WorkFile
from lienthong.office.records.states import DEEDS, FILED, Deed, Mode, Part

_ROLES: Final = ((Role.CLERK, Part.CLERK), (Role.LEADER, Part.LEADER), (Role.SECURITY, Part.GUARD))
_TRUSTED: Final = frozenset({DocumentPart.AUTHOR, DocumentPart.CLERK, DocumentPart.LEADER, DocumentPart.LEAD})
"""Who may let others see a document that is labelled, by putting it into a file."""


def visible(actor: Actor | Reader) -> Q:
    """Return the predicate of the work files an actor sees, the same as in the database's own policy.

    Always of one organ, with those that went into it; up to one's clearance. Clerks, heads, the officer for secrets and
    auditors see every file of it, others those they work on, those they are asked to take over, and unrestricted ones.
    Of top secret files there is no register: they are seen by those named only.
    """
    if actor.system:
        return Q()
    near = Q(Exists(FileAccess.objects.filter(file=OuterRef("pk"), holder__in=actor.holders)))
    near |= Q(offered_to__in=actor.holders) | Q(mode=Mode.OPEN, label__lt=Level.CONFIDENTIAL)
    if keeps(actor):
        near |= Q(label__lt=Level.TOP_SECRET)
    return documents.here(actor) & Q(label__lte=actor.ceiling) & near


def disposals(actor: Actor) -> Q:
    """Return the predicate of the disposals an actor sees: those of the organ, for who keeps or guards its files."""
    if actor is SYSTEM:
        return Q()
    return documents.here(actor) & Q(label__lte=actor.ceiling) if keeps(actor) else Q(pk__in=[])


def keeps(actor: Actor | Reader) -> bool:
    """Tell whether the list of all files of the organ is open to an actor."""
    return actor.at_desk or actor.guards


def parts_of(actor: Actor, file: WorkFile) -> frozenset[Part]:
    """Return what the actor is to a file; nothing to whom it is not shown. Reads as the system."""
    if file.organ_id not in actor.organs or file.label > actor.ceiling:
        return frozenset()
    parts: set[Part] = set()
    access = FileAccess.objects.filter(file=file, holder__in=actor.holders).values_list("writes", flat=True)
    named = list(access)
    if named:
        parts |= {Part.READER} | ({Part.WRITER} if any(named) else set())
        parts |= {Part.MAKER} if file.maker_id == actor.appointment_id else set()
    if actor.appointment_id and file.offered_to_id == actor.appointment_id:
        parts |= {Part.OFFERED, Part.READER}
    if file.mode == Mode.OPEN and file.label < Level.CONFIDENTIAL:
        parts.add(Part.READER)
    if keeps(actor) and (named or file.label < Level.TOP_SECRET):
        parts |= {Part.READER, *(part for role, part in _ROLES if role in actor.roles)}
    return frozenset(parts)


def may(file: WorkFile, deed: Deed, parts: frozenset[Part]) -> bool:
    """Tell whether somebody who is that to a file may do that to it, as it is now."""
    rule = DEEDS[deed]
    if file.state not in rule.states or parts.isdisjoint(rule.parts):
        return False
    return deed is not Deed.LIFT or is_held(file)


def require(file: WorkFile, deed: Deed, parts: frozenset[Part]) -> None:
    """Refuse what may not be done.

    Raises:
        Forbidden: it is not theirs to do.
        Conflict: it would be, but the file stands elsewhere by now.
    """
    if may(file, deed, parts):
        return
    if parts.isdisjoint(DEEDS[deed].parts):
        raise Forbidden(str(DEEDS[deed].title))
    raise Conflict(str(file))


def is_held(file: WorkFile) -> bool:
    """Tell whether a legal hold keeps a file."""
    return Hold.objects.filter(file=file, lifted_at=None).exists()


def may_file(actor: Actor, document: Document) -> bool:
    """Tell whether the actor may put a document into a file, and so let those who work on it read it.

    It must be shown to them for its own sake: what a work file lets one read is not passed on into another one. What is
    labelled is passed on by its author, clerks, heads, and whoever leads the work on it. Reads as the system.
    """
    if document.organ_id not in actor.organs or document.label > actor.ceiling or document.state not in FILED:
        return False
    own = Access.objects.filter(document=document, holder__in=actor.holders, via=0).exists()
    if not own and not (document.at_desk and actor.at_desk and document.label < Level.TOP_SECRET):
        return False
    return document.label < Level.CONFIDENTIAL or not documents.parts_of(actor, document).isdisjoint(_TRUSTED)


def fileable(actor: Actor) -> Q:
    """Return the predicate of the documents an actor may put into a file, but for the trust that labels ask for."""
    own = Q(Exists(Access.objects.filter(document=OuterRef("pk"), holder__in=actor.holders, via=0)))
    if actor.at_desk:
        own |= Q(at_desk=True, label__lt=Level.TOP_SECRET)
    return documents.visible(actor) & own & Q(state__in=FILED)


def may_propose(actor: Actor) -> bool:
    """Tell whether the actor may propose to dispose of files: a clerk, who keeps the archive."""
    return actor.placed and Role.CLERK in actor.roles


def may_decide(actor: Actor, disposal: Disposal) -> bool:
    """Tell whether the actor may approve a disposal: clerk or head, not the proposer nor in the proposer's position.

    Reads as the system.
    """
    if disposal.state != Disposal.State.PROPOSED or not actor.at_desk or not may_see(actor, disposal):
        return False
    if disposal.proposer_id == actor.person_id or disposal.proposed_by_id == actor.appointment_id:
        return False
    mine = Q(person=actor.person_id) | Q(by=actor.appointment_id)
    return not disposal.approvals.filter(mine).exists()


def may_refuse(actor: Actor, disposal: Disposal) -> bool:
    """Tell whether the actor may refuse a disposal: any clerk or head; the proposer too, to take it back."""
    return disposal.state == Disposal.State.PROPOSED and actor.at_desk and may_see(actor, disposal)


def may_see(actor: Actor, disposal: Disposal) -> bool:
    """Tell whether the actor sees a disposal and every file in it. Reads as the system."""
    if not keeps(actor) or disposal.organ_id not in actor.organs or disposal.label > actor.ceiling:
        return False
    hidden = disposal.files.exclude(file__in=WorkFile.objects.filter(visible(actor)).values("pk"))
    return not hidden.exists()
