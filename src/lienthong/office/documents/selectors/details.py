"""What a document's page shows besides its own row."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.models import (
    Answer,
    Assignment,
    Comment,
    Delivery,
    Dispatch,
    Document,
    File,
    Intake,
    Relation,
    Step,
)
from lienthong.office.documents.packets.came import Came, came
from lienthong.office.documents.policies import visible
from lienthong.office.documents.states import Direction, State
from lienthong.office.documents.verdicts import Verdict, verdicts, warnings
from lienthong.office.trail.kinds import text_of

_HISTORY = 30
_RELATED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry of the trail as core/history.html shows it."""

    at: Any
    who: str
    acting_as: str
    on_behalf_of: str
    what: str
    changes: tuple[()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A dispatch, and how many of its receivers stand where."""

    dispatch: Dispatch
    counts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All of it. Whoever sees the document sees it."""

    files: list[File]
    # Of those that are signed: what was found of each signature.
    signed: list[tuple[File, list[Verdict]]]
    # Of those that one should beware of: why.
    warned: list[tuple[File, list[str]]]
    older: list[File]
    steps: list[Step]
    assignments: list[Assignment]
    comments: list[Comment]
    relations: list[Relation]
    # Of documents that answer it, replace it or rest on it: the newest.
    related_by: list[Relation]
    sendings: list[Sending]
    # How it came, where it came as a packet.
    came: Came | None
    # What organs without this office are told of it.
    answers: list[Answer]
    history: list[Told]


def _files(_reader: Actor | Reader, *, document: int) -> QuerySet[File]:
    return File.objects.filter(document_id=document)


def _steps(_reader: Actor | Reader, *, document: int) -> QuerySet[Step]:
    return Step.objects.filter(document_id=document).select_related("position", "decided_by__person")


def _assignments(_reader: Actor | Reader, *, document: int) -> QuerySet[Assignment]:
    return Assignment.objects.filter(document_id=document, ended_at=None)


def _comments(_reader: Actor | Reader, *, document: int) -> QuerySet[Comment]:
    return Comment.objects.filter(document_id=document)


def _dispatches(_reader: Actor | Reader, *, document: int) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(document_id=document)


def _intakes(_reader: Actor | Reader, *, document: int) -> QuerySet[Intake]:
    return Intake.objects.filter(document_id=document)


def _related(reader: Actor | Reader, *, document: int) -> QuerySet[Relation]:
    shown = Q(other=None) | Q(other__in=Document.objects.filter(visible(reader)))
    return Relation.objects.filter(shown, document_id=document).select_related("other").order_by("pk")


def _by(reader: Actor | Reader, *, document: int) -> QuerySet[Relation]:
    shown = Document.objects.filter(visible(reader)).exclude(state=State.DISCARDED)
    found = Relation.objects.filter(other_id=document, document__in=shown).select_related("document")
    return found.order_by("-pk")[:_RELATED]


def _told(_reader: Actor | Reader, *, document: int, label: int) -> QuerySet[AuditEntry, Any]:
    rows = AuditEntry.objects.filter(object_type="documents.document", object_id=document, label__lte=label)
    return rows.order_by("-id").values_list("at", "person_name", "acting_as", "on_behalf_of", "kind")[:_HISTORY]


FILES: Final = Compiled(_files)
STEPS: Final = Compiled(_steps)
ASSIGNMENTS: Final = Compiled(_assignments)
COMMENTS: Final = Compiled(_comments)
DISPATCHES: Final = Compiled(_dispatches)
INTAKES: Final = Compiled(_intakes)
RELATED: Final = Compiled(_related)
RELATED_BY: Final = Compiled(_by)
TOLD: Final = Compiled(_told)


def of(document: Document, actor: Actor) -> Details:
    """Read what hangs on a document that the actor sees; of related documents those that they see, too."""
    number = document.pk
    with scope.system():
        files: list[File] = FILES.models(actor, document=number)
        intake = _intake(document, actor)
        sendings = _sendings(document, actor)
        by_packets = intake is not None or any(one.dispatch.packet_id for one in sendings)
        return Details(
            files=[one for one in files if one.current],
            signed=[(one, found) for one in files if one.current and (found := verdicts(one))],
            warned=[(one, told) for one in files if one.current and (told := warnings(one))],
            older=[one for one in files if not one.current],
            steps=STEPS.models(actor, document=number),
            assignments=ASSIGNMENTS.models(actor, document=number),
            comments=COMMENTS.models(actor, document=number),
            relations=relations(document, actor),
            related_by=RELATED_BY.models(actor, document=number),
            sendings=sendings,
            came=came(intake) if intake is not None else None,
            answers=list(Answer.objects.filter(document=document)) if by_packets else [],
            history=_history(document, actor),
        )


def _intake(document: Document, actor: Actor) -> Intake | None:
    if document.direction != Direction.INCOMING or document.message is not None:
        return None
    return next(iter(INTAKES.models(actor, document=document.pk)), None)


def relations(document: Document, actor: Actor) -> list[Relation]:
    """Return what a document answers, replaces or rests on: what the actor sees, or is not here. As the system."""
    return RELATED.models(actor, document=document.pk)


def _sendings(document: Document, actor: Actor) -> list[Sending]:
    dispatches: list[Dispatch] = DISPATCHES.models(actor, document=document.pk)
    if not dispatches:
        return []
    rows = (
        Delivery.objects.filter(dispatch__in=dispatches)
        .values_list("dispatch", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    counts: dict[int, dict[str, int]] = {}
    for dispatch, state, number in rows:
        counts.setdefault(dispatch, {})[state] = number
    return [
        Sending(
            dispatch=one,
            counts=[
                (str(state.label), counts.get(one.pk, {}).get(state.value, 0))
                for state in Delivery.State
                if counts.get(one.pk, {}).get(state.value)
            ],
        )
        for one in dispatches
    ]


def _history(document: Document, actor: Actor) -> list[Told]:
    rows = TOLD(actor, document=document.pk, label=document.label)
    return [
        Told(at=at, who=who or "–", acting_as=acting_as, on_behalf_of=on_behalf_of, what=text_of(kind))
        for at, who, acting_as, on_behalf_of, kind in rows
    ]
