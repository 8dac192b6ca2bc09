"""What the home page shows of the tree: what the merger left open, and what changes soon."""

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.policies import Permission, between, may, which
from lienthong.office.organs.models import Succession, UnitVersion

_AHEAD: Final = timedelta(days=30)


def register() -> None:
    """Put the cards onto the home page."""
    for card in (
        cards.Card(
            key="successions",
            group=cards.Group.WAITING,
            title=gettext_lazy("Former units whose parts are not assigned"),
            url="/units/",
            empty=gettext_lazy("All former units are assigned."),
            order=10,
            fill=_successions,
            shown=lambda actor: may(actor, Permission.UNIT_MANAGE),
        ),
        cards.Card(
            key="changes",
            group=cards.Group.DUE,
            title=gettext_lazy("Units that change soon"),
            url="/units/",
            empty=gettext_lazy("No unit changes within 30 days."),
            order=10,
            fill=_changes,
        ),
    ):
        cards.register(card)


def _unassigned(reader: Actor | Reader) -> QuerySet[Succession, Any]:
    found = Succession.objects.filter(which(reader, Permission.UNIT_MANAGE, "successor__organ_path"), needs_review=True)
    return found.order_by("pk").values_list("pk", "old_name", "old_code", "successor__name")[: cards.MOST]


def _changing(reader: Actor | Reader, *, today: date, until: date) -> QuerySet[UnitVersion, Any]:
    seen = between("unit__organ_path", reader.lo, reader.hi)
    found = UnitVersion.objects.filter(seen, valid_from__gt=today, valid_from__lte=until)
    columns = ("unit_id", "unit__name", "name", "valid_from")
    return found.order_by("valid_from", "pk").values_list(*columns)[: cards.MOST]


# The whole country's are found another way than one organ's: the plan that is good for both takes twenty times as long.
UNASSIGNED: Final = Compiled(_unassigned, planned_once=False)
CHANGING: Final = Compiled(_changing)


def _successions(actor: Actor) -> cards.Content:
    return cards.content(
        UNASSIGNED(actor),
        lambda number, name, code, successor: cards.Row(
            title=name or code, url=f"/units/successions/{number}/", note=successor
        ),
    )


def _changes(actor: Actor) -> cards.Content:
    today = localdate()
    return cards.content(
        CHANGING(actor, today=today, until=today + _AHEAD),
        lambda unit, name, changed, day: cards.Row(
            title=name, url=f"/units/{unit}/", note=changed if changed != name else "", due=day
        ),
    )
