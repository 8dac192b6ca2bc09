"""The persons' cards on the home page."""

from datetime import timedelta

from django.utils.timezone import localdate, now

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Clearance, Invitation, Substitution
from lienthong.office.core import scope
from lienthong.office.core.cards import MOST, ROWS, Filled, shelves
from tests.office.people import House

TODAY = localdate()
DAY = timedelta(days=1)


def _card(house: House, key: str, card: str) -> Filled | None:
    actor = house.actor(key)
    with scope.act_for(actor):
        return next((each for shelf in shelves(actor) for each in shelf.cards if each.key == card), None)


def _titles(house: House, key: str, card: str) -> list[str]:
    found = _card(house, key, card)
    return [row.title for row in found.rows] if found else []


def test_a_substitute_sees_for_whom_and_until_when(house: House) -> None:
    with scope.system():
        appointment = Appointment.objects.get(person=house.persons["leader"])
        periods = ((-5 * DAY, 0 * DAY), (-5 * DAY, 3 * DAY), (40 * DAY, 50 * DAY))
        for first, end in periods:
            Substitution.objects.create(
                appointment=appointment,
                substitute=house.persons["colleague"],
                valid_from=TODAY + first,
                valid_to=TODAY + end,
            )
    (title,) = _titles(house, "colleague", "substitutions")
    assert title.startswith(house.persons["leader"].name)
    assert _titles(house, "leader", "substitutions") == []


def test_clearances_that_end_are_told_to_security_alone(house: House) -> None:
    with scope.system():
        for key, days in (("below", 10), ("beside", 40), ("outsider", 10)):
            Clearance.objects.create(
                person=house.persons[key],
                level=Level.SECRET,
                valid_from=TODAY - DAY,
                valid_to=TODAY + days * DAY,
                decision="1",
                granted_by=house.persons["above_security"],
            )
    assert house.persons["below"].name in _titles(house, "security", "clearances")
    assert house.persons["outsider"].name not in _titles(house, "security", "clearances")
    for key in ("official", "administrator", "leader"):
        assert _card(house, key, "clearances") is None


def test_invitations_that_ran_out_are_late_and_counted_to_a_bound(house: House) -> None:
    with scope.system():
        Invitation.objects.create(person=house.persons["invited"], digest=b"0" * 32, expires_at=now() + DAY)
    assert _titles(house, "administrator", "invitations") == []
    with scope.system():
        for number in range(MOST + 5):
            Invitation.objects.create(
                person=house.persons["invited"], digest=number.to_bytes(32), expires_at=now() - DAY
            )
    card = _card(house, "administrator", "invitations")
    assert card is not None
    assert (card.total, len(card.rows)) == (f"{MOST - 1}+", ROWS)
    assert all(row.late for row in card.rows)
    assert _card(house, "official", "invitations") is None
    assert _titles(house, "outside_administrator", "invitations") == []
