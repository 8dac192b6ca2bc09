"""Disposal: a clerk proposes, two others approve, of whom one heads the organ; then the files are destroyed.

What the register tells of files and documents stays, and so does the certificate; the bytes of their files are gone.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.core.notifications import actions as notes
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.records.actions.change import reason_of
from lienthong.office.records.actions.numbering import take_number
from lienthong.office.records.actions.shredding import shred_documents
from lienthong.office.records.audit import DisposalEvent
from lienthong.office.records.models import Approval, Disposal, DisposalFile, FileSeries, Hold, WorkFile
from lienthong.office.records.notices import Notice, about, tell_disposal
from lienthong.office.records.policies import may_decide, may_propose, may_refuse, may_see, visible
from lienthong.office.records.states import State

MOST = 200
"""How many files a disposal has: as many as are read before one agrees."""
NEEDED = 2
"""How many approve, besides whoever proposes."""


def propose(*, actor: Actor, files: Collection[int], reason: str) -> Disposal:
    """Propose to dispose of files whose term has ended.

    Args:
        actor: a clerk of the organ.
        files: ids of files in its archive.
        reason: on what it rests.

    Raises:
        Forbidden: the actor is no clerk.
        NotFound: there is no such file that they may see.
        Invalid: none or too many, no reason, or one of them must be kept.
    """
    wanted = sorted(set(files))
    said = reason_of(reason, needed=_("Say on what the disposal rests."))
    if not may_propose(actor):
        raise Forbidden(_("only a clerk of the organ proposes disposals"))
    if not 0 < len(wanted) <= MOST:
        raise Invalid(hint=_("Choose 1 to {number} files.").format(number=MOST))
    with transaction.atomic(), scope.system():
        found = _held(wanted)
        if len(found) != len(wanted) or WorkFile.objects.filter(visible(actor), pk__in=wanted).count() != len(wanted):
            raise NotFound(_("a work file"))
        if len({file.organ_id for file in found}) > 1:
            raise Invalid(hint=_("Choose files of one organ: those of one that was merged are disposed of apart."))
        pending = DisposalFile.objects.filter(file__in=found, disposal__state=Disposal.State.PROPOSED)
        if kept := [*_kept(found), *(str(row.file.code) for row in pending.select_related("file"))]:
            raise Invalid(hint=_("These must be kept, or were proposed already: {files}").format(files=", ".join(kept)))
        disposal = Disposal.objects.create(
            organ=found[0].organ, label=max(file.label for file in found), reason=said,
            proposed_by_id=actor.appointment_id, proposer_id=actor.person_id, proposer_name=actor.name,
        )  # fmt: skip
        DisposalFile.objects.bulk_create(DisposalFile(disposal=disposal, file=file) for file in found)
        new: dict[str, Json] = {"files": [file.pk for file in found], **_why(disposal, said)}
        record(actor=actor, kind=DisposalEvent.PROPOSE, obj=disposal, new=new, label=disposal.level)
        asked = [*_with(Role.LEADER, disposal), *_with(Role.CLERK, disposal)]
        tell_disposal(Notice.TO_APPROVE, disposal, [one for one in persons_of(asked) if one != actor.person_id])
    return disposal


def approve(*, actor: Actor, disposal: Disposal) -> bool:
    """Approve a disposal. With the second approval, if a head of the organ is among them, it is carried out.

    Args:
        actor: clerk or head of the organ, neither the proposer nor in the proposer's position.
        disposal: proposed.

    Returns:
        Whether it was carried out.

    Raises:
        Forbidden: it is not the actor's to decide.
        Conflict: it was decided already, or a file must be kept by now.
    """
    with transaction.atomic(), scope.system():
        held = _held_disposal(disposal.pk)
        if held.state != Disposal.State.PROPOSED:
            raise Conflict(str(held))
        if not may_decide(actor, held):
            raise Forbidden(_("another clerk or head of the organ approves it"))
        Approval.objects.create(
            disposal=held, by_id=actor.appointment_id, person_id=actor.person_id, name=actor.name,
            position=actor.position[:400], leads=Role.LEADER in actor.roles,
        )  # fmt: skip
        record(actor=actor, kind=DisposalEvent.APPROVE, obj=held, label=held.level)
        approvals = list(held.approvals.all())
        complete = len(approvals) >= NEEDED and any(approval.leads for approval in approvals)
        if complete:
            _carry_out(actor, held)
    return complete


def refuse(*, actor: Actor, disposal: Disposal, reason: str) -> None:
    """Refuse a disposal, or take back one's own; its files stay in the archive.

    Raises:
        Forbidden: the actor is neither clerk nor head of the organ.
        Invalid: there is no reason, or too long a one.
        Conflict: it was decided already.
    """
    said = reason_of(reason, needed=_("Say why it is refused."))
    with transaction.atomic(), scope.system():
        held = _held_disposal(disposal.pk)
        if held.state != Disposal.State.PROPOSED:
            raise Conflict(str(held))
        if not may_refuse(actor, held):
            raise Forbidden(_("a clerk or head of the organ refuses it"))
        held.answer = said
        _end(held, Disposal.State.REFUSED)
        record(actor=actor, kind=DisposalEvent.REFUSE, obj=held, new=_why(held, said), label=held.level)
        tell_disposal(Notice.REFUSED, held, [held.proposer_id])


def _carry_out(actor: Actor, disposal: Disposal) -> None:
    rows = list(disposal.files.select_related("file").order_by("file__pk"))
    files = {file.pk: file for file in _held([row.file_id for row in rows])}
    if not may_see(actor, disposal):
        raise Forbidden(_("a file of it is not shown to you"))
    if kept := _kept(files.values()):
        again = _("Files of it must be kept by now. Refuse it, and propose the others anew.")
        raise Conflict(", ".join(kept), hint=again)
    today = localdate()
    entry = take_number(disposal.organ_id, FileSeries.Register.DISPOSALS, today.year)
    disposal.code = f"{disposal.organ.code}.H.{today.year}.{entry:02d}"
    _end(disposal, Disposal.State.DONE)
    WorkFile.objects.filter(pk__in=files).update(state=State.DISPOSED, disposed_on=today)
    for row in rows:
        file = files[row.file_id]
        row.destroyed = shred_documents(actor, file)
        new: dict[str, Json] = {"state": State.DISPOSED.value, "certificate": disposal.code, "destroyed": row.destroyed}
        record(actor=actor, kind=DisposalEvent.DISPOSE, obj=file, old={"state": file.state}, new=new, label=file.level)
    DisposalFile.objects.bulk_update(rows, ["destroyed"])
    told: dict[str, Json] = {"certificate": disposal.code, "files": len(rows)}
    record(actor=actor, kind=DisposalEvent.CARRY_OUT, obj=disposal, new=told, label=disposal.level)
    tell_disposal(Notice.DISPOSED, disposal, [disposal.proposer_id])


def _end(disposal: Disposal, state: Disposal.State) -> None:
    disposal.state, disposal.ended_at = state, timezone.now()
    disposal.save(update_fields=["state", "ended_at", "answer", "code"])
    notes.done(about(disposal))


def _held(numbers: Collection[int]) -> list[WorkFile]:
    """Return files, locked until the transaction ends; in one order, so that nobody waits for each other."""
    rows = WorkFile.objects.select_for_update(of=("self",)).select_related("organ")
    return list(rows.filter(pk__in=numbers).order_by("pk"))


def _held_disposal(number: int) -> Disposal:
    found = Disposal.objects.select_for_update(of=("self",)).select_related("organ").filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def _kept(files: Collection[WorkFile]) -> list[str]:
    """Return the codes of those that must be kept: not in the archive, the term not over, or a hold on them."""
    held = Hold.objects.filter(file=OuterRef("pk"), lifted_at=None)
    free = WorkFile.objects.filter(
        pk__in=[file.pk for file in files], state=State.ARCHIVED, keep_until__lte=localdate()
    )
    free_ones = set(free.exclude(Exists(held)).values_list("pk", flat=True))
    return [file.code for file in files if file.pk not in free_ones]


def _why(disposal: Disposal, reason: str) -> dict[str, Json]:
    return {"reason": reason if disposal.label < Level.CONFIDENTIAL else len(reason)}


def _with(role: Role, disposal: Disposal) -> list[int]:
    return list(with_role(role, disposal.organ.bearer_id, disposal.level).values_list("pk", flat=True))
