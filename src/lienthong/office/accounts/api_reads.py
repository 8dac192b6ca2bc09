"""What the API reads of persons; every query starts from what the reader may see."""

from django.db.models import Q, QuerySet

from lienthong.office.accounts.models import Person
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.text import search_key


def visible(actor: Actor) -> Q:
    """Return the predicate of the persons somebody may see, oneself among them."""
    return which(actor, Permission.PERSON_VIEW) | Q(pk=actor.person_id)


def persons(actor: Actor, *, q: str = "", organ_id: int | None = None, state: str = "") -> QuerySet[Person]:
    """Return persons.

    Args:
        actor: who asks.
        q: the beginning of any word of the name, or of the mail address.
        organ_id: only of this organ.
        state: only in this state.
    """
    query = Person.objects.filter(visible(actor))
    if organ_id is not None:
        query = query.filter(organ_id=organ_id)
    if state:
        query = query.filter(state=state)
    key = search_key(q)
    return query.filter(keys__key__gte=key, keys__key__lt=key + "~").distinct() if key else query


def person(actor: Actor, person_id: int) -> Person:
    """Return one person.

    Raises:
        NotFound: there is none, or it is not for this reader.
    """
    found = Person.objects.filter(visible(actor), pk=person_id).first()
    if found is None:
        raise NotFound(f"person {person_id}")
    return found
