"""The bureau's province goes into the one beside it, which has a clerk, a cleared head and an official of its own."""

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.organs.actions.merge import Merger, merge
from lienthong.office.organs.models import Unit
from tests.office.documents.bureau import Bureau
from tests.office.organs.tree import revisions
from tests.office.people import appoint, clear, make_person, make_position

# Of the province that takes it up: key, roles, clearance.
THERE = (
    ("there_clerk", (Role.CLERK,), Level.INTERNAL),
    ("there_head", (Role.LEADER,), Level.SECRET),
    ("there_cleared", (), Level.SECRET),
    ("there_official", (), Level.INTERNAL),
)


def people_there(bureau: Bureau) -> None:
    """Give the other province its people; they are found under their keys as those of the bureau are."""
    with scope.system():
        room = bureau.house.departments["elsewhere"]
        for number, (key, roles, level) in enumerate(THERE, start=81):
            bureau.people[key] = make_person(number, key, bureau.house.organs["elsewhere"])
            appoint(bureau.people[key], make_position(room, f"Chức vụ {number}", *roles))
            if level > Level.INTERNAL:
                clear(bureau.people[key], level, by=bureau.house.persons["security"])


def merger(bureau: Bureau) -> Merger:
    """Return the merger; nothing in the province is hidden from whoever decides on it."""
    with scope.system():
        Unit.objects.filter(pk=bureau.house.hidden.pk).update(label=Level.INTERNAL)
    organs = bureau.house.organs
    return Merger(sources=[organs["province"]], target=organs["elsewhere"], day=localdate(), decision="9-NQ")


def merged(bureau: Bureau) -> Unit:
    """Merge them; return what the two are now."""
    what = merger(bureau)
    return merge(actor=bureau.actor("above_administrator"), merger=what, seen=revisions(*what.involved))
