"""What every deed shares: hold the file, ask whether it may be done, write it down."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Conflict, Invalid, NotFound
from lienthong.office.core.notifications import actions as notes
from lienthong.office.core.text import search_key, tidy
from lienthong.office.records.audit import RecordEvent
from lienthong.office.records.models import WorkFile
from lienthong.office.records.models.workfile import NOTE_LENGTH
from lienthong.office.records.notices import about
from lienthong.office.records.policies import parts_of, require
from lienthong.office.records.states import DEEDS, Deed, Mode, Part


@dataclass(slots=True, kw_only=True)
class Change:
    """A file while something is done to it, and what the trail will tell."""

    actor: Actor
    file: WorkFile
    # What the actor is to it.
    parts: frozenset[Part]
    # Old and new values besides the state.
    old: dict[str, Json] = field(default_factory=dict)
    new: dict[str, Json] = field(default_factory=dict)
    _fields: set[str] = field(default_factory=set)

    def set(self, **values: object) -> None:
        """Change columns of the file; what the trail tells of them is said with ``old`` and ``new``."""
        for name, value in values.items():
            setattr(self.file, name, value)
        self._fields |= set(values)

    @property
    def changed(self) -> frozenset[str]:
        """The columns that were set."""
        return frozenset(self._fields)


@contextlib.contextmanager
def doing(*, actor: Actor, file: WorkFile, deed: Deed, seen: int | None = None) -> Iterator[Change]:
    """Do something to a file: what is inside happens wholly or not at all, as the system.

    Args:
        actor: who.
        file: to which.
        deed: what. The state that follows from it is set at the end.
        seen: the revision that was looked at; None where the deed does not depend on it.

    Raises:
        Forbidden: it is not the actor's to do.
        Conflict: somebody else was faster.
        NotFound: there is none of that number.
    """
    with transaction.atomic(), scope.system():
        held = held_file(file.pk)
        parts = parts_of(actor, held)
        require(held, deed, parts)
        if seen is not None and held.revision != seen:
            raise Conflict(str(held))
        change, before = Change(actor=actor, file=held, parts=parts), held.state
        target = DEEDS[deed].target
        if target is not None or deed in {Deed.TAKE_OVER, Deed.DECLINE}:
            # What was asked for is done; the deed tells whom it waits for now.
            notes.done(about(held))
        yield change
        if target is not None:
            held.state = target
        _write(change, before, RecordEvent(f"records:workfile:{deed.value}"))


def held_file(number: int) -> WorkFile:
    """Return a file, locked until the transaction ends.

    Raises:
        NotFound: there is none of that number.
    """
    rows = WorkFile.objects.select_for_update(of=("self",)).select_related("organ")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def title_key(file: WorkFile) -> str:
    """Return by what a file is found: nothing from confidential up."""
    return search_key(file.title) if file.label < Level.CONFIDENTIAL else ""


def told(file: WorkFile) -> dict[str, Json]:
    """Return what the trail tells of a cover: of what is labelled, no words."""
    facts: dict[str, Json] = {"label": int(file.label), "mode": file.mode, "retention": file.retention}
    if file.label < Level.CONFIDENTIAL:
        facts |= {"title": file.title, "retention_reason": file.retention_reason}
    return facts


def reason_of(text: str, *, needed: str = "") -> str:
    """Return a reason as it is kept.

    Args:
        text: as it was written.
        needed: what to say where there is none; empty: it may be missing.

    Raises:
        Invalid: it is missing or too long.
    """
    said = tidy(text)
    if needed and not said:
        raise Invalid(hint=needed)
    if len(said) > NOTE_LENGTH:
        raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=NOTE_LENGTH))
    return said


def why(file: WorkFile, reason: str) -> dict[str, Json]:
    """Return what the trail tells of a reason: of what is labelled, no words but how many signs it has."""
    return {"reason": reason if file.label < Level.CONFIDENTIAL else len(reason)} if reason else {}


def _write(change: Change, before: str, event: RecordEvent) -> None:
    file = change.file
    file.revision += 1
    file.title_key = title_key(file)
    if file.label >= Level.CONFIDENTIAL:
        file.mode = Mode.RESTRICTED
    file.save(update_fields=sorted({*change.changed, "state", "revision", "title_key", "mode"}))
    old, new = dict(change.old), dict(change.new)
    if file.state != before:
        old["state"], new["state"] = before, file.state
    record(actor=change.actor, kind=event, obj=file, old=old or None, new=new or None, label=file.level)
