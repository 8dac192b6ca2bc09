"""Making and withdrawing tokens of the API."""

from collections.abc import Iterable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, State, Token, TokenKind
from lienthong.office.api import tokens
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy

MOST: Final = 50
"""Valid tokens that one appointment may have."""
_NAME_LENGTH: Final = 80


class TokenDid(StrEnum):
    """What the audit trail says was done."""

    ISSUED = "accounts:token:issue"
    REVOKED = "accounts:token:revoke"


TITLES: Final = {TokenDid.ISSUED: _("made an API token"), TokenDid.REVOKED: _("withdrew an API token")}
"""What was done, in the reader's language."""


@transaction.atomic
def issue_personal(*, actor: Actor, name: str, scopes: Iterable[Scope], expires_on: date) -> tuple[Token, str]:
    """Make a token by which programs act as the actor in the position acted in now.

    Args:
        actor: whose it will be.
        name: what it is for.
        scopes: what it opens, at least one.
        expires_on: the first day on which it no longer holds, at most a year away.

    Returns:
        The token, and its readable form, which is kept nowhere.

    Raises:
        Forbidden: somebody without a position, or an information system.
        Invalid: a substituted position, no scope, a date out of bounds, no name, too many.
    """
    if not actor.person_id or not actor.appointment_id:
        raise Forbidden("personal token")
    if actor.substitution_id:
        raise Invalid("appointment", hint="Act in a position of your own; a substitution has no tokens.")
    with scope.system():
        appointment = Appointment.objects.select_related("position").get(pk=actor.appointment_id)
        return _issue(actor, TokenKind.PERSONAL, appointment, name, frozenset(scopes), expires_on)


@transaction.atomic
def issue_system(
    *, actor: Actor, appointment_id: int, name: str, scopes: Iterable[Scope], expires_on: date
) -> tuple[Token, str]:
    """Make a token for an information system of an organ the actor administers.

    It reads what every official of the organ reads, and ends with the appointment of the official who answers for it.

    Args:
        actor: an administrator.
        appointment_id: of the official who answers for the system.
        name: of the system.
        scopes: of ``tokens.SYSTEM_SCOPES``.
        expires_on: the first day on which it no longer holds, at most a year away.

    Raises:
        NotFound: there is no such appointment now, or it is in an organ that is not the actor's to administer.
        Invalid: no or other scopes, a date out of bounds, no name, too many.
    """
    wanted = frozenset(scopes)
    require(actor, Permission.TOKEN_MANAGE)
    if not wanted <= tokens.SYSTEM_SCOPES:
        raise Invalid(
            "scopes",
            hint="A system reads units, positions and persons and hands in packets; nothing else can be given to it.",
        )
    today = timezone.localdate()
    with scope.system():
        appointment = (
            Appointment.objects.select_related("position")
            .filter(Q(valid_to=None) | Q(valid_to__gt=today), pk=appointment_id, valid_from__lte=today)
            .filter(person__state=State.ACTIVE, position__closed_on=None)
            .first()
        )
        if appointment is None or not actor.below(appointment.position.organ_path):
            raise NotFound(f"appointment {appointment_id}")
        return _issue(actor, TokenKind.SYSTEM, appointment, name, wanted, expires_on)


@transaction.atomic
def revoke(*, actor: Actor, token_id: int) -> None:
    """Withdraw a token; from now on it opens nothing. One that is withdrawn already stays so.

    Raises:
        NotFound: there is none, or it is not the actor's to withdraw.
    """
    with scope.system():
        token = Token.objects.select_for_update().filter(tokens.visible(actor), pk=token_id).first()
        if token is None:
            raise NotFound(f"token {token_id}")
        if token.revoked_at is not None:
            return
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(actor=actor, kind=TokenDid.REVOKED, obj=token, old=_facts(token), label=Level.INTERNAL)


def _issue(  # noqa: PLR0913, PLR0917 - the parts of a token
    actor: Actor,
    kind: TokenKind,
    appointment: Appointment,
    name: str,
    scopes: frozenset[Scope],
    expires_on: date,
) -> tuple[Token, str]:
    secret = tokens.new_secret()
    token = Token(
        kind=kind,
        name=tidy(name)[:_NAME_LENGTH],
        person_id=appointment.person_id,
        appointment=appointment,
        organ_path=appointment.position.organ_path,
        digest=tokens.digest_of(secret),
        scopes=sorted(scopes),
        expires_at=_expiry(expires_on),
    )
    if not token.name:
        raise Invalid("name", hint="Say what the token is for.")
    if not scopes:
        raise Invalid("scopes", hint="Choose at least one.")
    if Token.objects.filter(appointment=appointment, revoked_at=None, expires_at__gt=timezone.now()).count() >= MOST:
        raise Invalid(f"{MOST} tokens", hint="Withdraw those that are no longer needed first.")
    token.save(force_insert=True)
    record(actor=actor, kind=TokenDid.ISSUED, obj=token, new=_facts(token), label=Level.INTERNAL)
    return token, secret


def _expiry(day: date) -> datetime:
    today = timezone.localdate()
    if not today < day <= today + tokens.LONGEST:
        raise Invalid("expires", hint="Choose a day from tomorrow to a year from now.")
    return timezone.make_aware(datetime.combine(day, time.min))


def _facts(token: Token) -> dict[str, Json]:
    return {
        "kind": str(token.kind),
        "name": token.name,
        "person": token.person_id,
        "scopes": list(token.scopes),
        "expires": token.expires_at.isoformat(),
    }
