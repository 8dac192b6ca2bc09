"""What the trail tells of a unit, for those who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Unit

SHOWN: Final = 20
TITLES: Final = {
    OrganEvent.CREATE: _("Created"),
    OrganEvent.RENAME: _("Renamed"),
    OrganEvent.MOVE: _("Moved"),
    OrganEvent.RELABEL: _("Label changed"),
    OrganEvent.CLOSE: _("Closed"),
    OrganEvent.MERGE: _("Merged"),
    OrganEvent.SPLIT: _("Split"),
    OrganEvent.KEEP: _("Keeps what a unit left that went into it"),
    OrganEvent.DUE: _("A planned change came into force"),
    OrganEvent.DUE_FAILED: _("A planned change could not come into force"),
    OrganEvent.REVIEW: _("A predecessor was settled"),
    OrganEvent.IMPORT: _("Imported"),
    OrganEvent.POSITION_CREATE: _("Position created"),
    OrganEvent.POSITION_CHANGE: _("Position changed"),
    OrganEvent.POSITION_CLOSE: _("Position closed"),
}
_FIELDS: Final = {
    "name": _("Name"),
    "type": _("Type"),
    "parent": _("Stands under"),
    "label": _("Label"),
    "from": _("From"),
    "valid_to": _("Ends on"),
    "decision": _("Decision"),
    "reason": _("Reason"),
    "names": _("Names"),
    "day": _("Day"),
    "since": _("Since"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of an entry."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry as core/history.html shows it."""

    at: datetime
    who: str
    acting_as: str
    on_behalf_of: str
    what: str
    changes: list[Change]


def _entries(reader: Actor | Reader, *, number: int) -> QuerySet[AuditEntry]:
    audited = which(reader, Permission.AUDIT_VIEW) & Q(label__lte=reader.clearance)
    return AuditEntry.objects.filter(
        audited | Q(person_id=reader.person_id), object_type="organs.unit", object_id=number
    ).order_by("-id")[:SHOWN]


ENTRIES: Final = Compiled(_entries)


def history(actor: Actor, unit: Unit) -> list[Told]:
    """Return the latest entries about a unit: one's own, and those an auditor of its organ may read."""
    return [_told(entry) for entry in ENTRIES.models(actor, number=unit.pk)]


def _told(entry: AuditEntry) -> Told:
    known = entry.kind in set(OrganEvent)
    return Told(
        at=entry.at, who=entry.person_name or "–", acting_as=entry.acting_as, on_behalf_of=entry.on_behalf_of,
        what=str(TITLES[OrganEvent(entry.kind)]) if known else entry.kind,
        changes=_changes(entry.old or {}, entry.new or {}),
    )  # fmt: skip


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [name for name in _FIELDS if name in new and old.get(name) != new[name] and new[name] not in ("", None)]
    return [
        Change(name=str(_FIELDS[name]), old=_text(name, old.get(name)), new=_text(name, new[name])) for name in names
    ]


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - whatever an entry holds
    if value is None:
        return ""
    if name == "label":
        return level_name(Level(int(value)))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
