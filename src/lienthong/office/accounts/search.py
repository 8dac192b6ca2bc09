"""Find persons by any words of their name, or by the beginning of their address.

Every name is kept from each of its words on (``PersonKey``), so that what stands together in a name is one range of an
index. Words that do not stand together are looked up each for itself. Either way no more than ``CANDIDATES`` persons
are looked at: a common family name at the centre would otherwise be a third of the country.
"""

from collections.abc import Sequence
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from lienthong.office.accounts.models import Person, PersonKey
from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.search import Hit, Sought

CANDIDATES: Final = 500
_LAST: Final = "\U0010ffff"
"""Sorts behind every character."""


def _begins(text: str) -> Q:
    """Return the range of keys that begin with a text."""
    return Q(key__gte=text, key__lt=text + _LAST)


def keys_of(actor: Actor, wanted: Sought) -> QuerySet[PersonKey, int]:
    """Return the persons whom the actor sees and who fit, by number: at most ``CANDIDATES``, some perhaps twice."""
    seen = PersonKey.objects.filter(which(actor, Permission.PERSON_VIEW))
    together = seen.filter(_begins(wanted.key)).values_list("person_id", flat=True)[:CANDIDATES]
    first, *others = sorted(set(wanted.words), key=len, reverse=True)
    if not others or together.exists():
        return together
    apart = seen.filter(_begins(first))
    for word in others:
        apart = apart.filter(Exists(PersonKey.objects.filter(_begins(word), person_id=OuterRef("person_id"))))
    return apart.values_list("person_id", flat=True)[:CANDIDATES]


def find_persons(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return persons in the order of their names."""
    rows = (
        Person.objects.filter(pk__in=set(keys_of(actor, wanted)))
        .order_by("sort_key", "pk")
        .values_list("pk", "name", "organ__name")[: most + 1]
    )
    return [Hit(title=name, note=organ, url=f"/persons/{pk}/") for pk, name, organ in rows]
