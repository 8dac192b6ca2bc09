"""``may`` and ``which`` are one rule, and the database's own policies never show less of persons than that."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import NOBODY, SYSTEM, Actor, Role
from lienthong.office.core.errors import Forbidden
from lienthong.office.core.policies import RULES, Permission, may, require, which
from lienthong.office.organs.models import Unit
from tests.office.garden import plant, settle


@dataclass(frozen=True, slots=True)
class Place:
    """Something of an organ."""

    organ_path: str


# Per organ, the place of the one above among those before it, or none.
TREES = st.lists(st.none() | st.integers(0, 6), min_size=1, max_size=7)
ROLES = st.frozensets(st.sampled_from(Role), max_size=2)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=TREES, home=st.integers(0, 7), roles=ROLES, operator=st.booleans())
def test_may_and_which_agree(shape: list[int | None], home: int, roles: frozenset[Role], operator: bool) -> None:  # noqa: FBT001 - drawn
    with transaction.atomic(), scope.system():
        organs: list[Unit] = []
        persons: list[Person] = []
        for number, above in enumerate(shape):
            parent = organs[above % len(organs)] if organs and above is not None else None
            organs.append(plant(f"Organ {number}", parent))
            persons.append(settle(f"Person {number}", organs[-1]))
        path = organs[home].path if home < len(organs) else ""
        actor = Actor(person_id=0, name="", organ_path=path, roles=roles, operator=operator)
        for permission in Permission:
            listed = set(Person.objects.filter(which(actor, permission)).values_list("pk", flat=True))
            assert listed == {person.pk for person in persons if may(actor, permission, person)}, permission
        seen = set(Person.objects.filter(which(actor, Permission.PERSON_VIEW)).values_list("pk", flat=True))
        with scope.act_for(actor):
            assert set(Person.objects.values_list("pk", flat=True)) == seen
        transaction.set_rollback(True)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_may_do_anything_and_the_system_everything(permission: Permission) -> None:
    place = Place("1/2/")
    assert not may(NOBODY, permission)
    assert not may(NOBODY, permission, place)
    assert may(SYSTEM, permission, place)
    with pytest.raises(Forbidden):
        require(NOBODY, permission, place)


def test_a_look_alike_of_the_system_is_not_it() -> None:
    fake = Actor(person_id=0, name="system", operator=True)
    assert fake == SYSTEM
    assert not may(fake, Permission.PERSON_MANAGE, Place("1/"))


@pytest.mark.parametrize("permission", [each for each in Permission if each is not Permission.OPERATE])
def test_an_operator_has_no_power_over_organs(permission: Permission) -> None:
    assert not may(Actor(person_id=1, name="", operator=True), permission, Place("1/"))


@pytest.mark.parametrize(
    ("path", "own", "inside"),
    [
        ("1/2/", True, True),
        ("1/2/3/", False, True),
        ("1/", False, False),
        ("1/20/", False, False),
        ("1/1/2/", False, False),
    ],
)
def test_bounds_are_those_of_whole_ids(path: str, own: bool, inside: bool) -> None:  # noqa: FBT001 - a table
    official = Actor(person_id=1, name="", organ_path="1/2/")
    head = Actor(person_id=1, name="", organ_path="1/2/", roles=frozenset({Role.ADMINISTRATOR}))
    assert official.sees(path) is own
    assert head.sees(path) is head.below(path) is inside


def test_every_permission_has_its_rule() -> None:
    assert set(RULES) == set(Permission)


@pytest.mark.parametrize(
    ("role", "more"),
    [
        (Role.LEADER, [Permission.MEMBER_VIEW, Permission.MEMBER_ASSIGN]),
        (Role.CLERK, [Permission.RECORD_ARCHIVE]),
    ],
)
def test_leading_an_organ_is_not_administering_it(role: Role, more: list[Permission]) -> None:
    actor = Actor(person_id=1, name="", organ_path="1/", roles=frozenset({role}))
    found = [each for each in Permission if may(actor, each, Place("1/"))]
    assert found == [Permission.PERSON_VIEW, Permission.RECORD_WORK, *more]
