"""Reading the audit trail: one object's history, and what an auditor may see."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.audit import Audited
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.policies import Permission, may, which
from lienthong.office.trail.kinds import text_of

MOST: Final = 100
_NOTHING: Final = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field, before and after; a dash for what there was not."""

    field: str
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


def history(actor: Actor, obj: Audited, *, permission: Permission | None = None, most: int = MOST) -> list[AuditEntry]:
    """Return what was done to an object, newest first.

    Whoever may look after it sees all of it up to their clearance, also from the time before it came to its organ;
    others what they did themselves. That the actor may see the object at all is for the caller to know.

    Args:
        actor: who asks.
        obj: a model's instance.
        permission: the right to look after such objects; auditors have it in any case.
        most: at most so many.
    """
    meta = getattr(obj, "_meta")  # noqa: B009 - Django's public name begins with an underscore
    about = Q(object_type=meta.label_lower, object_id=obj.pk)
    cares = may(actor, Permission.AUDIT_VIEW, obj) or (permission is not None and may(actor, permission, obj))
    if not cares:
        return list(trail(actor).filter(about)[:most])
    with scope.system():
        return list(AuditEntry.objects.filter(about, label__lte=int(actor.clearance)).order_by("-id")[:most])


def changes(entry: AuditEntry) -> list[Change]:
    """Return the fields that an entry tells of, by name."""
    old, new = entry.old or {}, entry.new or {}
    return [Change(field=name, old=_shown(old, name), new=_shown(new, name)) for name in sorted({*old, *new})]


def deed(entry: AuditEntry) -> str:
    """Return what was done, in the reader's language."""
    return text_of(entry.kind)


def _shown(values: dict[str, Any], name: str) -> str:
    if name not in values or values[name] is None:
        return _NOTHING
    value = values[name]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
