"""Who reads what of the audit trail."""

from enum import StrEnum

from django.db import transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.audit import record
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.policies import Permission
from lienthong.office.trail.selectors import changes, deed, history, trail
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


def test_the_history_of_an_object_is_for_whoever_looks_after_it(house: House) -> None:
    _note(house, "security", "official", Level.SECRET)
    _note(house, "above_administrator", "official")
    person = house.person("official")
    found = {}
    for key in ("administrator", "auditor", "below_administrator", "outside_administrator", "security", "colleague"):
        actor = house.actor(key)
        with scope.act_for(actor):
            found[key] = len(history(actor, person, permission=Permission.PERSON_MANAGE))
            assert scope.current() == scope.of(actor)
    assert found == {
        "administrator": 1,
        "auditor": 1,
        "below_administrator": 0,
        "outside_administrator": 0,
        "security": 1,
        "colleague": 0,
    }


def test_a_history_follows_an_object_into_another_organ(house: House) -> None:
    _note(house, "administrator", "official")
    with scope.system():
        house.persons["official"].organ = house.organs["elsewhere"]
        house.persons["official"].organ_path = house.organs["elsewhere"].path
        house.persons["official"].save()
    actor = house.actor("outside_administrator")
    with scope.act_for(actor):
        assert len(history(actor, house.persons["official"], permission=Permission.PERSON_MANAGE)) == 1


def test_a_change_is_shown_field_by_field(house: House) -> None:
    _note(house, "administrator", "official")
    with scope.system():
        (entry,) = trail(SYSTEM)
    assert [(one.field, one.old, one.new) for one in changes(entry)] == [
        ("gone", "1", "–"),
        ("roles", "–", "a, b"),
        ("state", "invited", "active"),
    ]
    assert deed(entry) == "tests:person:see"
