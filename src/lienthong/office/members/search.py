"""Find members by the beginning of their name, or by any number."""

from collections.abc import Sequence

from lienthong.office.core.actor import Actor
from lienthong.office.core.search import Hit, Sought
from lienthong.office.members.selectors import people


def find_members(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return members of the reader's subtree; their records open only for a purpose."""
    if not actor.keeps_members:
        return []
    found = people.people(actor).filter(people.found(wanted.text)).order_by("sort_key", "pk")
    rows = found.values_list("pk", "name", "key", "birth", "organ__name")[: most + 1]
    return [
        Hit(title=name or key, note=" · ".join(filter(None, (birth[:4], organ))), url=f"/members/people/{pk}/")
        for pk, name, key, birth, organ in rows
    ]
