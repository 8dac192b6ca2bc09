"""What persons are told of the work on members: never a name or value of a member."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.kinds import Facts, Kind, register
from lienthong.office.documents.selectors.people import Clerks, in_roles
from lienthong.office.members import registry
from lienthong.office.members.models import Assignment


class Notice(StrEnum):
    """The kinds of notifications of this room."""

    ASSIGNED = "members:assignment:assigned"
    DONE = "members:assignment:done"


_ASSIGNED: Final[Promise] = _("To be mended by {day}: {rule} ({number} records)")
_DONE: Final[Promise] = _("Mended: {work} ({number} records)")
_READERS: Final = (Role.STEWARD, Role.LEADER)


def connect() -> None:
    """Register the kinds."""
    register(Kind(name=Notice.ASSIGNED, text=_assigned))
    register(Kind(name=Notice.DONE, text=_done))


def about(assignment: Assignment) -> str:
    """Return by what all notifications of an assignment are found."""
    return f"members.assignment:{assignment.pk}"


def tell_assigned(made: Sequence[Assignment]) -> None:
    """Tell the stewards and heads of organs what they are to mend, in the transaction that assigns it."""
    told = in_roles(_READERS, {each.organ_id for each in made}, Level.INTERNAL)
    actions.notify_all(
        actions.Note(
            person_ids=told.get(each.organ_id, Clerks()).persons,
            kind=Notice.ASSIGNED,
            facts={"rule": each.rule, "day": each.due_on.isoformat(), "number": each.total},
            url=f"/members/failing/?rule={each.rule}",
            about=about(each),
        )
        for each in made
    )


def tell_done(ended: Assignment, *, actor: Actor) -> None:
    """Tell the stewards and heads of the organ that gave an assignment that it is done, but for whoever says so.

    It is the part of the action that ends it, as the system. Which organ it was is not told of one that is labelled.
    """
    told = in_roles(_READERS, {ended.giver_id}, Level.INTERNAL).get(ended.giver_id, Clerks())
    organ = ended.organ.name if ended.organ.level < Level.CONFIDENTIAL else ""
    actions.notify(
        person_ids=[person for person in told.persons if person != actor.person_id],
        kind=Notice.DONE,
        facts={"rule": ended.rule, "organ": organ, "number": ended.total},
        url=f"/members/assignments/?rule={ended.rule}&state={ended.state}",
        about=about(ended),
    )


def _assigned(facts: Facts) -> str:
    rule = registry.rule_text(str(facts["rule"]))
    day = date_format(date.fromisoformat(str(facts["day"])), "SHORT_DATE_FORMAT")
    return str(_ASSIGNED).format(day=day, rule=rule, number=facts["number"])


def _done(facts: Facts) -> str:
    work = " · ".join(filter(None, (registry.rule_text(str(facts["rule"])), str(facts["organ"]))))
    return str(_DONE).format(work=work, number=facts["number"])
