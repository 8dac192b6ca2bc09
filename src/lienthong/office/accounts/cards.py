"""What the home page shows of persons: who stands in for whom, who was invited, whose clearance ends."""

from datetime import timedelta
from typing import Final

from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Clearance, Invitation, State, Substitution
from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
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


def _substitutions(actor: Actor) -> cards.Content:
    today = localdate()
    found = Substitution.objects.filter(
        substitute_id=actor.person_id, ended_at=None, valid_to__gt=today, valid_from__lte=today + _AHEAD
    )
    return cards.content(
        found.select_related("appointment__person", "appointment__position").order_by("valid_to", "pk"),
        lambda each: cards.Row(
            title=f"{each.appointment.person.name} · {each.appointment.position.title}",
            url="/account/",
            note=_("not yet") if each.valid_from > today else "",
            due=each.valid_to,
        ),
    )


def _clearances(actor: Actor) -> cards.Content:
    today = localdate()
    found = Clearance.objects.filter(
        which(actor, Permission.CLEARANCE_GRANT, "person__organ_path"),
        revoked_at=None,
        valid_to__gt=today,
        valid_to__lte=today + _AHEAD,
    )
    return cards.content(
        found.select_related("person").order_by("valid_to", "pk"),
        lambda each: cards.Row(title=each.person.name, url=f"/persons/{each.person_id}/", due=each.valid_to),
    )


def _invitations(actor: Actor) -> cards.Content:
    found = Invitation.objects.filter(
        which(actor, Permission.PERSON_MANAGE, "person__organ_path"),
        used_at=None,
        expires_at__lte=now(),
        person__state=State.INVITED,
    )
    return cards.content(
        found.select_related("person").order_by("expires_at", "pk"),
        lambda each: cards.Row(
            title=each.person.name, url=f"/persons/{each.person_id}/", due=localdate(each.expires_at), late=True
        ),
    )
