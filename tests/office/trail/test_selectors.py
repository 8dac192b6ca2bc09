"""Who reads what of the audit trail."""

from enum import StrEnum

import pytest
from django.db import transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.audit import record
from lienthong.office.core.errors import NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.trail.selectors import changes, concerning, deed, entry, trail
from tests.office.people import House


class Did(StrEnum):
    SEEN = "tests:person:see"


def _note(house: House, who: str, about: str, label: Level = Level.PUBLIC) -> None:
    with scope.system(), transaction.atomic():
        record(
            actor=house.actor(who),
            kind=Did.SEEN,
            obj=house.persons[about],
            old={"state": "invited", "gone": 1},
            new={"state": "active", "roles": ["a", "b"]},
            label=label,
        )


def _seen(house: House, key: str) -> list[tuple[str, int]]:
    actor = house.actor(key)
    with scope.act_for(actor):
        return [(entry.person_name, entry.label) for entry in trail(actor)]


def test_an_auditor_reads_the_organ_and_those_below_up_to_the_clearance(house: House) -> None:
    _note(house, "administrator", "official")
    _note(house, "below_administrator", "below", Level.INTERNAL)
    _note(house, "security", "cleared", Level.SECRET)
    _note(house, "outside_administrator", "outsider")
    assert [level for _, level in _seen(house, "auditor")] == [Level.INTERNAL, Level.PUBLIC]


def test_everybody_reads_their_own_deeds_and_no_others(house: House) -> None:
    for who in ("administrator", "leader", "below"):
        _note(house, who, "official")
    for who in ("administrator", "leader", "below"):
        assert [name for name, _ in _seen(house, who)] == [house.persons[who].name]
    assert _seen(house, "official") == _seen(house, "unplaced") == []


def test_the_database_holds_the_same_without_the_predicate(house: House) -> None:
    _note(house, "administrator", "official")
    _note(house, "security", "cleared", Level.SECRET)
    _note(house, "outside_administrator", "outsider")
    for key in ("auditor", "administrator", "official", "security", "unplaced"):
        actor = house.actor(key)
        with scope.act_for(actor):
            assert set(AuditEntry.objects.all()) == set(trail(actor)), key
    assert not AuditEntry.objects.exists()


def test_one_entry_is_for_its_readers(house: House) -> None:
    _note(house, "administrator", "official")
    with scope.system():
        number = AuditEntry.objects.get().pk
    for key, found in (("auditor", True), ("administrator", True), ("official", False), ("outsider", False)):
        actor = house.actor(key)
        with scope.act_for(actor):
            if found:
                assert entry(actor, number).pk == number
            else:
                with pytest.raises(NotFound):
                    entry(actor, number)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Người dùng 11", [1]),
        ("administrator@test.invalid", [0, 1]),
        ("tinh 1", [2]),
        ("T.province", [2]),
        ("x y z", []),
    ],
)
def test_entries_are_found_by_whom_and_what_they_concern(house: House, text: str, numbers: list[int]) -> None:
    _note(house, "administrator", "official")
    _note(house, "administrator", "below")
    with scope.system(), transaction.atomic():
        record(actor=house.actor("auditor"), kind=Did.SEEN, obj=house.organs["province"])
        ids = [each.pk for each in trail(SYSTEM)][::-1]
        found = [each.pk for each in trail(SYSTEM).filter(concerning(text))][::-1]
    assert found == [ids[number] for number in numbers]


def test_a_change_is_shown_field_by_field(house: House) -> None:
    _note(house, "administrator", "official")
    with scope.system():
        (told,) = trail(SYSTEM)
    assert [(one.name, one.old, one.new) for one in changes(told)] == [
        ("gone", "1", "–"),
        ("roles", "–", "a, b"),
        ("state", "invited", "active"),
    ]
    assert deed(told) == "tests:person:see"
