"""What every deed shares: hold the document, ask whether it may be done, write it down."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Conflict, NotFound
from lienthong.office.core.notifications import actions as notes
from lienthong.office.documents.actions.looking import look_later
from lienthong.office.documents.audit import DocumentEvent
from lienthong.office.documents.contents.keeping import forget_words
from lienthong.office.documents.models import Access, Document, File
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.notices import about
from lienthong.office.documents.policies import parts_of, require
from lienthong.office.documents.states import DEEDS, Deed, Direction, Part
from lienthong.office.documents.words import words_of
from lienthong.office.organs.models import Unit


@dataclass(slots=True, kw_only=True)
class Change:
    """A document while something is done to it, and what the trail will tell."""

    actor: Actor
    document: Document
    # What the actor is to it.
    parts: frozenset[Part]
    # Old and new values besides the state.
    old: dict[str, Json] = field(default_factory=dict)
    new: dict[str, Json] = field(default_factory=dict)
    # The organ that had begun it, where that of the actor took it up.
    begun_by: int | None = None
    # Columns to write besides state and revision.
    _fields: set[str] = field(default_factory=set)

    def set(self, **values: object) -> None:
        """Change columns of the document; what the trail tells of them is said with ``old`` and ``new``."""
        for name, value in values.items():
            setattr(self.document, name, value)
        self._fields |= set(values)

    @property
    def changed(self) -> frozenset[str]:
        """The columns that were set."""
        return frozenset(self._fields)


def check(*, actor: Actor, document: Document, deed: Deed) -> None:
    """Refuse a deed that is not the actor's to do as the document stands now: before something long precedes it.

    Raises:
        Forbidden, Conflict, NotFound: as for ``doing``, which asks again.
    """
    with scope.system():
        found = Document.objects.select_related("organ").filter(pk=document.pk).first()
        if found is None:
            raise NotFound(str(document.pk))
        require(found, deed, parts_of(actor, found))


@contextlib.contextmanager
def doing(*, actor: Actor, document: Document, deed: Deed, seen: int | None = None) -> Iterator[Change]:
    """Do something to a document: what is inside happens wholly or not at all, as the system.

    Args:
        actor: who; ``SYSTEM`` for what the exchange brings.
        document: which.
        deed: what. The state that follows from it is set at the end, unless it was set inside.
        seen: the revision that was looked at; None where the deed does not depend on it.

    Raises:
        Forbidden: it is not the actor's to do.
        Conflict: somebody else was faster.
        NotFound: it is gone.
    """
    with transaction.atomic(), scope.system():
        held = held_document(document.pk)
        parts = frozenset(Part) if actor is SYSTEM else parts_of(actor, held)
        require(held, deed, parts)
        if seen is not None and held.revision != seen:
            raise Conflict(str(held))
        change, before = Change(actor=actor, document=held, parts=parts), held.state
        if held.organ_id != actor.organ_id and actor is not SYSTEM:
            _take_up(change)
        target = DEEDS[deed].target
        if target is not None or DEEDS[deed].code:
            # Whoever was told that it waits for them is told no more; the deed tells whom it waits for now.
            notes.done(about(held))
        yield change
        if target is not None and held.state == before:
            held.state = target
        _write(change, before, DocumentEvent(f"documents:document:{deed.value}"))


def _take_up(change: Change) -> None:
    """Let the organ of whoever acts take up what another one that went into it had begun to write.

    An organ that has gone issues nothing. What it had issued, or what came to it, stays its own.
    """
    document, organ_id = change.document, change.actor.organ_id
    if document.direction != Direction.OUTGOING or document.entry is not None:
        return
    change.begun_by = document.organ_id
    change.set(organ=Unit.objects.get(pk=organ_id), author=change.actor.organ[:NAME_LENGTH])
    # Words bear their organ.
    forget_words(document)
    look_later(File.objects.filter(document=document, current=True))


def held_document(number: int) -> Document:
    """Return a document, locked until the transaction ends.

    Raises:
        NotFound: there is none of that number.
    """
    rows = Document.objects.select_for_update(of=("self",)).select_related("organ")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def give_access(document: Document, holders: Iterable[int]) -> None:
    """Let appointments (their ids) and units (with a minus) see a document; whoever does already goes on to."""
    rows = [Access(document=document, holder=holder) for holder in dict.fromkeys(holders) if holder]
    Access.objects.bulk_create(rows, ignore_conflicts=True)


def _write(change: Change, before: str, event: DocumentEvent) -> None:
    document = change.document
    document.revision += 1
    document.words = words_of(document)
    document.save(update_fields=sorted({*change.changed, "state", "revision", "words"}))
    if "label" in change.changed and document.label >= Level.CONFIDENTIAL:
        forget_words(document)
    old, new = dict(change.old), dict(change.new)
    if change.begun_by is not None:
        old["organ"], new["organ"] = change.begun_by, document.organ_id
    if document.state != before:
        old["state"], new["state"] = before, document.state
    record(actor=change.actor, kind=event, obj=document, old=old or None, new=new or None, label=document.level)
