"""Settle where a split predecessor went."""

from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs import selectors
from lienthong.office.organs.actions.reviews import settle
from lienthong.office.organs.models import Succession
from tests.office.organs.tree import trail

if TYPE_CHECKING:
    from tests.office.people import House


@pytest.fixture
def old(house: "House") -> Succession:
    with scope.system():
        return Succession.objects.create(
            old_code="00001", old_name="Xã Cũ", successor=house.organs["commune"], since=localdate(), needs_review=True
        )


def test_a_part_belongs_or_does_not(house: "House", old: Succession) -> None:
    actor = house.actor("administrator")
    with scope.act_for(actor):
        assert [each.needs_review for each in selectors.relatives(actor, house.organs["commune"])[0]] == [True]
    settle(actor=actor, succession=old, belongs=True, decision="5-NQ")
    with scope.system():
        old.refresh_from_db()
        assert (old.needs_review, old.decision) == (False, "5-NQ")
        assert not selectors.to_review(actor).exists()
    with pytest.raises(Conflict):
        settle(actor=actor, succession=old, belongs=False, decision="6-NQ")
    assert trail("organs:succession:review")[0].new == {
        "code": "00001", "name": "Xã Cũ", "belongs": True, "decision": "5-NQ",
    }  # fmt: skip


def test_what_does_not_belong_goes(house: "House", old: Succession) -> None:
    settle(actor=house.actor("below_administrator"), succession=old, belongs=False, decision="5-NQ")
    with scope.system():
        assert not Succession.objects.filter(pk=old.pk).exists()


def test_a_ground_must_be_named(house: "House", old: Succession) -> None:
    with pytest.raises(Invalid):
        settle(actor=house.actor("administrator"), succession=old, belongs=True, decision="  ")


@pytest.mark.parametrize("key", ["official", "below", "outside_administrator", "leader", "operator"])
def test_only_administrators(house: "House", old: Succession, key: str) -> None:
    with pytest.raises(Forbidden):
        settle(actor=house.actor(key), succession=old, belongs=True, decision="5-NQ")
