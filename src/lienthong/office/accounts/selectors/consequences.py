"""What follows from a deed, counted before it is done: as core/preview.html shows it."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Person, Substitution, Token
from lienthong.office.accounts.selectors import clearances, positions
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may

type Lines = list[dict[str, Any]]


def of_suspension(actor: Actor, person: Person) -> Lines:
    """Return what a suspension does."""
    del actor
    return [*_access(person), _line(_("Positions stay; substitutes go on acting in them."))]


def of_reset(actor: Actor, person: Person) -> Lines:
    """Return what taking the second factors does."""
    with scope.system():
        number = Authenticator.objects.filter(user_id=person.pk).count()
    lines = [
        _line(ngettext("%(n)d second step is removed.", "%(n)d second steps are removed.", number) % {"n": number})
    ]
    return [*lines, *_access(person), *_clearance(actor, person)]


def of_dismissal(actor: Actor, person: Person) -> Lines:
    """Return what a dismissal ends."""
    today = localdate()
    with scope.system():
        held = list(
            Appointment.objects.filter(positions.open_on(today), person=person).select_related("position__unit__organ")
        )
        shared = set(
            Appointment.objects.filter(positions.open_on(today), position__in=[each.position_id for each in held])
            .exclude(person=person)
            .values_list("position_id", flat=True)
        )
        substitutions = Substitution.objects.filter(
            Q(appointment__person=person) | Q(substitute=person), ended_at=None, valid_to__gt=today
        ).count()
    lines = [
        _line(
            _("%(position)s, %(organ)s becomes vacant.")
            % {"position": each.position.title, "organ": each.position.unit.organ},
            grave=True,
        )
        for each in held
        if each.position_id not in shared
    ]
    if substitutions:
        text = ngettext("%(n)d substitution ends.", "%(n)d substitutions end.", substitutions)
        lines.append(_line(text % {"n": substitutions}, grave=True))
    return [*lines, *_access(person), *_clearance(actor, person), _line(_("The name stays in the record."))]


def _access(person: Person) -> Lines:
    with scope.system():
        sessions = UserSession.objects.filter(user_id=person.pk).count()
        tokens = Token.objects.filter(person=person, revoked_at=None).count()
    lines = []
    if sessions:
        lines.append(_line(ngettext("%(n)d session ends.", "%(n)d sessions end.", sessions) % {"n": sessions}))
    if tokens:
        lines.append(_line(ngettext("%(n)d token is revoked.", "%(n)d tokens are revoked.", tokens) % {"n": tokens}))
    return lines


def _clearance(actor: Actor, person: Person) -> Lines:
    # Whether there is one is told to those who may know it.
    if may(actor, Permission.CLEARANCE_VIEW, person) and clearances.level_of(person.pk) < Level.CONFIDENTIAL:
        return []
    return [_line(_("A clearance, if there is one, is revoked; a security officer may grant it again."))]


def _line(text: str, *, grave: bool = False) -> dict[str, Any]:
    return {"text": text, "grave": grave, "url": ""}
