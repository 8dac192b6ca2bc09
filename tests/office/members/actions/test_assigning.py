"""Failing records are assigned to organs with a day, their stewards are told, and the progress is seen."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry, Notification
from lienthong.office.core.notifications.kinds import kind_of
from lienthong.office.members.actions.assigning import assign, end
from lienthong.office.members.models import Assignment, Failure, RuleCount
from lienthong.office.members.selectors import failing
from tests.office.members.registry import add_communes

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

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


@pytest.mark.parametrize("state", [Assignment.State.DONE, Assignment.State.WITHDRAWN])
def test_an_assignment_ends_once(registry: "Registry", state: Assignment.State) -> None:
    leader, commune = registry.actor("leader"), registry.house.organs["commune"]
    one = assign(actor=leader, rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with pytest.raises(Forbidden):
        end(actor=registry.actor("outside_steward"), assignment=one, state=state)
    end(actor=leader, assignment=one, state=state)
    with pytest.raises(Conflict):
        end(actor=leader, assignment=one, state=state)
    with scope.system():
        assert not Notification.objects.filter(done_at=None).exists()


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
