"""Giving organs the records that break a rule to mend, by a day."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Told, record_all
from lienthong.office.core.errors import Conflict, Invalid
from lienthong.office.core.notifications import actions as notes
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.members import notices
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.models import Assignment
from lienthong.office.members.models.work import WORDS_LENGTH
from lienthong.office.members.selectors.offers import chosen


def assign(*, actor: Actor, rule: str, organs: Sequence[int], due_on: date, note: str = "") -> list[Assignment]:
    """Have organs mend what breaks a rule; an earlier assignment of the same rule to the same organ gives way.

    What organs above or below one of them have to mend stays: each answers for its own part of the tree.

    Args:
        actor: a steward or head.
        rule: which.
        organs: ids: the actor's own, or any below it.
        due_on: by when.
        note: what else is to be said.

    Raises:
        Forbidden: it is not the actor's to assign.
        Invalid: an organ that is not the actor's, or in which the rule is not broken; a day that is over, or too long
            a note.
    """
    require(actor, Permission.MEMBER_ASSIGN)
    said, wanted = tidy(note), list(dict.fromkeys(organs))
    if due_on < localdate():
        raise Invalid(hint=_("Choose a day that is not over."))
    if len(said) > WORDS_LENGTH:
        raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=WORDS_LENGTH))
    with transaction.atomic(), scope.system():
        offered = chosen(actor, rule, wanted)
        if not wanted or len(offered) < len(wanted):
            # In the same words for all: who asks for organs of others does not learn which there are.
            raise Invalid(hint=_("Choose organs in which the rule is broken."))
        _give_way(actor, rule, wanted)
        made = Assignment.objects.bulk_create(
            Assignment(
                rule=rule, organ_id=each.organ, organ_path=each.organ_path, due_on=due_on, note=said,
                total=each.number, person_id=actor.person_id, person_name=actor.name,
            )
            for each in offered
        )  # fmt: skip
        new = {"rule": rule, "due_on": due_on.isoformat()}
        record_all(actor=actor, kind=MemberEvent.ASSIGN, changes=[Told(obj=each, new=new) for each in made])
        notices.tell_assigned(made)
    return made


def _give_way(actor: Actor, rule: str, organs: Sequence[int]) -> None:
    """Withdraw what organs had to mend of a rule until now."""
    before = list(Assignment.objects.filter(rule=rule, organ__in=organs, state=Assignment.State.OPEN))
    Assignment.objects.filter(pk__in=[each.pk for each in before]).update(state=Assignment.State.WITHDRAWN)
    notes.done(*map(notices.about, before))
    old, new = {"state": Assignment.State.OPEN.value}, {"state": Assignment.State.WITHDRAWN.value}
    record_all(actor=actor, kind=MemberEvent.END, changes=[Told(obj=each, old=old, new=new) for each in before])


def end(*, actor: Actor, assignment: Assignment, state: Assignment.State) -> None:
    """Say that an assignment is done, or withdraw it.

    Raises:
        Forbidden: it is not the actor's.
        Conflict: it has ended already.
    """
    require(actor, Permission.MEMBER_ASSIGN, assignment)
    with transaction.atomic(), scope.system():
        held = Assignment.objects.select_for_update().filter(pk=assignment.pk, state=Assignment.State.OPEN).first()
        if held is None:
            raise Conflict(str(assignment))
        held.state = state
        held.save(update_fields=["state"])
        notes.done(notices.about(held))
        record_all(
            actor=actor,
            kind=MemberEvent.END,
            changes=[Told(obj=held, old={"state": "open"}, new={"state": state.value})],
        )
