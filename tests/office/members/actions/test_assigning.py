"""Failing records are assigned to organs with a day, their stewards are told, and the progress is seen."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.core.notifications.kinds import kind_of
from lienthong.office.members.actions.assigning import assign, end
from lienthong.office.members.models import Assignment, Failure
from lienthong.office.members.selectors import failing

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
        assign(actor=steward, rule="number-sex", organs=[organs["elsewhere"].pk], due_on=DAY)
    with pytest.raises(Forbidden):
        assign(actor=registry.actor("auditor"), rule="number-sex", organs=[organs["commune"].pk], due_on=DAY)
