"""What persons are told of the work on members: never a name or value of a member."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Role
from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.kinds import Facts, Kind, register
from lienthong.office.documents.selectors.people import Clerks, in_roles
from lienthong.office.members import registry
from lienthong.office.members.models import Assignment


class Notice(StrEnum):
    """The kinds of notifications of this room."""

    ASSIGNED = "members:assignment:assigned"


_ASSIGNED: Final[Promise] = _("To be mended by {day}: {rule} ({number} records)")


def connect() -> None:
    """Register the kinds."""
    register(Kind(name=Notice.ASSIGNED, text=_assigned))


def about(assignment: Assignment) -> str:
    """Return by what all notifications of an assignment are found."""
    return f"members.assignment:{assignment.pk}"


def tell_assigned(made: Sequence[Assignment]) -> None:
    """Tell the stewards and heads of organs what they are to mend, in the transaction that assigns it."""
    told = in_roles((Role.STEWARD, Role.LEADER), {each.organ_id for each in made}, Level.INTERNAL)
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


def _assigned(facts: Facts) -> str:
    rule = registry.rule_text(str(facts["rule"]))
    day = date_format(date.fromisoformat(str(facts["day"])), "SHORT_DATE_FORMAT")
    return str(_ASSIGNED).format(day=day, rule=rule, number=facts["number"])
