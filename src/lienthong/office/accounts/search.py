"""Find persons by any words of their name, or by the beginning of their address (``core.keyed``)."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet

from lienthong.office.accounts.models import Person, PersonKey
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.keyed import Keyed
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.search import Hit, Sought


def _seen(reader: Actor | Reader) -> QuerySet[PersonKey]:
    return PersonKey.objects.filter(which(reader, Permission.PERSON_VIEW))


def _those(_reader: Actor | Reader, *, ids: Any) -> QuerySet[Person, Any]:  # noqa: ANN401 - values or gaps
    found = Person.objects.filter(pk__in=ids).order_by("sort_key", "pk")
    return found.values_list("pk", "name", "organ__name")


KEYS: Final = Keyed(_seen, of="person_id", order=("key", "organ_path", "person_id"))
THOSE: Final = Compiled(_those, many=frozenset({"ids"}))


def find_persons(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return persons in the order of their names."""
    ids = KEYS.ids(actor, wanted)
    rows = THOSE(actor, ids=ids)[: most + 1] if ids else []
    return [Hit(title=name, note=organ, url=f"/persons/{pk}/") for pk, name, organ in rows]
