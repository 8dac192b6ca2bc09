"""Who needs a second factor."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Clearance, Substitution
from lienthong.office.accounts.selectors.sign_in import needs_second_factor
from lienthong.office.core import scope
from tests.office.people import House, clear

TODAY = localdate()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("key", "needs"),
    [
        ("administrator", True),
        ("security", True),
        ("auditor", True),
        ("cleared", True),
        ("operator", True),
        ("official", False),
        ("leader", False),
        ("unplaced", False),
    ],
)
def test_who_may_do_or_see_much_does(house: House, key: str, *, needs: bool) -> None:
    assert needs_second_factor(house.persons[key].pk) is needs


def test_what_is_over_or_not_yet_does_not_count(house: House) -> None:
    with scope.system():
        Appointment.objects.filter(person=house.persons["administrator"]).update(valid_to=TODAY)
        Appointment.objects.filter(person=house.persons["security"]).update(valid_from=TODAY + DAY)
        Clearance.objects.filter(person=house.persons["cleared"]).update(valid_to=TODAY)
        clear(house.persons["official"], Level.INTERNAL, by=house.persons["security"])
    assert not any(needs_second_factor(house.persons[key].pk) for key in ("administrator", "security", "cleared"))
    assert not needs_second_factor(house.persons["official"].pk)


@pytest.mark.parametrize(("first", "until", "needs"), [(0, 1, True), (1, 2, False), (-3, 0, False)])
def test_substituting_counts_for_as_long_as_it_lasts(house: House, first: int, until: int, *, needs: bool) -> None:
    with scope.system():
        Substitution.objects.create(
            appointment=house.appointment("security"),
            substitute=house.persons["official"],
            valid_from=TODAY + first * DAY,
            valid_to=TODAY + until * DAY,
        )
    assert needs_second_factor(house.persons["official"].pk) is needs
