"""What a document's page shows besides its own row."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
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


def of(document: Document, actor: Actor) -> Details:
    """Read what hangs on a document that the actor sees; of related documents those that they see, too."""
    with scope.system():
        files = list(File.objects.filter(document=document))
        intake = _intake(document)
        sendings = _sendings(document)
        by_packets = intake is not None or any(one.dispatch.packet_id for one in sendings)
        steps = Step.objects.filter(document=document).select_related("position", "decided_by__person")
        return Details(
            files=[one for one in files if one.current],
            signed=[(one, found) for one in files if one.current and (found := verdicts(one))],
            warned=[(one, told) for one in files if one.current and (told := warnings(one))],
            older=[one for one in files if not one.current],
            steps=list(steps),
            assignments=list(Assignment.objects.filter(document=document, ended_at=None)),
            comments=list(Comment.objects.filter(document=document)),
            relations=relations(document, actor),
            related_by=_related_by(document, actor),
            sendings=sendings,
            came=came(intake) if intake is not None else None,
            answers=list(Answer.objects.filter(document=document)) if by_packets else [],
            history=_history(document),
        )


def _intake(document: Document) -> Intake | None:
    if document.direction != Direction.INCOMING or document.message is not None:
        return None
    return Intake.objects.filter(document=document).first()


def relations(document: Document, actor: Actor) -> list[Relation]:
    """Return what a document answers, replaces or rests on: what the actor sees, or is not here. As the system."""
    shown = Q(other=None) | Q(other__in=Document.objects.filter(visible(actor)))
    return list(Relation.objects.filter(shown, document=document).select_related("other").order_by("pk"))


def _related_by(document: Document, actor: Actor) -> list[Relation]:
    shown = Document.objects.filter(visible(actor)).exclude(state=State.DISCARDED)
    found = Relation.objects.filter(other=document, document__in=shown).select_related("document")
    return list(found.order_by("-pk")[:_RELATED])


def _sendings(document: Document) -> list[Sending]:
    dispatches = list(Dispatch.objects.filter(document=document))
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


def _history(document: Document) -> list[Told]:
    rows = AuditEntry.objects.filter(object_type="documents.document", object_id=document.pk, label__lte=document.label)
    return [
        Told(
            at=entry.at, who=entry.person_name or "–", acting_as=entry.acting_as, on_behalf_of=entry.on_behalf_of,
            what=text_of(entry.kind),
        )
        for entry in rows.order_by("-id")[:_HISTORY]
    ]  # fmt: skip
