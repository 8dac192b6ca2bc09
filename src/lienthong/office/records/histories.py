"""What the trail tells of a work file, for those who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.records.models import WorkFile
from lienthong.office.records.profile import term_name
from lienthong.office.records.states import Mode, State
from lienthong.office.trail.kinds import text_of

SHOWN: Final = 50
_FIELDS: Final = {
    "title": _("File title"),
    "label": _("Level"),
    "mode": _("Access"),
    "retention": _("Kept for"),
    "retention_reason": _("Basis of the term"),
    "state": _("Stands at"),
    "reason": _("Reason"),
    "pages": _("Pages"),
    "certificate": _("Certificate"),
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


def history(actor: Actor, file: WorkFile) -> list[Told]:
    """Return the latest entries about a file that the actor sees: whoever sees a file sees what became of it."""
    with scope.system():
        rows = AuditEntry.objects.filter(
            Q(label__lte=int(actor.ceiling)), object_type="records.workfile", object_id=file.pk
        ).order_by("-id")[:SHOWN]
        return [_told(entry) for entry in rows]


def _told(entry: AuditEntry) -> Told:
    return Told(
        at=entry.at, who=entry.person_name or "–", acting_as=entry.acting_as, on_behalf_of=entry.on_behalf_of,
        what=text_of(entry.kind), changes=_changes(entry.old or {}, entry.new or {}),
    )  # fmt: skip


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [name for name in _FIELDS if name in new and (name not in old or old[name] != new[name])]
    return [
        Change(name=str(_FIELDS[name]), old=_text(name, old[name]) if name in old else "", new=_text(name, new[name]))
        for name in names
    ]


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - whatever an entry holds
    match name:
        case "label":
            return level_name(Level(int(value)))
        case "retention":
            return term_name(value)
        case "state":
            return str(State(value).label)
        case "mode":
            return str(Mode(value).label)
        case "reason" if isinstance(value, int):
            # Of what is labelled the trail has no words.
            return "…"
        case _:
            return str(value)
