"""Find units by name or code."""

from collections.abc import Sequence

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.timezone import localdate

from lienthong.office.core.actor import Actor
from lienthong.office.core.search import Hit, Sought
from lienthong.office.organs.models import Unit


def matching(wanted: Sought) -> Q:
    """Return the predicate of units whose name has all the words, or whose code begins with the text."""
    words = Q()
    for word in wanted.words:
        words &= Q(search_key__contains=word)
    return words | Q(code__istartswith=wanted.text)


def find_units(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return units that exist today, those whose name begins with the text first.

    Whom a labelled unit is hidden from is row-level security's to decide: its predicate is the only one there is.
    """
    del actor
    first = Case(When(search_key__startswith=wanted.key, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = (
        Unit.objects.filter(matching(wanted))
        .filter(Q(valid_to=None) | Q(valid_to__gt=localdate()))
        .order_by(first, "sort_key", "pk")
        .values_list("pk", "name", "code", "parent__name")[: most + 1]
    )
    return [
        Hit(title=name, note=" · ".join(filter(None, (above, code))), url=f"/units/{pk}/")
        for pk, name, code, above in rows
    ]
