"""An assignment is over: whoever mends says so once nothing fails any more, whoever gave it at any time."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment, Failure, RuleCount

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

DAY = localdate() + timedelta(days=30)


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


def test_an_organ_says_that_all_is_mended_once_it_is(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("centre_steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with scope.system():
        Failure.objects.filter(record__key="M2").update(state="mended")
    with override("en"), pytest.raises(Invalid) as early:
        end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    assert "1 record still" in early.value.advice
    with scope.system():
        RuleCount.objects.filter(organ_path=commune.path).update(failures=1)
    end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    with scope.system():
        assert Assignment.objects.get().state == "done"


def test_only_whoever_gave_it_leaves_records_as_they_are(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    end(actor=registry.actor("leader"), assignment=one, state=Assignment.State.DONE)
    with scope.system():
        assert Assignment.objects.get().state == "done"
