"""Who may change or withdraw an assignment, wherever the organs that are part of it have gone since."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment
from lienthong.office.organs.actions.move import move
from lienthong.office.organs.actions.times import When
from tests.office.organs.tree import fresh, revisions

if TYPE_CHECKING:
    from tests.office.members.registry import Registry
    from tests.office.people import House

DAY = localdate() + timedelta(days=30)


def test_a_giver_moves_with_its_organ(registry: "Registry") -> None:
    house = registry.house
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[house.organs["commune"].pk], due_on=DAY)[0]
    _put(house, "province", "elsewhere")
    with scope.system():
        held = Assignment.objects.get()
    province = fresh(house.organs["province"])
    assert (held.giver_path, held.organ_path) == (province.path, fresh(house.organs["commune"]).path)
    assert held.giver_path.startswith(house.organs["elsewhere"].path)
    with pytest.raises(Forbidden):
        end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.WITHDRAWN)
    end(actor=registry.actor("steward"), assignment=one, state=Assignment.State.WITHDRAWN)


def test_an_organ_that_comes_under_another_is_not_free_of_what_it_was_given(registry: "Registry") -> None:
    house = registry.house
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[house.organs["commune"].pk], due_on=DAY)[0]
    _put(house, "commune", "elsewhere")
    for key in ("commune_steward", "steward"):
        with override("en"), pytest.raises(Forbidden) as refused:
            end(actor=registry.actor(key), assignment=one, state=Assignment.State.WITHDRAWN)
        assert ("Ask Tỉnh 2 to" in refused.value.advice) == (key == "commune_steward")
    # Who stands above it now has the say.
    end(actor=registry.actor("outside_steward"), assignment=one, state=Assignment.State.WITHDRAWN)


def test_what_an_earlier_release_gave_is_the_word_of_the_organ_directly_above(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with scope.system():
        Assignment.objects.update(giver_path="")
    with pytest.raises(Forbidden):
        end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.WITHDRAWN)
    end(actor=registry.actor("steward"), assignment=one, state=Assignment.State.WITHDRAWN)
    with scope.system():
        assert Assignment.objects.get(pk=one.pk).state == Assignment.State.WITHDRAWN


def _put(house: "House", unit: str, parent: str) -> None:
    place, above = fresh(house.organs[unit]), fresh(house.organs[parent])
    actor, when = house.actor("above_administrator"), When(day=localdate())
    move(actor=actor, unit=place, parent=above, when=when, seen=revisions(place, above))
