"""Set how secret it is that a unit exists."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs import selectors
from lienthong.office.organs.actions.relabel import relabel
from lienthong.office.organs.models import Unit
from tests.office.organs.tree import check_tree, fresh, revisions, trail

if TYPE_CHECKING:
    from tests.office.people import House


def cleared(house: "House", key: str = "administrator", level: Level = Level.TOP_SECRET) -> Actor:
    return replace(house.actor(key), clearance=level)


def set_label(actor: Actor, unit: Unit, label: Level) -> Unit:
    return relabel(actor=actor, unit=unit, label=label, seen=revisions(unit))


def test_what_stands_below_becomes_no_less_secret(house: "House") -> None:
    commune = house.organs["commune"]
    set_label(cleared(house), commune, Level.SECRET)
    assert fresh(house.departments["commune"]).label == Level.SECRET
    check_tree()
    for key, seen in (("administrator", False), ("below", False), ("beside", False)):
        with scope.act_for(house.actor(key)):
            assert selectors.units(house.actor(key)).filter(pk=commune.pk).exists() is seen, key
    with scope.act_for(cleared(house, "below")):
        assert selectors.unit(cleared(house, "below"), commune.pk) == commune
    entry = trail("organs:unit:relabel")[0]
    assert (entry.label, entry.old, entry.new) == (Level.SECRET, {"label": 1}, {"label": 3, "units": 1})


def test_lowering_frees_only_the_unit_itself(house: "House") -> None:
    commune = house.organs["commune"]
    set_label(cleared(house), commune, Level.SECRET)
    set_label(cleared(house), commune, Level.INTERNAL)
    assert fresh(house.departments["commune"]).label == Level.SECRET
    # The entry of the lowering is as secret as what it tells of was.
    assert trail("organs:unit:relabel")[0].label == Level.SECRET
    check_tree()


def test_not_lower_than_what_it_stands_in(house: "House") -> None:
    set_label(cleared(house), house.organs["commune"], Level.SECRET)
    with pytest.raises(Invalid):
        set_label(cleared(house), house.departments["commune"], Level.CONFIDENTIAL)


def test_nobody_sets_what_they_are_not_cleared_for(house: "House") -> None:
    with pytest.raises(Forbidden):
        set_label(cleared(house, level=Level.CONFIDENTIAL), house.organs["commune"], Level.SECRET)
    # Nor lowers what they must not know of, whatever id they guess.
    with pytest.raises(Forbidden):
        set_label(house.actor("administrator"), house.hidden, Level.INTERNAL)


@pytest.mark.parametrize(
    "key", ["official", "leader", "security", "auditor", "below_administrator", "outside_administrator"]
)
def test_a_clearance_alone_is_not_enough(house: "House", key: str) -> None:
    with pytest.raises(Forbidden):
        set_label(cleared(house, key), house.organs["commune"], Level.SECRET)


def test_older_states_and_nothing_new(house: "House") -> None:
    commune = house.organs["commune"]
    with pytest.raises(Conflict):
        relabel(actor=cleared(house), unit=commune, label=Level.SECRET, seen={commune.pk: 0})
    with pytest.raises(Invalid):
        set_label(cleared(house), commune, Level.INTERNAL)
