"""What the home page shows of the tree: what the merger left open, and what changes soon."""

from datetime import timedelta
from typing import Final

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
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


def _successions(actor: Actor) -> cards.Content:
    found = Succession.objects.filter(which(actor, Permission.UNIT_MANAGE, "successor__organ_path"), needs_review=True)
    return cards.content(
        found.select_related("successor").order_by("pk"),
        lambda each: cards.Row(
            title=each.old_name or each.old_code, url=f"/units/successions/{each.pk}/", note=each.successor.name
        ),
    )


def _changes(actor: Actor) -> cards.Content:
    today = localdate()
    found = UnitVersion.objects.filter(
        between("unit__organ_path", actor.lo, actor.hi), valid_from__gt=today, valid_from__lte=today + _AHEAD
    )
    return cards.content(
        found.select_related("unit").order_by("valid_from", "pk"),
        lambda each: cards.Row(
            title=each.unit.name,
            url=f"/units/{each.unit_id}/",
            note=each.name if each.name != each.unit.name else "",
            due=each.valid_from,
        ),
    )
