"""What is offered when a rule is assigned: organs that exist and are known to whoever assigns, and what fails there."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level as Label
from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.members.models import Failure, RuleCount
from lienthong.office.members.selectors import offers
from lienthong.office.organs.models import Unit
from tests.office.members.registry import add_communes

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


def below(registry: "Registry", key: str, opened: str = "") -> list[tuple[str, int, bool]]:
    """Return names, numbers and whether there is more below of what somebody is offered."""
    actor = registry.actor(key)
    with scope.act_for(actor):
        level = offers.level(actor, "number-sex", registry.house.organs[opened].pk if opened else None)
    return [(each.name, each.number, each.more) for each in level.below]


def test_a_number_is_of_what_still_fails(registry: "Registry") -> None:
    with scope.system():
        Failure.objects.filter(record__key="M2").update(state="mended")
    assert below(registry, "steward") == [("Xã 1", 1, False), ("Xã 2", 1, False)]
    assert below(registry, "centre_steward") == [("Tỉnh 1", 2, True), ("Tỉnh 2", 1, False)]


def test_an_organ_without_records_of_its_own_still_leads_down(registry: "Registry") -> None:
    with scope.system():
        RuleCount.objects.filter(area="01").delete()
    actor, organs = registry.actor("centre_steward"), registry.house.organs
    assert below(registry, "centre_steward") == [("Tỉnh 2", 1, False), ("Tỉnh 1", 0, True)]
    with scope.act_for(actor):
        level = offers.level(actor, "number-sex", organs["province"].pk)
        assert (level.own, [each.name for each in level.every]) == (None, ["Xã 1", "Xã 2"])
        assert offers.chosen(actor, "number-sex", [organs["province"].pk]) == []


def test_the_whole_is_the_top_organs_own(registry: "Registry") -> None:
    centre, actor = registry.house.organs["centre"], registry.actor("centre_steward")
    with scope.system():
        # Of a unit for which no organ stands.
        RuleCount.objects.create(area="99999", organ_path=centre.path, rule="number-sex", records=3, failures=1)
    with scope.act_for(actor):
        own = offers.level(actor, "number-sex").own
    assert own
    assert (own.organ, own.number) == (centre.pk, 4)


def test_organs_that_ended_or_are_hidden_are_not_offered(registry: "Registry") -> None:
    ended, hidden, *_rest = add_communes(registry.house.organs["province"], 3)
    with scope.system():
        Unit.objects.filter(pk=ended.pk).update(valid_to=localdate() - timedelta(days=1))
        Unit.objects.filter(pk=hidden.pk).update(label=Label.SECRET)
    assert [name for name, _number, _more in below(registry, "steward")] == ["Phường 3", "Xã 1", "Xã 2"]
    actor = registry.actor("steward")
    with scope.act_for(actor), pytest.raises(NotFound):
        offers.level(actor, "number-sex", hidden.pk)
    with scope.system():
        # An action reads as the system, and offers no more for that.
        assert offers.chosen(actor, "number-sex", [ended.pk, hidden.pk]) == []
