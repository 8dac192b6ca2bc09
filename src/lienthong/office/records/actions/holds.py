"""Legal holds: whatever the term, a file is kept as long as one of them is not lifted."""

from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.records.actions.change import doing, reason_of, why
from lienthong.office.records.models import Hold, WorkFile
from lienthong.office.records.states import Deed


def set_hold(*, actor: Actor, file: WorkFile, reason: str) -> Hold:
    """Keep a file from being disposed of, for a court or an inspection.

    Args:
        actor: the organ's officer for secrets: whoever proposes and approves disposals must not decide that.
        file: any that was not disposed of.
        reason: who asked for it, by what decision.

    Raises:
        Forbidden: the actor is no such officer, or not cleared.
        Invalid: there is no reason, or too long a one.
        Conflict: it was disposed of.
    """
    said = reason_of(reason, needed=_("Say for whom and why it is kept."))
    with doing(actor=actor, file=file, deed=Deed.HOLD) as change:
        hold = Hold.objects.create(file=change.file, reason=said, set_by_id=actor.appointment_id)
        change.new = {"hold": hold.pk, **why(change.file, said)}
    return hold


def lift_hold(*, actor: Actor, file: WorkFile, hold: int, reason: str) -> None:
    """Lift one hold; others stay.

    Raises:
        Forbidden: the actor is not the organ's officer for secrets, or not cleared.
        Invalid: there is no reason, or too long a one.
        NotFound: there is no such hold on the file, or it was lifted already.
        Conflict: the file is kept by none.
    """
    said = reason_of(reason, needed=_("Say why it need not be kept for that any more."))
    with doing(actor=actor, file=file, deed=Deed.LIFT) as change:
        found = Hold.objects.filter(pk=hold, file=change.file, lifted_at=None).first()
        if found is None:
            raise NotFound(str(hold))
        found.lifted_by_id, found.lifted_at, found.lift_reason = actor.appointment_id, timezone.now(), said
        found.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
        change.old, change.new = {"hold": hold}, why(change.file, said)
