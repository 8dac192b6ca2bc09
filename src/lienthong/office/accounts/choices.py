"""Everything a person may act as today; ``acting`` has the one they act as."""

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor

_CHOICES: Final = """
SELECT own.key, p.title, u.name, o.name, own.behalf, own.is_main
FROM (
  SELECT 'a' || a.id AS key, '' AS behalf, a.position_id, a.is_main, false AS instead
  FROM accounts_appointment a
  WHERE a.person_id = %(person)s AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
  UNION ALL
  SELECT 's' || s.id, absent.name, a.position_id, false, true
  FROM accounts_substitution s
  JOIN accounts_appointment a ON a.id = s.appointment_id
  JOIN accounts_person absent ON absent.id = a.person_id
  WHERE s.substitute_id = %(person)s AND s.ended_at IS NULL AND s.valid_from <= %(today)s AND s.valid_to > %(today)s
    AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
    AND absent.state IN ('active', 'suspended')
) own
JOIN organs_position p ON p.id = own.position_id AND (p.closed_on IS NULL OR p.closed_on > %(today)s)
JOIN organs_unit u ON u.id = p.unit_id AND (u.valid_to IS NULL OR u.valid_to > %(today)s)
JOIN organs_unit o ON o.id = u.organ_id
ORDER BY own.instead, own.is_main DESC, o.path, p.rank, own.key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the positions that a person may act in today."""

    # As ``acting.SESSION_KEY`` says.
    key: str
    position: str
    unit: str
    organ: str
    # The name of the absent person when substituting.
    on_behalf_of: str
    is_main: bool


def choices(person_id: int) -> list[Choice]:
    """Return everything a person may act as today: own positions first, then those they substitute in."""
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(_CHOICES, {"person": person_id, "today": localdate()})
        return [
            Choice(key=key, position=title, unit=unit, organ=organ, on_behalf_of=behalf, is_main=main)
            for key, title, unit, organ, behalf, main in cursor.fetchall()
        ]


def key_of(actor: Actor) -> str:
    """Return the key of what somebody acts as; "" for somebody without a position."""
    if actor.substitution_id:
        return f"s{actor.substitution_id}"
    return f"a{actor.appointment_id}" if actor.appointment_id else ""
