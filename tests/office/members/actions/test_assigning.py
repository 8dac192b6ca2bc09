"""Failing records are assigned to organs with a day, their stewards are told, and the progress is seen."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry, Notification
from lienthong.office.core.notifications.kinds import kind_of
from lienthong.office.members.actions.assigning import NAMED, assign
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment, Failure, RuleCount
from lienthong.office.members.selectors import failing
from tests.office.members.registry import add_communes, open_registry
from tests.office.organs.actions.test_holding import at_once

if TYPE_CHECKING:
    from tests.office.members.registry import Registry
    from tests.office.people import House

DAY = localdate() + timedelta(days=30)


def test_a_commune_gets_what_fails_there_and_its_stewards_are_told(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    made = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY, note=" Gấp ")
    assert [(one.organ_id, one.total, one.note) for one in made] == [(commune.pk, 2, "Gấp")]
    with scope.system():
        told = Notification.objects.get()
        assert told.person_id == registry.stewards["commune_steward"].pk
        Failure.objects.filter(record__key="M2").update(state="mended")
    kind = kind_of(told.kind)
    assert kind
    with override("en"):
        assert "Personal number and sex disagree (2 records)" in kind.text(told.facts)
    actor = registry.actor("commune_steward")
    with scope.act_for(actor):
        assert [(one.mended, one.total) for one in failing.assignments(actor)] == [(1, 2)]
        assert [one.rule for one in failing.due(actor, 5)] == ["number-sex"]


def test_a_new_day_takes_the_place_of_the_old_one(registry: "Registry") -> None:
    steward, commune = registry.actor("steward"), registry.house.organs["commune"]
    for days in (0, 5):
        assign(actor=steward, rule="number-sex", organs=[commune.pk], due_on=DAY + timedelta(days=days))
    with scope.system():
        assert list(Assignment.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "open"]
        assert Notification.objects.filter(done_at=None).count() == 1
        told = AuditEntry.objects.filter(kind__startswith="members:assignment").order_by("pk")
        assert [(entry.kind.rpartition(":")[2], entry.old) for entry in told] == [
            ("assign", None), ("end", {"state": "open"}), ("assign", None),
        ]  # fmt: skip


def test_the_centre_assigns_to_a_commune_two_levels_down(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    made = assign(actor=registry.actor("centre_steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)
    assert [(one.organ_id, one.organ_path, one.total) for one in made] == [(commune.pk, commune.path, 2)]
    with scope.system():
        assert [note.person_id for note in Notification.objects.all()] == [registry.stewards["commune_steward"].pk]
    for key, number in (("commune_steward", 1), ("steward", 1), ("centre_steward", 1), ("outside_steward", 0)):
        actor = registry.actor(key)
        with scope.act_for(actor):
            assert failing.assignments(actor).count() == number, key
            assert len(failing.due(actor, 5)) == (key == "commune_steward")


def test_a_commune_and_its_province_mend_the_same_each_counted_for_itself(registry: "Registry") -> None:
    centre, organs = registry.actor("centre_steward"), registry.house.organs
    for key in ("province", "commune", "neighbour"):
        assign(actor=centre, rule="number-sex", organs=[organs[key].pk], due_on=DAY)
    _mend("M2")

    def progress() -> dict[str, tuple[int, int]]:
        with scope.act_for(centre):
            rows = failing.assignments(centre).filter(state="open")
            return {one.organ.name: (one.mended, one.total) for one in rows.select_related("organ")}

    assert progress() == {"Tỉnh 1": (1, 3), "Xã 1": (1, 2), "Xã 2": (0, 1)}
    # What was mended before an assignment is given is none of its work.
    assign(actor=centre, rule="number-sex", organs=[organs["commune"].pk], due_on=DAY)
    assert progress() == {"Tỉnh 1": (1, 3), "Xã 1": (0, 1), "Xã 2": (0, 1)}
    # The engine's next run finds what is left, and the work stays counted.
    with scope.system():
        Failure.objects.all().delete()
        RuleCount.objects.filter(area="01").update(failures=1)
        RuleCount.objects.filter(area="00004").delete()
    assert progress() == {"Tỉnh 1": (2, 3), "Xã 1": (1, 1), "Xã 2": (0, 1)}


def test_two_hundred_organs_take_no_more_statements_than_two(registry: "Registry") -> None:
    steward, organs = registry.actor("steward"), registry.house.organs
    few = [organs["commune"].pk, organs["neighbour"].pk]
    many = [unit.pk for unit in add_communes(organs["province"], 200)]
    counts = []
    # Twice each: the second time something gives way.
    for chosen in (few, few, many, many):
        with CaptureQueriesContext(connection) as queries:
            assert len(assign(actor=steward, rule="number-sex", organs=chosen, due_on=DAY)) == len(chosen)
        counts.append(len(queries))
    assert counts[2] <= counts[0]
    assert counts[3] <= counts[1]


def _mend(record: str) -> None:
    with scope.system():
        Failure.objects.filter(record__key=record).update(state="mended")


def test_days_that_are_over_and_organs_of_elsewhere_are_refused(registry: "Registry") -> None:
    steward, organs = registry.actor("steward"), registry.house.organs
    with pytest.raises(Invalid):
        assign(actor=steward, rule="number-sex", organs=[organs["commune"].pk], due_on=DAY - timedelta(days=40))
    with pytest.raises(Invalid):
        assign(actor=steward, rule="number-sex", organs=[], due_on=DAY)
    with pytest.raises(Forbidden):
        assign(actor=registry.actor("auditor"), rule="number-sex", organs=[organs["commune"].pk], due_on=DAY)


def test_organs_of_others_are_refused_as_those_that_are_none(registry: "Registry") -> None:
    steward, organs = registry.actor("steward"), registry.house.organs
    commune, department = organs["commune"].pk, registry.house.departments["commune"].pk
    strange = (organs["elsewhere"].pk, organs["centre"].pk, department, 10**9)
    wrong = [("number-sex", [commune, each]) for each in strange]
    # And so is one in which the rule holds.
    for rule, chosen in (*wrong, ("birth-day-unknown", [commune])):
        with override("en"), pytest.raises(Invalid) as refused:
            assign(actor=steward, rule=rule, organs=chosen, due_on=DAY)
        assert refused.value.advice == "Choose organs in which the rule is broken."
    with scope.system():
        assert not Assignment.objects.exists()


def test_a_commune_does_not_overrule_what_the_centre_gave_it(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("centre_steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    for key in ("commune_steward", "steward", "leader"):
        actor = registry.actor(key)
        with override("en"), pytest.raises(Invalid) as refused:
            assign(actor=actor, rule="number-sex", organs=[commune.pk], due_on=DAY + timedelta(days=300))
        # By when, and by whom.
        for part in ("Xã 1", f"by {DAY:%m/%d/%Y}", one.person_name, "Văn phòng Trung ương"):
            assert part in refused.value.advice, (key, part)
        with pytest.raises(Forbidden):
            end(actor=actor, assignment=one, state=Assignment.State.WITHDRAWN)
        with override("en"), pytest.raises(Invalid) as early:
            end(actor=actor, assignment=one, state=Assignment.State.DONE)
        assert "2 records" in early.value.advice
    with scope.system():
        left = Assignment.objects.get()
        assert (left.state, left.due_on) == ("open", DAY)
        assert not AuditEntry.objects.filter(kind="members:assignment:end").exists()


def test_whoever_gave_it_or_stands_above_them_changes_or_withdraws_it(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    for giver, takes in (("centre_steward", "centre_steward"), ("steward", "leader"), ("steward", "centre_steward")):
        one = assign(actor=registry.actor(giver), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
        assert one.giver_path == registry.actor(giver).organ_path
        later = assign(actor=registry.actor(takes), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
        assert later.giver_path == registry.actor(takes).organ_path
        end(actor=registry.actor("centre_steward"), assignment=later, state=Assignment.State.WITHDRAWN)
        with scope.system():
            assert not Assignment.objects.filter(state="open").exists()


def test_of_many_organs_those_that_are_not_the_actors_to_change_are_named(registry: "Registry") -> None:
    centre, steward, organs = registry.actor("centre_steward"), registry.actor("steward"), registry.house.organs
    communes = add_communes(organs["province"], 8)
    assign(actor=centre, rule="number-sex", organs=[unit.pk for unit in communes], due_on=DAY)
    with override("en"), pytest.raises(Invalid) as refused:
        assign(actor=steward, rule="number-sex", organs=[organs["commune"].pk, communes[0].pk], due_on=DAY)
    assert "Phường 1 (" in refused.value.advice
    assert "Xã 1" not in refused.value.advice
    with pytest.raises(Invalid) as many:
        assign(actor=steward, rule="number-sex", organs=[unit.pk for unit in communes], due_on=DAY)
    assert many.value.advice.count("Phường") == NAMED
    assert many.value.advice.endswith("…")


def test_what_was_given_is_handed_down_to_organs_below(registry: "Registry") -> None:
    organs, centre, steward = registry.house.organs, registry.actor("centre_steward"), registry.actor("steward")
    given = assign(actor=centre, rule="number-sex", organs=[organs["province"].pk], due_on=DAY)
    with pytest.raises(Invalid):
        assign(actor=steward, rule="number-sex", organs=[organs["province"].pk], due_on=DAY)
    assign(actor=steward, rule="number-sex", organs=[organs["commune"].pk, organs["neighbour"].pk], due_on=DAY)
    # Once nothing from above is open, an organ sets itself a day.
    end(actor=centre, assignment=given[0], state=Assignment.State.DONE)
    assign(actor=steward, rule="number-sex", organs=[organs["province"].pk], due_on=DAY)
    with scope.system():
        assert Assignment.objects.filter(state="open").count() == 3


def test_two_who_assign_at_once_wait_for_each_other(lasting_house: "House") -> None:
    registry = open_registry(lasting_house)
    organs = [lasting_house.organs[key].pk for key in ("commune", "neighbour")]

    def give(key: str, chosen: list[int]) -> Callable[[], object]:
        actor = registry.actor(key)
        return lambda: assign(actor=actor, rule="number-sex", organs=chosen, due_on=DAY)

    for _round in range(5):
        errors = at_once(*(give(key, organs[::turn]) for key in ("steward", "leader") for turn in (1, -1)))
        assert errors == [None] * 4
    # Whichever comes first, the centre's stays.
    errors = at_once(give("steward", organs), give("centre_steward", organs))
    assert all(error is None or isinstance(error, Invalid) for error in errors)
    with scope.system():
        rows = Assignment.objects.filter(state="open").values_list("organ", "giver_path")
        assert sorted(rows) == sorted((organ, lasting_house.organs["centre"].path) for organ in organs)


@pytest.mark.parametrize("deed", ["assign", "end"])
def test_whoever_waits_for_too_long_is_told_so(lasting_house: "House", deed: str) -> None:
    registry, commune = open_registry(lasting_house), lasting_house.organs["commune"]
    steward, leader = registry.actor("steward"), registry.actor("leader")
    one = assign(actor=steward, rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    given, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assign(actor=steward, rule="number-sex", organs=[commune.pk], due_on=DAY)
            given.set()
            go_on.wait(20)

    def hurry() -> None:
        given.wait(10)
        with scope.system(), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            if deed == "assign":
                assign(actor=leader, rule="number-sex", organs=[commune.pk], due_on=DAY)
            else:
                end(actor=leader, assignment=one, state=Assignment.State.DONE)
        finally:
            go_on.set()

    errors = at_once(hold, hurry)
    assert [type(error) for error in errors] == [type(None), Conflict]
