"""Find units by any words of their name, or by the beginning of their code (``core.keyed``)."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.timezone import localdate

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.keyed import Keyed
from lienthong.office.core.search import Hit, Sought
from lienthong.office.core.text import end_of
from lienthong.office.organs.models import Unit, UnitKey


def _seen(_reader: Actor | Reader) -> QuerySet[UnitKey]:
    # Whom a labelled unit is hidden from is row-level security's to decide: its predicate is the only one there is.
    return UnitKey.objects.all()


def _those(_reader: Actor | Reader, *, ids: Any, first: Any, last: Any, today: Any) -> QuerySet[Unit, Any]:  # noqa: ANN401 - values or gaps
    begins = When(search_key__gte=first, search_key__lt=last, then=Value(0))
    return (
        Unit.objects.filter(Q(valid_to=None) | Q(valid_to__gt=today), pk__in=ids)
        .order_by(Case(begins, default=Value(1), output_field=IntegerField()), "sort_key", "pk")
        .values_list("pk", "name", "code", "parent__name")
    )


KEYS: Final = Keyed(_seen, of="unit_id", order=("key", "unit_id"))
THOSE: Final = Compiled(_those, many=frozenset({"ids"}))


def find_units(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return units that exist today, those whose name begins with the text first."""
    ids = KEYS.ids(actor, wanted)
    if not ids:
        return []
    rows = THOSE(actor, ids=ids, first=wanted.key, last=end_of(wanted.key), today=localdate())
    return [
        Hit(title=name, note=" · ".join(filter(None, (above, code))), url=f"/units/{pk}/")
        for pk, name, code, above in rows[: most + 1]
    ]
