"""Find persons by any words of their name, or by the beginning of their address.

Every name is kept from each of its words on (``PersonKey``), so that what stands together in a name is one range of an
index. Words that do not stand together are looked up each for itself. Either way no more than ``CANDIDATES`` persons
are looked at: a common family name at the centre would otherwise be a third of the country.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from lienthong.office.accounts.models import Person, PersonKey
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.search import CANDIDATES, Hit, Sought, apart, end_of


def _beginning(reader: Actor | Reader, *, first: Any, last: Any) -> QuerySet[PersonKey, Any]:  # noqa: ANN401 - values or gaps
    seen = PersonKey.objects.filter(which(reader, Permission.PERSON_VIEW), key__gte=first, key__lt=last)
    # In the order of the index.
    return seen.order_by("key", "organ_path", "person_id").values_list("person_id")[:CANDIDATES]


def _those(_reader: Actor | Reader, *, ids: Any) -> QuerySet[Person, Any]:  # noqa: ANN401 - the same
    found = Person.objects.filter(pk__in=ids).order_by("sort_key", "pk")
    return found.values_list("pk", "name", "organ__name")


BEGINNING: Final = Compiled(_beginning)
THOSE: Final = Compiled(_those, many=frozenset({"ids"}))


def find_persons(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return persons in the order of their names."""
    ids = [pk for (pk,) in BEGINNING(actor, first=wanted.key, last=end_of(wanted.key))]
    if not ids and len(wanted.words) > 1:
        ranges = apart(wanted.words)
        ids = [pk for (pk,) in _apart(len(ranges) // 2)(actor, **ranges)]
    rows = THOSE(actor, ids=ids)[: most + 1] if ids else []
    return [Hit(title=name, note=organ, url=f"/persons/{pk}/") for pk, name, organ in rows]


@cache
def _apart(number: int) -> Compiled:
    """Return the query of persons whose names have so many words, wherever they stand."""

    def build(reader: Actor | Reader, **given: Any) -> QuerySet[PersonKey, Any]:  # noqa: ANN401 - values or gaps
        ranges = [(given[f"first{place}"], given[f"last{place}"]) for place in range(number)]
        found = PersonKey.objects.filter(
            which(reader, Permission.PERSON_VIEW), key__gte=ranges[0][0], key__lt=ranges[0][1]
        )
        for first, last in ranges[1:]:
            found = found.filter(
                Exists(PersonKey.objects.filter(key__gte=first, key__lt=last, person_id=OuterRef("person_id")))
            )
        return found.values_list("person_id")[:CANDIDATES]

    return Compiled(build, planned_once=False)
