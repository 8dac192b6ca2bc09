"""The end of an assignment: it is done, or withdrawn by whoever gave it."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.notifications import actions as notes
from lienthong.office.core.policies import Permission, require
from lienthong.office.members import notices
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.models import Assignment
from lienthong.office.members.policies import outranks
from lienthong.office.members.selectors.failing import left_of
from lienthong.office.members.selectors.givers import by_whom
from lienthong.office.organs.actions.holding import waiting


def end(*, actor: Actor, assignment: Assignment, state: Assignment.State) -> None:
    """Say that an assignment is done, or withdraw it.

    Whoever has to mend says that it is done once nothing fails any more; what still fails is left as it is, or the
    whole withdrawn, by the organ that gave it or one above that. The giver is told of what others say to be done.

    Raises:
        Forbidden: it is not the actor's to end, or to withdraw.
        Invalid: records still fail, and it is not the actor who leaves them so.
        Conflict: it has ended already, or somebody else changes it for longer than the database waits.
    """
    with transaction.atomic(), scope.system():
        with waiting(str(assignment)):
            held = Assignment.objects.select_for_update().filter(pk=assignment.pk).first()
        if held is None:
            raise Conflict(str(assignment))
        require(actor, Permission.MEMBER_ASSIGN, held)
        if held.state != Assignment.State.OPEN:
            raise Conflict(str(held))
        gave = outranks(actor, held)
        if not gave:
            _refuse(actor, held, state)
        held.state = state
        held.save(update_fields=["state"])
        notes.done(notices.about(held))
        if not gave:
            notices.tell_done(held, actor=actor)
        old, new = {"state": Assignment.State.OPEN.value}, {"state": state.value}
        record(actor=actor, kind=MemberEvent.END, obj=held, old=old, new=new)


def _refuse(actor: Actor, held: Assignment, state: Assignment.State) -> None:
    """Refuse what only whoever gave an assignment does with it."""
    if state == Assignment.State.WITHDRAWN:
        advice = _("Ask {giver} to withdraw it: only that organ or one above it does.")
        raise Forbidden(str(held), hint=advice.format(giver=by_whom(actor, [held])[held.pk]))
    if left := left_of(held):
        advice = ngettext(
            "{number} record still fails. Mend it, or have it left as it is by whoever assigned it.",
            "{number} records still fail. Mend them, or have them left as they are by whoever assigned them.",
            left,
        )
        raise Invalid(str(held), hint=advice.format(number=left))
