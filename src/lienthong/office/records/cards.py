"""What the home page shows of work files: to be closed, to be submitted, to be accepted, to be decided on."""

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from lienthong.kernel.labels import Level
from lienthong.office.core import cards
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.documents.policies import here
from lienthong.office.records.models import Approval, Disposal, Item, WorkFile
from lienthong.office.records.states import UNFINISHED, State

_AHEAD: Final = timedelta(days=60)


def register() -> None:
    """Put the cards onto the home page."""
    for card in (
        cards.Card(
            key="records-close", group=cards.Group.WAITING, title=gettext_lazy("Work files to close"),
            url="/records/mine/", empty=gettext_lazy("None of your files is complete and still open."), order=40,
            fill=_close,
        ),
        cards.Card(
            key="records-accept", group=cards.Group.WAITING, title=gettext_lazy("Submitted to the archive"),
            url="/records/submission/", empty=gettext_lazy("Nothing waits for the archive."), order=41, fill=_accept,
            shown=lambda actor: Role.CLERK in actor.roles,
        ),
        cards.Card(
            key="records-disposals", group=cards.Group.WAITING, title=gettext_lazy("Disposals to decide on"),
            url="/records/disposals/", empty=gettext_lazy("No disposal waits for your approval."), order=42,
            fill=_decide, shown=lambda actor: actor.at_desk,
        ),
        cards.Card(
            key="records-submit", group=cards.Group.DUE, title=gettext_lazy("Work files to submit to the archive"),
            url="/records/submission/", empty=gettext_lazy("None of your files is due within 60 days."), order=40,
            fill=_submit,
        ),
    ):  # fmt: skip
        cards.register(card)


_COLUMNS: Final = ("pk", "code", "title", "label")


def _complete(_reader: Actor | Reader, *, maker: int) -> QuerySet[WorkFile, Any]:
    undone = Item.objects.filter(file=OuterRef("pk"), document__state__in=sorted(UNFINISHED))
    found = WorkFile.objects.filter(maker=maker, state=State.OPEN, documents__gt=0).exclude(Exists(undone))
    return found.order_by("pk").values_list(*_COLUMNS)[: cards.MOST]


def _due(_reader: Actor | Reader, *, maker: int, until: date) -> QuerySet[WorkFile, Any]:
    found = WorkFile.objects.filter(maker=maker, state=State.CLOSED, submit_by__lte=until)
    return found.order_by("submit_by", "pk").values_list(*_COLUMNS, "submit_by")[: cards.MOST]


def _submitted(reader: Actor | Reader) -> QuerySet[WorkFile, Any]:
    found = WorkFile.objects.filter(here(reader), state=State.SUBMITTED)
    return found.order_by("pk").values_list(*_COLUMNS, "submit_by")[: cards.MOST]


def _proposed(reader: Actor | Reader, *, person: int, appointment: int) -> QuerySet[Disposal, Any]:
    mine = Approval.objects.filter(Q(person=person) | Q(by=appointment), disposal=OuterRef("pk"))
    found = Disposal.objects.filter(here(reader), state=Disposal.State.PROPOSED)
    found = found.exclude(Q(proposer=person) | Q(proposed_by=appointment)).exclude(Exists(mine))
    return found.order_by("pk").values_list("pk", "proposer_name")[: cards.MOST]


COMPLETE: Final = Compiled(_complete)
DUE: Final = Compiled(_due)
SUBMITTED: Final = Compiled(_submitted)
PROPOSED: Final = Compiled(_proposed)


def _row(number: int, code: str, title: str, label: int, due: date | None = None) -> cards.Row:
    shown = code if label >= Level.CONFIDENTIAL else f"{code} {title}"
    return cards.Row(title=shown, url=f"/records/{number}/", due=due, late=bool(due and due < localdate()))


def _close(actor: Actor) -> cards.Content:
    return cards.content(COMPLETE(actor, maker=actor.appointment_id), _row)


def _submit(actor: Actor) -> cards.Content:
    return cards.content(DUE(actor, maker=actor.appointment_id, until=localdate() + _AHEAD), _row)


def _accept(actor: Actor) -> cards.Content:
    return cards.content(SUBMITTED(actor), _row)


def _decide(actor: Actor) -> cards.Content:
    given = {"person": actor.person_id, "appointment": actor.appointment_id}
    return cards.content(
        PROPOSED(actor, **given),
        lambda number, name: cards.Row(title=f"№ {number}", url=f"/records/disposals/{number}/", note=name),
    )
