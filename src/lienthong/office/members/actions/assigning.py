"""Giving organs the records that break a rule to mend, by a day."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Told, record_all
from lienthong.office.core.errors import Invalid
from lienthong.office.core.notifications import actions as notes
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.members import notices
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.models import Assignment
from lienthong.office.members.models.work import WORDS_LENGTH
from lienthong.office.members.policies import outranks
from lienthong.office.members.selectors.givers import by_whom
from lienthong.office.members.selectors.offers import chosen
from lienthong.office.organs.actions.holding import hold_organs, hold_tree, waiting

NAMED: Final = 5
"""Organs that are named where they are refused."""


def assign(*, actor: Actor, rule: str, organs: Sequence[int], due_on: date, note: str = "") -> list[Assignment]:
    """Have organs mend what breaks a rule; an earlier assignment of the same rule to the same organ gives way.

    It does not where an organ above the actor's gave it. Two who assign to the same organ wait for each other.
    What organs above or below one of them have to mend stays: each answers for its own part of the tree.

    Args:
        actor: a steward or head.
        rule: which.
        organs: ids: the actor's own, or any below it.
        due_on: by when.
        note: what else is to be said.

    Raises:
        Forbidden: it is not the actor's to assign.
        Invalid: an organ that is not the actor's, or in which the rule is not broken, or that mends it for somebody
            further up; a day that is over, or too long a note.
        Conflict: others assign to one of these organs, end what was, or change the tree, for longer than the database
            waits.
    """
    require(actor, Permission.MEMBER_ASSIGN)
    said, wanted = tidy(note), list(dict.fromkeys(organs))
    if due_on < localdate():
        raise Invalid(hint=_("Choose a day that is not over."))
    if len(said) > WORDS_LENGTH:
        raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=WORDS_LENGTH))
    with transaction.atomic(), scope.system():
        hold_tree(shared=True)
        offered = chosen(actor, rule, wanted)
        if not wanted or len(offered) < len(wanted):
            # In the same words for all: who asks for organs of others does not learn which there are.
            raise Invalid(hint=_("Choose organs in which the rule is broken."))
        before = _held(rule, wanted)
        _refuse_overruling(actor, before)
        _give_way(actor, before)
        made = Assignment.objects.bulk_create(
            Assignment(
                rule=rule, organ_id=each.organ, organ_path=each.organ_path, giver_path=actor.organ_path, due_on=due_on,
                note=said, total=each.number, person_id=actor.person_id, person_name=actor.name,
            )
            for each in offered
        )  # fmt: skip
        new = {"rule": rule, "due_on": due_on.isoformat()}
        record_all(actor=actor, kind=MemberEvent.ASSIGN, changes=[Told(obj=each, new=new) for each in made])
        notices.tell_assigned(made)
    return made


def _held(rule: str, organs: Sequence[int]) -> list[Assignment]:
    """Return what organs have to mend of a rule until now; nobody else changes it or adds to it meanwhile."""
    hold_organs(organs)
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("organ").order_by("organ_path", "pk")
    with waiting(rule):
        return list(rows.filter(rule=rule, organ__in=organs, state=Assignment.State.OPEN))


def _refuse_overruling(actor: Actor, before: Sequence[Assignment]) -> None:
    """Refuse to replace what organs have to mend already for somebody further up."""
    held = [one for one in before if not outranks(actor, one)]
    if not held:
        return
    givers = by_whom(actor, held[:NAMED])
    said = [
        _("{organ} (by {day}, assigned by {giver})").format(
            organ=one.organ.name, day=date_format(one.due_on, "SHORT_DATE_FORMAT"), giver=givers[one.pk]
        )
        for one in held[:NAMED]
    ]
    more = "; …" if len(held) > NAMED else ""
    advice = _("An organ above yours has assigned this already, and only it or one above it changes that: {organs}")
    raise Invalid(hint=advice.format(organs="; ".join(said) + more))


def _give_way(actor: Actor, before: Sequence[Assignment]) -> None:
    """Withdraw what organs had to mend of a rule until now."""
    Assignment.objects.filter(pk__in=[each.pk for each in before]).update(state=Assignment.State.WITHDRAWN)
    notes.done(*map(notices.about, before))
    old, new = {"state": Assignment.State.OPEN.value}, {"state": Assignment.State.WITHDRAWN.value}
    record_all(actor=actor, kind=MemberEvent.END, changes=[Told(obj=each, old=old, new=new) for each in before])
