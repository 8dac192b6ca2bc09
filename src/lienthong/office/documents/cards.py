"""The cards of documents on the home page: what waits for me, what is due, what is late."""

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled
from lienthong.office.documents.models import Document
from lienthong.office.documents.selectors import documents as found
from lienthong.office.documents.states import State

_SOON: Final = timedelta(days=7)
_URL: Final = "/documents/"
_TITLE_LENGTH: Final = 200


def register() -> None:
    """Put the cards onto the home page."""
    texts = (
        ("waiting", cards.Group.WAITING, _("Documents that wait for me"), _("No document waits for you."), _waiting),
        ("due", cards.Group.DUE, _("Documents due this week"), _("Nothing is due this week."), _due),
        ("late", cards.Group.LATE, _("Documents that are late"), _("Nothing is late."), _late),
    )
    for key, group, title, empty, fill in texts:
        cards.register(
            cards.Card(
                key=f"documents-{key}", group=group, title=title, url=_URL, empty=empty, order=10, fill=fill,
                shown=_has_position,
            )
        )  # fmt: skip


def _first(rows: QuerySet[Document]) -> QuerySet[Document, Any]:
    return rows.order_by("due", "-id").values_list("pk", "number", "subject", "label", "state", "due")[: cards.MOST]


WAITING: Final = Compiled(lambda reader: _first(found.waiting(reader)))
DUE: Final = Compiled(lambda reader, today, until: _first(found.in_work(reader).filter(due__gte=today, due__lte=until)))
LATE: Final = Compiled(lambda reader, today: _first(found.in_work(reader).filter(due__lt=today)))


def _waiting(actor: Actor) -> cards.Content:
    return cards.content(WAITING(actor), _row)


def _due(actor: Actor) -> cards.Content:
    today = localdate()
    return cards.content(DUE(actor, today=today, until=today + _SOON), _row)


def _late(actor: Actor) -> cards.Content:
    return cards.content(LATE(actor, today=localdate()), _row)


def _row(*facts: Any) -> cards.Row:  # noqa: ANN401 - the columns above
    pk, number, subject, label, state, due = facts
    title = f"{number} {subject if label < Level.CONFIDENTIAL else ''}".strip() or f"№ {pk}"
    late = isinstance(due, date) and due < localdate()
    return cards.Row(title=title[:_TITLE_LENGTH], url=f"{_URL}{pk}/", note=str(State(state).label), due=due, late=late)


def _has_position(actor: Actor) -> bool:
    return bool(actor.appointment_id)
