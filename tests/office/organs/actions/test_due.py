"""What was decided for a day comes into force on it, once."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.organs.actions import due, merge, move, rename
from lienthong.office.organs.actions.times import Change, When
from lienthong.office.organs.models import Kind, Unit, UnitVersion
from tests.office.garden import plant
from tests.office.organs.tree import check_tree, fresh, revisions, trail

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = timezone.localdate()
SOON = TODAY + timedelta(days=10)


@pytest.fixture
def come(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], int]:
    """Let a day come and the daily work be done."""

    def on(day: date) -> int:
        for module in ("due", "paths", "times", "move", "merge", "close", "rename", "split"):
            monkeypatch.setattr(f"lienthong.office.organs.actions.{module}.localdate", lambda: day, raising=False)
        monkeypatch.setattr("tests.office.organs.tree.localdate", lambda: day)
        return due.bring_all_into_force()

    return on


def test_nothing_is_due_in_a_tree_that_is_up_to_date(house: "House", come: Callable[[date], int]) -> None:
    assert come(TODAY) == 0
    assert trail("organs:unit:due") == []


def test_a_name_and_a_move_of_the_same_day(house: "House", come: Callable[[date], int]) -> None:
    actor, commune, elsewhere = house.actor("above_administrator"), house.organs["commune"], house.organs["elsewhere"]
    rename.rename(
        actor=actor, unit=commune, change=Change(day=SOON, values={"name": "Phường 1"}), seen=revisions(commune)
    )
    move.move(actor=actor, unit=commune, parent=elsewhere, when=When(day=SOON), seen=revisions(commune, elsewhere))
    assert come(SOON - timedelta(days=1)) == 0
    assert come(SOON) == 1
    unit = fresh(commune)
    assert (unit.name, unit.search_key, unit.parent_id) == ("Phường 1", "phuong 1", elsewhere.pk)
    assert house.person("below").organ_path == unit.path
    check_tree()
    entries = trail("organs:unit:due")
    assert len(entries) == 1
    assert entries[0].old == {"name": "Xã 1", "parent": house.organs["province"].pk}
    assert come(SOON) == come(SOON + timedelta(days=1)) == 0


def test_a_merger_hands_over_on_its_day(house: "House", come: Callable[[date], int]) -> None:
    what = merge.Merger(
        sources=[house.organs["commune"], house.organs["neighbour"]], target=house.organs["province"], new_name="Xã 3",
        day=SOON,
    )  # fmt: skip
    unit = merge.merge(actor=house.actor("administrator"), merger=what, seen=revisions(*what.involved))
    assert come(SOON) == 4
    assert house.person("below").organ_id == house.person("beside").organ_id == unit.pk
    assert fresh(house.departments["commune"]).organ_id == unit.pk
    check_tree()
    assert come(SOON) == 0


def test_two_planned_moves_down_a_line(house: "House", come: Callable[[date], int]) -> None:
    actor = house.actor("above_administrator")
    province, commune, elsewhere = (house.organs[key] for key in ("province", "commune", "elsewhere"))
    centre = house.organs["centre"]
    move.move(actor=actor, unit=commune, parent=centre, when=When(day=SOON), seen=revisions(commune, centre))
    move.move(actor=actor, unit=province, parent=elsewhere, when=When(day=SOON), seen=revisions(province, elsewhere))
    assert come(SOON) == 2
    assert fresh(commune).path == f"{centre.path}{commune.pk}/"
    check_tree()


def test_what_cannot_be_is_noted_once_and_stops_nothing_else(house: "House", come: Callable[[date], int]) -> None:
    """Neither of both moves could be decided like this; a damaged register could hold them."""
    one, other = plant("Một", house.organs["centre"]), plant("Hai", house.organs["centre"])
    room = plant("Phòng", house.organs["centre"], kind=Kind.DEPARTMENT)
    with scope.system():
        UnitVersion.objects.filter(unit=one).update(parent=room)
        UnitVersion.objects.filter(unit=other).update(name="Hai mới")
    assert come(TODAY) == 1
    assert come(TODAY) == 0
    assert (fresh(one).parent_id, fresh(other).name) == (house.organs["centre"].pk, "Hai mới")
    failures = trail("organs:unit:due-failed")
    assert [entry.object_id for entry in failures] == [one.pk]
    assert failures[0].new is not None
    assert "Phòng" in failures[0].new["reason"]


def test_closed_units_stay_as_they_were(house: "House", come: Callable[[date], int]) -> None:
    with scope.system():
        Unit.objects.filter(pk=house.organs["commune"].pk).update(valid_to=TODAY)
        UnitVersion.objects.filter(unit=house.organs["commune"]).update(valid_to=TODAY, name="Tên cũ")
    assert come(SOON) == 0
