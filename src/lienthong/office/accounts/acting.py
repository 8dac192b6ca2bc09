"""As whom a signed-in person acts now: one query per request."""

from typing import Final

from django.db import connection
from django.http import HttpRequest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Person
from lienthong.office.core.actor import Actor, Role

SESSION_KEY: Final = "acting"
"""In the session: ``a12`` for an appointment, ``s7`` for a substitution. Nothing: the main appointment."""

_ACTING: Final = """
WITH own AS (
  SELECT a.id AS appointment, 0 AS substitution, '' AS behalf, a.position_id, a.is_main
  FROM accounts_appointment a
  WHERE a.person_id = %(person)s AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
  UNION ALL
  SELECT a.id, s.id, absent.name, a.position_id, false
  FROM accounts_substitution s
  JOIN accounts_appointment a ON a.id = s.appointment_id
  JOIN accounts_person absent ON absent.id = a.person_id
  WHERE s.substitute_id = %(person)s AND s.ended_at IS NULL AND s.valid_from <= %(today)s AND s.valid_to > %(today)s
    AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
    AND absent.state IN ('active', 'suspended')
)
SELECT own.appointment, own.substitution, own.behalf, p.title, p.roles, u.id, u.name, o.id, o.name, o.path,
  (SELECT c.level FROM accounts_clearance c WHERE c.person_id = %(person)s AND c.revoked_at IS NULL
     AND c.valid_from <= %(today)s AND c.valid_to > %(today)s),
  ARRAY(SELECT k.unit_id FROM accounts_needtoknow k WHERE k.person_id = %(person)s AND k.valid_to > %(today)s)
FROM own
JOIN organs_position p ON p.id = own.position_id AND p.closed_on IS NULL
JOIN organs_unit u ON u.id = p.unit_id AND (u.valid_to IS NULL OR u.valid_to > %(today)s)
JOIN organs_unit o ON o.id = u.organ_id
ORDER BY (own.substitution = %(substitution)s AND (own.substitution > 0 OR own.appointment = %(appointment)s)) DESC,
  own.substitution = 0 DESC, own.is_main DESC, own.appointment
LIMIT 1
"""


def acting(request: HttpRequest) -> Actor | None:
    """Return who makes a request, as what; None for somebody not signed in, or no longer allowed in.

    Needs the scope of the system: it finds out what the reader's own is.
    """
    person = request.user
    if not isinstance(person, Person) or not person.is_active:
        return None
    return actor_of(person, request.session.get(SESSION_KEY, ""), address=request.META.get("REMOTE_ADDR") or None)


def actor_of(person: Person, chosen: str = "", *, address: str | None = None) -> Actor:
    """Return a person as they act.

    Args:
        person: who.
        chosen: as ``SESSION_KEY`` says. What is over, or never was theirs, is passed over for the main appointment.
        address: where from.
    """
    number = int(chosen[1:]) if chosen[1:].isdecimal() else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ACTING,
            {
                "person": person.pk,
                "today": localdate(),
                "appointment": number if chosen.startswith("a") else 0,
                "substitution": number if chosen.startswith("s") else 0,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return Actor(
            person_id=person.pk, name=person.name, language=person.language, operator=person.is_staff, address=address
        )
    appointment, substitution, behalf, title, roles, unit, unit_name, organ, organ_name, path, level, known = row
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
        substitution_id=substitution,
        on_behalf_of=behalf,
        language=person.language,
        operator=person.is_staff,
        address=address,
    )
