"""What the home page shows of persons: who stands in for whom, who was invited, whose clearance ends."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Clearance, Invitation, State, Substitution
from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.policies import Permission, may, which

_AHEAD: Final = timedelta(days=30)


def register() -> None:
    """Put the cards onto the home page."""
    for card in (
        cards.Card(
            key="substitutions",
            group=cards.Group.WAITING,
            title=gettext_lazy("I stand in for"),
            url="/account/",
            empty=gettext_lazy("You stand in for nobody."),
            order=20,
            fill=_substitutions,
        ),
        cards.Card(
            key="clearances",
            group=cards.Group.DUE,
            title=gettext_lazy("Clearances that end soon"),
            url="/persons/",
            empty=gettext_lazy("No clearance ends within 30 days."),
            order=20,
            fill=_clearances,
            shown=lambda actor: may(actor, Permission.CLEARANCE_GRANT),
        ),
        cards.Card(
            key="invitations",
            group=cards.Group.LATE,
            title=gettext_lazy("Invitations not used in time"),
            url=f"/persons/?state={State.INVITED}",
            empty=gettext_lazy("Everybody invited has come, or still has time."),
            order=20,
            fill=_invitations,
            shown=lambda actor: may(actor, Permission.PERSON_MANAGE),
        ),
    ):
        cards.register(card)


def _standing_in(reader: Actor | Reader, *, today: date, until: date) -> QuerySet[Substitution, Any]:
    found = Substitution.objects.filter(
        substitute_id=reader.person_id, ended_at=None, valid_to__gt=today, valid_from__lte=until
    )
    columns = ("appointment__person__name", "appointment__position__title", "valid_from", "valid_to")
    return found.order_by("valid_to", "pk").values_list(*columns)[: cards.MOST]


def _ending(reader: Actor | Reader, *, today: date, until: date) -> QuerySet[Clearance, Any]:
    found = Clearance.objects.filter(
        which(reader, Permission.CLEARANCE_GRANT, "person__organ_path"),
        revoked_at=None,
        valid_to__gt=today,
        valid_to__lte=until,
    )
    return found.order_by("valid_to", "pk").values_list("person_id", "person__name", "valid_to")[: cards.MOST]


def _unused(reader: Actor | Reader, *, at: datetime) -> QuerySet[Invitation, Any]:
    found = Invitation.objects.filter(
        which(reader, Permission.PERSON_MANAGE, "person__organ_path"),
        used_at=None,
        expires_at__lte=at,
        person__state=State.INVITED,
    )
    return found.order_by("expires_at", "pk").values_list("person_id", "person__name", "expires_at")[: cards.MOST]


STANDING_IN: Final = Compiled(_standing_in)
ENDING: Final = Compiled(_ending)
UNUSED: Final = Compiled(_unused)


def _substitutions(actor: Actor) -> cards.Content:
    today = localdate()
    return cards.content(
        STANDING_IN(actor, today=today, until=today + _AHEAD),
        lambda name, title, begins, ends: cards.Row(
            title=f"{name} · {title}", url="/account/", note=_("not yet") if begins > today else "", due=ends
        ),
    )


def _clearances(actor: Actor) -> cards.Content:
    today = localdate()
    return cards.content(
        ENDING(actor, today=today, until=today + _AHEAD),
        lambda person, name, ends: cards.Row(title=name, url=f"/persons/{person}/", due=ends),
    )


def _invitations(actor: Actor) -> cards.Content:
    return cards.content(
        UNUSED(actor, at=now()),
        lambda person, name, ended: cards.Row(title=name, url=f"/persons/{person}/", due=localdate(ended), late=True),
    )
