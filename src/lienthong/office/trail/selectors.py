"""Reading the audit trail: what an auditor, or anybody of their own deeds, may see."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from lienthong.office.accounts.models import Person
from lienthong.office.accounts.selectors.persons import named
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.text import search_key
from lienthong.office.organs.models import Unit
from lienthong.office.trail.kinds import text_of

# Persons or units of one name: more would make the search slow, and its result useless.
_NAMED: Final = 500
_NOTHING: Final = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field, before and after; a dash for what there was not."""

    name: str
    old: str
    new: str


def visible(actor: Actor) -> Q:
    """Return the predicate of the entries somebody may see.

    Everybody's own deeds; for auditors also those in the organ acted for and below, up to their clearance.
    """
    if actor is SYSTEM:
        return Q()
    others = which(actor, Permission.AUDIT_VIEW) & Q(label__lte=int(actor.clearance))
    # Number 0 is the installation and no person.
    return others | Q(person_id=actor.person_id) if actor.person_id else others


def trail(actor: Actor) -> QuerySet[AuditEntry]:
    """Return the entries somebody may see, newest first."""
    return AuditEntry.objects.filter(visible(actor)).order_by("-id")


def entry(actor: Actor, number: int) -> AuditEntry:
    """Return one entry.

    Raises:
        NotFound: there is none of that number, or it is not for this reader.
    """
    found = trail(actor).filter(pk=number).first()
    if found is None:
        raise NotFound(f"entry {number}")
    return found


def concerning(text: str) -> Q:
    """Return the predicate of entries by or about persons and units of a name, or a mail address, or a code.

    Names are looked up where they stand now, by their indexes: the trail itself is too long to be searched for words.
    """
    people = Person.objects.filter(named(text)).values("pk")[:_NAMED]
    units = Unit.objects.filter(Q(search_key__contains=search_key(text)) | Q(code=text)).values("pk")[:_NAMED]
    about_person = Q(object_type="accounts.person", object_id__in=people)
    return Q(person_id__in=people) | about_person | Q(object_type="organs.unit", object_id__in=units)


def changes(entry: AuditEntry) -> list[Change]:
    """Return the fields that an entry tells of, by name."""
    old, new = entry.old or {}, entry.new or {}
    return [Change(name=name, old=_shown(old, name), new=_shown(new, name)) for name in sorted({*old, *new})]


def deed(entry: AuditEntry) -> str:
    """Return what was done, in the reader's language."""
    return text_of(entry.kind)


def _shown(values: dict[str, Any], name: str) -> str:
    if name not in values or values[name] is None:
        return _NOTHING
    value = values[name]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
