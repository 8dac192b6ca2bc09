"""Find work files by words of their title, or by the beginning of their code. Labelled ones have no words."""

from collections.abc import Sequence

from django.db.models import Q

from lienthong.office.core.actor import Actor
from lienthong.office.core.search import Hit, Sought
from lienthong.office.records.selectors.files import files
from lienthong.office.records.states import State


def matching(wanted: Sought) -> Q:
    """Return the predicate of files whose title has all the words, or whose code begins with the text."""
    words = ~Q(title_key="")
    for word in wanted.words:
        words &= Q(title_key__contains=word)
    return words | Q(code__istartswith=wanted.text)


def find_files(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return files of the reader's organ, the newest first."""
    found = files(actor).filter(matching(wanted)).order_by("-year", "-entry")
    rows = found.values_list("pk", "code", "title", "state", "title_key")[: most + 1]
    return [
        Hit(title=f"{code} {title}" if key else code, note=str(State(state).label), url=f"/records/{pk}/")
        for pk, code, title, state, key in rows
    ]
