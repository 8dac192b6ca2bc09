"""Who makes a request, and as what they act: one query, whose plan the server keeps (``0011_acting_keeping``)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.auth import SESSION_KEY as PERSON_KEY
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.network import address_of
from lienthong.office.core.actor import Actor, Role

SESSION_KEY: Final = "acting"
"""In the session: ``a12`` for an appointment, ``s7`` for a substitution. Nothing: the main appointment."""

FRESH_SECONDS: Final = 600
"""For how long top secret things stay open after a second factor was shown."""

_QUERY: Final = "SELECT * FROM accounts_acting_keeping(%s, %s, %s, %s)"
# What the function tells of the person, in the order of the model; other fields are fetched when they are asked for.
PERSON: Final = (
    "id", "password", "last_login", "email", "name", "organ_id", "state", "language", "is_staff", "organ_path",
    "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody who is signed in, as they act."""

    person: Person
    actor: Actor
    # Notifications not yet read, counted up to 100.
    unread: int


def signed_in(request: HttpRequest) -> SignedIn | None:
    """Return who makes a request; None for somebody not signed in, or no longer allowed in.

    The session must be one that was begun with the person's present password: a change of it ends all others.
    """
    session = request.session
    number = str(session.get(PERSON_KEY, ""))
    if not number.isdecimal() or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    found = load(
        int(number), session.get(SESSION_KEY, ""), address=address_of(request), fresh=is_second_factor_fresh(session)
    )
    if found is None or not found.person.is_active:
        return None
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), found.person.get_session_auth_hash()):
        session.flush()
        return None
    return found


def is_second_factor_fresh(session: Mapping[str, Any]) -> bool:
    """Tell whether whoever is signed in has shown a second factor within the last minutes (``FRESH_SECONDS``)."""
    since = time.time() - FRESH_SECONDS
    shown = session.get(AUTHENTICATION_METHODS_SESSION_KEY, ())
    return any(each.get("method") == "mfa" and each.get("at", 0) > since for each in shown)


def load(person_id: int, chosen: str = "", *, address: str | None = None, fresh: bool = False) -> SignedIn | None:
    """Return a person as they act; None if there is none of that number.

    Args:
        person_id: who.
        chosen: as ``SESSION_KEY`` says. What is over, or never was theirs, is passed over for the main appointment.
        address: where from.
        fresh: a second factor was shown just now.
    """
    number = int(chosen[1:]) if chosen[1:].isdecimal() else 0
    appointment, substitution = (number, 0) if chosen.startswith("a") else (0, number)
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [person_id, appointment, substitution, localdate()])
        row = cursor.fetchone()
    if row is None:
        return None
    fields, (unread, *facts) = row[: len(PERSON)], row[len(PERSON) :]
    person = Person.from_db(connection.alias, PERSON, fields)
    return SignedIn(person=person, actor=_actor(person, facts, address, fresh=fresh), unread=unread)


def _actor(person: Person, facts: list[Any], address: str | None, *, fresh: bool) -> Actor:
    *post, level, known, marked, kept_units, kept = facts
    appointment, substitution, behalf, title, roles, unit, unit_name, organ, organ_name, path = post
    if appointment is None:
        return Actor(
            person_id=person.pk, name=person.name, language=person.language, operator=person.is_staff, address=address
        )
    return Actor(
        person_id=person.pk,
        name=person.name,
        appointment_id=appointment,
        position=title,
        unit_id=unit,
        unit=unit_name,
        organ_id=organ,
        organ=organ_name,
        organ_path=path,
        roles=frozenset(map(Role, roles)),
        clearance=Level.INTERNAL if level is None else Level(level),
        known=frozenset(known),
        kept_units=tuple(kept_units),
        kept=tuple(kept),
        opens_top_secret=fresh and marked,
        substitution_id=substitution,
        on_behalf_of=behalf,
        language=person.language,
        operator=person.is_staff,
        address=address,
    )


def actor_of(person: Person, chosen: str = "", *, address: str | None = None) -> Actor:
    """Return a person as they act now: where no session tells it.

    Raises:
        Person.DoesNotExist: they are gone.
    """
    found = load(person.pk, chosen, address=address)
    if found is None:
        raise Person.DoesNotExist(person.pk)
    return found.actor
