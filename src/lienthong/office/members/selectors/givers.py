"""Who gave assignments, in words."""

from collections.abc import Sequence

from lienthong.office.core.actor import Actor
from lienthong.office.members.models import Assignment
from lienthong.office.organs.models import Unit
from lienthong.office.organs.policies import visible


def by_whom(actor: Actor, given: Sequence[Assignment]) -> dict[int, str]:
    """Return whose word each assignment is, by its id: the person, with the organ where the actor may know of that."""
    organs = {one.pk: one.giver_id for one in given}
    known = dict(Unit.objects.filter(visible(actor), pk__in=set(organs.values())).values_list("pk", "name"))
    return {one.pk: _said(one, known.get(organs[one.pk], "")) for one in given}


def _said(one: Assignment, organ: str) -> str:
    # Whose word it is by now may be another organ than the person's.
    person = one.person_name if one.giver == one.giver_path or not organ else ""
    return ", ".join(each for each in (person, organ) if each)
