"""Record what an action changed, in the action's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from django.db import connection

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.models import AuditEntry

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
_NAME_LENGTH: Final = 400


class Audited(Protocol):
    """What an entry can be about: a model's instance that belongs to an organ."""

    pk: int

    @property
    def organ_path(self) -> str:
        """The path of the organ whose auditors may read the entry."""


def record(  # noqa: PLR0913 - an entry has that many parts, each by its name
    *,
    actor: Actor,
    kind: StrEnum,
    obj: Audited,
    old: Mapping[str, Json] | None = None,
    new: Mapping[str, Json] | None = None,
    label: Level = Level.PUBLIC,
) -> None:
    """Add an entry to the trail.

    Args:
        actor: who, acting as what and for whom, from where.
        kind: what, as ``source:subject:action``.
        obj: to what.
        old: the fields that changed, as they were. Never a secret.
        new: the same fields, as they are now.
        label: how secret the object is: the entry is no less so.
    """
    record_all(actor=actor, kind=kind, changes=[Told(obj=obj, old=old, new=new, label=label)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an entry tells of one object; each field as ``record`` takes it."""

    obj: Audited
    old: Mapping[str, Json] | None = None
    new: Mapping[str, Json] | None = None
    label: Level = Level.PUBLIC


def record_all(*, actor: Actor, kind: StrEnum, changes: Sequence[Told]) -> None:
    """Add entries to the trail, one for each of several objects to which the same was done."""
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs in the transaction of what it tells")
    AuditEntry.objects.bulk_create([_entry(actor, kind, each) for each in changes])


def _entry(actor: Actor, kind: StrEnum, told: Told) -> AuditEntry:
    return AuditEntry(
        kind=kind.value,
        person_id=actor.person_id,
        person_name=actor.name,
        appointment_id=actor.appointment_id,
        acting_as=" · ".join(part for part in (actor.position, actor.organ) if part)[:_NAME_LENGTH],
        on_behalf_of=actor.on_behalf_of,
        object_type=str(getattr(told.obj, "_meta").label_lower),  # noqa: B009 - Django's public name begins with an underscore
        object_id=told.obj.pk,
        object_name=str(told.obj)[:_NAME_LENGTH],
        organ_path=told.obj.organ_path,
        label=told.label,
        old=None if told.old is None else dict(told.old),
        new=None if told.new is None else dict(told.new),
        address=actor.address,
    )
