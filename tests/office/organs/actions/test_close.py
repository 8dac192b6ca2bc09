"""Close a unit."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Substitution
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.close import close, plan_close
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.move import move
from lienthong.office.organs.actions.times import When
from lienthong.office.organs.models import Kind, Position, Unit
from tests.office.organs.tree import check_tree, fresh, revisions, trail

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SOON = TODAY + timedelta(days=10)


def end(house: "House", unit: Unit, key: str = "administrator", days: int = 0) -> Unit:
    when = When(day=TODAY + timedelta(days=days), decision="4-QĐ")
    return close(actor=house.actor(key), unit=unit, when=when, seen=revisions(unit))


def substitute(house: "House") -> Substitution:
    with scope.system():
        return Substitution.objects.create(
            appointment=house.appointment("below"), substitute=house.persons["beside"],
            valid_from=TODAY - timedelta(days=1), valid_to=TODAY + timedelta(days=30),
        )  # fmt: skip


def test_positions_holders_and_substitutions_end_with_it(house: "House") -> None:
    room, absence = house.departments["commune"], substitute(house)
    end(house, room)
    assert fresh(room).valid_to == TODAY
    with scope.system():
        assert set(Position.objects.filter(unit=room).values_list("closed_on", flat=True)) == {TODAY}
        assert house.appointment("below").valid_to == TODAY
        absence.refresh_from_db()
        assert absence.valid_to == TODAY
    assert house.actor("below").appointment_id == 0
    check_tree()
    entry = trail("organs:unit:close")[0]
    assert entry.new == {
        "valid_to": TODAY.isoformat(), "decision": "4-QĐ", "positions": 2, "holders": 2, "substitutions": 1,
    }  # fmt: skip


def test_until_a_future_day_all_goes_on(house: "House") -> None:
    room = house.departments["commune"]
    with scope.system():
        later = Appointment.objects.create(
            person=house.persons["beside"], position=house.positions["below"], valid_from=SOON + timedelta(days=5)
        )
    end(house, room, days=10)
    assert house.actor("below").appointment_id
    with scope.system():
        assert house.appointment("below").valid_to == SOON
        # It would have begun after the end.
        assert not Appointment.objects.filter(pk=later.pk).exists()
    check_tree()


def test_a_day_in_the_past_does_not_rewrite_who_acted_until_today(house: "House") -> None:
    end(house, house.departments["commune"], days=-5)
    assert fresh(house.departments["commune"]).valid_to == TODAY - timedelta(days=5)
    with scope.system():
        assert house.appointment("below").valid_to == TODAY


def test_not_while_something_stands_under_it(house: "House") -> None:
    with pytest.raises(Invalid, match="Văn phòng Xã 1"):
        end(house, house.organs["commune"])
    end(house, house.departments["commune"])
    end(house, house.organs["commune"])
    check_tree()


def test_not_while_something_is_planned_under_it(house: "House") -> None:
    actor, organ = house.actor("administrator"), house.organs["province"]
    one, other = (
        create_unit(actor=actor, parent=organ, new=NewUnit(kind=Kind.DEPARTMENT, name=f"Ban {n}")) for n in (1, 2)
    )
    move(actor=actor, unit=one, parent=other, when=When(day=SOON), seen=revisions(one, other))
    with pytest.raises(Invalid, match="Ban 1"):
        end(house, other)
    with pytest.raises(Invalid, match="Ban 1"):
        end(house, other, days=20)
    check_tree()


def test_what_is_hidden_below_is_not_named(house: "House") -> None:
    """But it stands in the way."""
    with scope.system():
        Unit.objects.filter(pk=house.hidden.pk).update(parent=house.departments["province"])
        house.hidden.versions.update(parent=house.departments["province"])
    with pytest.raises(Invalid) as caught:
        end(house, house.departments["province"])
    assert house.hidden.name not in str(caught.value)


def test_nothing_new_stands_under_what_ends(house: "House") -> None:
    room = house.departments["commune"]
    end(house, room, days=10)
    new = NewUnit(kind=Kind.DEPARTMENT, name="Tổ")
    with pytest.raises(Invalid):
        create_unit(actor=house.actor("administrator"), parent=fresh(room), new=new)
    with pytest.raises(Invalid):
        end(house, room, days=20)


@pytest.mark.parametrize("key", ["outside_administrator", "leader", "official", "security", "operator", "colleague"])
def test_only_administrators_close(house: "House", key: str) -> None:
    with pytest.raises(Forbidden):
        end(house, house.departments["commune"], key)


def test_an_organs_own_administrator_closes_its_departments_not_itself(house: "House") -> None:
    end(house, house.departments["commune"], "above_administrator")
    with pytest.raises(Forbidden):
        end(house, house.organs["commune"], "below_administrator")


def test_an_older_state_is_a_conflict(house: "House") -> None:
    room = house.departments["commune"]
    with pytest.raises(Conflict):
        close(actor=house.actor("administrator"), unit=room, when=When(day=TODAY), seen={room.pk: 7})


def test_the_preview_counts_what_then_ends(house: "House") -> None:
    substitute(house)
    with scope.system():
        plan = plan_close(actor=house.actor("administrator"), unit=house.departments["commune"], day=TODAY)
    assert plan.counts == {"positions": 2, "holders": 2, "substitutions": 1}
