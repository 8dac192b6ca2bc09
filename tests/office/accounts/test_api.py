"""Persons through the API."""

import pytest

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.policies import Permission, which
from tests.office.api.programs import Programs
from tests.office.people import House


def _ids(answer: dict[str, list[dict[str, int]]]) -> set[int]:
    return {item["id"] for item in answer["items"]}


@pytest.mark.parametrize("key", ["official", "administrator", "leader", "below", "outsider", "above_administrator"])
def test_the_list_is_what_the_policy_allows(programs: Programs, house: House, key: str) -> None:
    with scope.system():
        allowed = set(
            Person.objects.filter(which(house.actor(key), Permission.PERSON_VIEW)).values_list("pk", flat=True)
        )
    assert _ids(programs.of(key).ask("/persons?limit=200").json()) == allowed


def test_a_person_of_another_organ_is_not_found(programs: Programs, house: House) -> None:
    program = programs.of("below")
    for key, status in (("below", 200), ("official", 404), ("beside", 404), ("outsider", 404)):
        assert program.ask(f"/persons/{house.persons[key].pk}").status_code == status, key
    missing = program.ask("/persons/999999").json()
    hidden = program.ask(f"/persons/{house.persons['official'].pk}").json()
    # One cannot tell the one from the other.
    assert {**missing, "detail": "", "instance": ""} == {**hidden, "detail": "", "instance": ""}


def test_an_information_system_sees_those_of_its_organ(programs: Programs, house: House) -> None:
    found = _ids(programs.system("administrator", "official").ask("/persons?limit=200").json())
    assert house.persons["colleague"].pk in found
    assert not found & {house.persons[key].pk for key in ("below", "outsider", "operator")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=người dùng 11", {"below"}),
        ("q=NGUOI DUNG 11", {"below"}),
        ("q=11", {"below"}),
        ("q=below.admin", {"below_administrator"}),
        ("q=dung 11", {"below"}),
        ("q=~", set()),
        ("state=dismissed", {"dismissed"}),
    ],
)
def test_persons_are_found(programs: Programs, house: House, query: str, found: set[str]) -> None:
    answer = programs.of("leader").ask(f"/persons?{query}").json()
    assert _ids(answer) == {house.persons[key].pk for key in found}


def test_of_one_organ(programs: Programs, house: House) -> None:
    answer = programs.of("leader").ask(f"/persons?organ={house.organs['commune'].pk}").json()
    assert _ids(answer) == {house.persons[key].pk for key in ("below", "below_administrator")}


def test_nothing_of_a_person_that_is_not_published(programs: Programs, house: House) -> None:
    answer = programs.of("official").ask(f"/persons/{house.persons['official'].pk}").json()
    assert set(answer) == {"id", "name", "email", "phone", "state", "organ_id", "revision"}
