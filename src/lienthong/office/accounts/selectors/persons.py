"""Persons, as somebody may see them."""

from typing import Final

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Person, PersonKey
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.text import end_of, search_key
from lienthong.office.organs.models import Kind, Unit

_SHOWN: Final = 10


def seen_by(actor: Actor | Reader) -> QuerySet[Person, Person]:
    """Return the persons whom somebody may see: those of their organ and, for some, below; and themselves."""
    return Person.objects.filter(which(actor, Permission.PERSON_VIEW) | Q(pk=actor.person_id))


def _seen(reader: Actor | Reader, *, number: int) -> QuerySet[Person]:
    return seen_by(reader).select_related("organ").filter(pk=number)


SEEN: Final = Compiled(_seen)


def seen(actor: Actor, person_id: int) -> Person:
    """Return one of these.

    Raises:
        NotFound: there is none of that number that the actor may see.
    """
    with scope.act_for(actor):
        found: list[Person] = SEEN.models(actor, number=person_id)
    if not found:
        raise NotFound(f"person {person_id}")
    return found[0]


def listed(actor: Actor | Reader) -> QuerySet[Person, Person]:
    """Return the same for a list: with the title of the main position."""
    today = localdate()
    main = Appointment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=today), person_id=OuterRef("pk"), valid_from__lte=today
    ).order_by("-is_main", "pk")
    return seen_by(actor).annotate(main_position=Subquery(main.values("position__title")[:1]))


def named(text: str) -> Q:
    """Return the predicate of persons whose name has a word, or whose address, that begins with a text."""
    key = search_key(text)
    # One range of an index.
    found = PersonKey.objects.filter(key__gte=key, key__lt=end_of(key))
    return Q(pk__in=found.values("person_id"))


def organs_managed_by(actor: Actor) -> QuerySet[Unit, Unit]:
    """Return the organs whose persons somebody looks after."""
    predicate = which(actor, Permission.PERSON_MANAGE, "organ_path")
    return Unit.objects.filter(predicate, kind=Kind.ORGAN, valid_to=None).order_by("path")


def colleagues_of(actor: Actor, organ_path: str) -> QuerySet[Person, Person]:
    """Return the active persons of one organ, by name: whom one may choose as a substitute."""
    return seen_by(actor).filter(organ_path=organ_path, state="active").order_by("sort_key", "pk")


def organs_named(actor: Actor, text: str) -> list[Unit]:
    """Return the organs that somebody looks after and a text names: by code, else by the words of the name.

    At most ten, and more than one only if no code fits.
    """
    organs = organs_managed_by(actor)
    with scope.act_for(actor):
        by_code = list(organs.filter(code=text.strip())[:1])
        key = search_key(text)
        if by_code or not key:
            return by_code
        same = list(organs.filter(search_key=key)[:_SHOWN])
        return same or list(organs.filter(search_key__contains=key)[:_SHOWN])
