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
from lienthong.office.members.selectors.failing import failing_organs


def assign(*, actor: Actor, rule: str, organs: Sequence[int], due_on: date, note: str = "") -> list[Assignment]:
    """Have organs mend what breaks a rule; an earlier assignment of the same gives way.

    Args:
        actor: a steward or head.
        rule: which.
        organs: ids: the actor's own, or directly below it.
        due_on: by when.
        note: what else is to be said.

    Raises:
        Forbidden: it is not the actor's to assign.
        Invalid: no organ in which the rule is broken, a day that is over, or too long a note.
    """
    require(actor, Permission.MEMBER_ASSIGN)
    said = tidy(note)
    if due_on < localdate():
        raise Invalid(hint=_("Choose a day that is not over."))
    if len(said) > WORDS_LENGTH:
        raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=WORDS_LENGTH))
    with transaction.atomic(), scope.system():
        offered = {unit.pk: (unit, number) for unit, number in failing_organs(actor, rule)}
        chosen = [offered[number] for number in dict.fromkeys(organs) if number in offered]
        if not chosen:
            raise Invalid(hint=_("Choose an organ in which the rule is broken."))
        open_ones = Assignment.objects.filter(rule=rule, organ__in=[unit for unit, _number in chosen], state="open")
        for before in open_ones:
            notes.done(notices.about(before))
        open_ones.update(state=Assignment.State.WITHDRAWN)
        made = Assignment.objects.bulk_create(
            Assignment(
                rule=rule, organ=unit, organ_path=unit.path, due_on=due_on, note=said, total=number,
                person_id=actor.person_id, person_name=actor.name,
            )
            for unit, number in chosen
        )  # fmt: skip
        new = {"rule": rule, "due_on": due_on.isoformat()}
        record_all(actor=actor, kind=MemberEvent.ASSIGN, changes=[Told(obj=each, new=new) for each in made])
        for each in made:
            notices.tell_assigned(each)
    return made


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
