"""Find units by any words of their name, or by the beginning of their code.

As persons are found (``accounts.search``): every name is kept from each of its words on (``UnitKey``), what stands
together in a name is one range of an index, and no more than ``CANDIDATES`` units are looked at.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.timezone import localdate

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.search import CANDIDATES, Hit, Sought, apart, end_of
from lienthong.office.organs.models import Unit, UnitKey


def _beginning(_reader: Actor | Reader, *, first: Any, last: Any) -> QuerySet[UnitKey, Any]:  # noqa: ANN401 - values or gaps
    # In the order of the index: of "ba" and "bac" whole words come first.
    found = UnitKey.objects.filter(key__gte=first, key__lt=last).order_by("key", "unit_id")
    return found.values_list("unit_id")[:CANDIDATES]


def _those(_reader: Actor | Reader, *, ids: Any, first: Any, last: Any, today: Any) -> QuerySet[Unit, Any]:  # noqa: ANN401 - the same
    begins = When(search_key__gte=first, search_key__lt=last, then=Value(0))
    return (
        Unit.objects.filter(Q(valid_to=None) | Q(valid_to__gt=today), pk__in=ids)
        .order_by(Case(begins, default=Value(1), output_field=IntegerField()), "sort_key", "pk")
        .values_list("pk", "name", "code", "parent__name")
    )


# Whom a labelled unit is hidden from is row-level security's to decide: its predicate is the only one there is.
BEGINNING: Final = Compiled(_beginning)
THOSE: Final = Compiled(_those, many=frozenset({"ids"}))


def find_units(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return units that exist today, those whose name begins with the text first."""
    ids = [pk for (pk,) in BEGINNING(actor, first=wanted.key, last=end_of(wanted.key))]
    if not ids and len(wanted.words) > 1:
        ranges = apart(wanted.words)
        ids = [pk for (pk,) in _apart(len(ranges) // 2)(actor, **ranges)]
    if not ids:
        return []
    rows = THOSE(actor, ids=ids, first=wanted.key, last=end_of(wanted.key), today=localdate())
    return [
        Hit(title=name, note=" · ".join(filter(None, (above, code))), url=f"/units/{pk}/")
        for pk, name, code, above in rows[: most + 1]
    ]


@cache
def _apart(number: int) -> Compiled:
    """Return the query of units whose names have so many words, wherever they stand."""

    def build(_reader: Actor | Reader, **given: Any) -> QuerySet[UnitKey, Any]:  # noqa: ANN401 - values or gaps
        ranges = [(given[f"first{place}"], given[f"last{place}"]) for place in range(number)]
        found = UnitKey.objects.filter(key__gte=ranges[0][0], key__lt=ranges[0][1])
        for first, last in ranges[1:]:
            found = found.filter(
                Exists(UnitKey.objects.filter(key__gte=first, key__lt=last, unit_id=OuterRef("unit_id")))
            )
        return found.values_list("unit_id")[:CANDIDATES]

    return Compiled(build, planned_once=False)
