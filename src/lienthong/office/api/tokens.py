"""Tokens of the API: what they look like, what they open, whom they let in."""

import hashlib
import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import load
from lienthong.office.accounts.models import Appointment, State, Token, TokenKind
from lienthong.office.core.actor import NOBODY, Actor
from lienthong.office.core.policies import Permission, which

PREFIX: Final = "lt_"
_BYTES: Final = 32
# What follows the prefix is base64url of 256 bits, without padding.
_SHAPE: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}\Z", re.ASCII)
LONGEST: Final = timedelta(days=366)
# A write for every request would cost more than it tells.
_USED_EVERY: Final = timedelta(hours=1)


class Scope(StrEnum):
    """What a token was made for; never more than whoever it stands for may do."""

    READ_ORGANS = "read:organs"
    READ_PERSONS = "read:persons"
    READ_DOCUMENTS = "read:documents"
    WRITE_DOCUMENTS = "write:documents"
    # Apart from writing: what a program signs binds an organ.
    SIGN_DOCUMENTS = "sign:documents"
    # Hand in packets of organs without this office.
    WRITE_PACKETS = "write:packets"
    WRITE_TOKENS = "write:tokens"


SCOPE_NAMES: Final = {
    Scope.READ_ORGANS: gettext_noop("read units and positions"),
    Scope.READ_PERSONS: gettext_noop("read persons"),
    Scope.READ_DOCUMENTS: gettext_noop("read documents and their files"),
    Scope.WRITE_DOCUMENTS: gettext_noop("write, issue, send, register and assign documents"),
    Scope.SIGN_DOCUMENTS: gettext_noop("sign documents with keys that are kept here"),
    Scope.WRITE_PACKETS: gettext_noop("hand in packets of organs without this office"),
    Scope.WRITE_TOKENS: gettext_noop("make and withdraw tokens"),
}
SYSTEM_SCOPES: Final = frozenset({Scope.READ_ORGANS, Scope.READ_PERSONS, Scope.WRITE_PACKETS})
"""What an information system may be given: nothing that belongs to one person."""


def new_secret() -> str:
    """Return a new token in readable form; it is shown once and kept nowhere."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> bytes | None:
    """Return what is stored of a token; None for what cannot be one."""
    return hashlib.sha256(secret.encode()).digest() if _SHAPE.match(secret) else None


def find(secret: str, now: datetime) -> Token | None:
    """Return the token that somebody shows, if it holds and its person may act. Needs the scope of the system."""
    digest = digest_of(secret)
    if digest is None:
        return None
    # Found by the index on the digest: how long that takes tells nothing about 256 random bits.
    return (
        Token.objects.filter(digest=digest, revoked_at=None, expires_at__gt=now, person__state=State.ACTIVE)
        .select_related("person")
        .first()
    )


def actor_for(token: Token, *, address: str | None) -> Actor | None:
    """Return who acts with a token; None when its appointment is over. Needs the scope of the system."""
    found = load(token.person_id, f"a{token.appointment_id}", address=address)
    actor = found.actor if found else NOBODY
    if actor.appointment_id != token.appointment_id or actor.substitution_id:
        return None
    if token.kind == TokenKind.PERSONAL:
        # Operating the installation is for a person at a page, after a second factor.
        return replace(actor, operator=False)
    # An information system reads what every official of the organ reads. Nobody's roles, clearance or own rows go
    # with it, or whoever issues one could have those of a colleague.
    return replace(
        actor,
        person_id=0,
        name=token.name,
        roles=frozenset(),
        clearance=min(actor.clearance, Level.INTERNAL),
        known=frozenset(),
        operator=False,
    )


def note_use(token: Token, now: datetime) -> None:
    """Remember to the hour that a token was used."""
    if token.used_at is None or token.used_at < now - _USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used_at=now)


def visible(actor: Actor) -> Q:
    """Return the predicate of the tokens somebody may see: one's own, and the systems' of organs looked after."""
    own = Q(kind=TokenKind.PERSONAL, person_id=actor.person_id) if actor.person_id else Q(pk__in=[])
    return own | (Q(kind=TokenKind.SYSTEM) & which(actor, Permission.TOKEN_MANAGE))


def listed(actor: Actor) -> QuerySet[Token]:
    """Return the tokens somebody may see, newest first; those that are withdrawn last."""
    return (
        Token.objects.filter(visible(actor))
        .select_related("person", "appointment__position__unit__organ")
        .order_by(F("revoked_at").desc(nulls_first=True), "-id")
    )


def main_appointment(actor: Actor, email: str) -> int | None:
    """Return the number of the main appointment of an official whom somebody administers; None without any."""
    today = timezone.localdate()
    found = (
        Appointment.objects.filter(which(actor, Permission.TOKEN_MANAGE, "position__organ_path"))
        .filter(Q(valid_to=None) | Q(valid_to__gt=today), valid_from__lte=today)
        .filter(person__email=email.lower(), person__state=State.ACTIVE)
        .order_by("-is_main", "pk")
    )
    return found.values_list("pk", flat=True).first()
