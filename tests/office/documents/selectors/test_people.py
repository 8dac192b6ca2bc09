"""Whom a document concerns."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import State
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.documents.selectors.people import persons_of, with_role
from tests.office.documents.test_policies import substitute

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def clerks(bureau: "Bureau", label: Level, organ: str = "province") -> list[int]:
    """Return the persons who keep an organ's register of that level."""
    with scope.system():
        return persons_of(with_role(Role.CLERK, bureau.house.organs[organ].pk, label).values_list("pk", flat=True))


def test_clerks_are_those_of_the_organ_who_are_cleared(bureau: "Bureau") -> None:
    both = [bureau.people["clerk"].pk, bureau.people["open_clerk"].pk]
    assert clerks(bureau, Level.INTERNAL) == both
    assert clerks(bureau, Level.CONFIDENTIAL) == both[:1]
    assert clerks(bureau, Level.TOP_SECRET) == []
    assert clerks(bureau, Level.INTERNAL, "commune") == []


def test_whose_account_is_closed_or_whose_clearance_has_ended_is_not_told(bureau: "Bureau") -> None:
    with scope.system():
        clerk = bureau.people["clerk"]
        clerk.clearances.update(valid_from=localdate() - timedelta(days=9), valid_to=localdate())
        bureau.people["open_clerk"].state = State.SUSPENDED
        bureau.people["open_clerk"].save()
    assert clerks(bureau, Level.INTERNAL) == [clerk.pk]
    assert clerks(bureau, Level.CONFIDENTIAL) == []


def test_a_substitute_is_told_with_the_absent(bureau: "Bureau") -> None:
    substitute(bureau, "doer", instead_of="clerk")
    assert clerks(bureau, Level.CONFIDENTIAL) == [bureau.people["clerk"].pk, bureau.people["doer"].pk]


def test_all_of_a_unit_are_told(bureau: "Bureau") -> None:
    with scope.system():
        told = persons_of([], [bureau.house.departments["commune"].pk])
    assert told == [bureau.house.persons["below"].pk, bureau.house.persons["below_administrator"].pk]
