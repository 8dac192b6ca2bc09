"""Merge units into one."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.merge import Merger, merge, plan_merge
from lienthong.office.organs.models import Kind, Position, Succession, Unit
from tests.office.organs.tree import check_tree, fresh, revisions, trail, versions

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SOON = TODAY + timedelta(days=10)


def merger(house: "House", **more: object) -> Merger:
    sources = [house.organs["commune"], house.organs["neighbour"]]
    facts: dict[str, object] = {
        "sources": sources, "target": house.organs["province"], "new_name": "Xã 3", "day": TODAY, "decision": "9-NQ",
    }  # fmt: skip
    return Merger(**{**facts, **more})  # type: ignore[arg-type]  # facts of a merger


def do(house: "House", what: Merger, key: str = "administrator") -> Unit:
    return merge(actor=house.actor(key), merger=what, seen=revisions(*what.involved))


def test_two_communes_become_a_new_one(house: "House") -> None:
    commune, neighbour = house.organs["commune"], house.organs["neighbour"]
    unit = do(house, merger(house))
    assert (unit.name, unit.parent_id, unit.valid_from) == ("Xã 3", house.organs["province"].pk, TODAY)
    for source, key in ((commune, "below"), (neighbour, "beside")):
        assert fresh(source).valid_to == TODAY
        assert versions(source)[-1][1] == TODAY
        room = house.departments[source.code.removeprefix("T.")]
        assert (fresh(room).parent_id, fresh(room).organ_id) == (unit.pk, unit.pk)
        assert house.person(key).organ_id == unit.pk
        # Nobody lost what they hold.
        assert house.actor(key).organ_path == unit.path
    with scope.system():
        rows = set(Succession.objects.values_list("predecessor", "successor", "since", "decision", "carries"))
        assert rows == {(source.pk, unit.pk, TODAY, "9-NQ", True) for source in (commune, neighbour)}
        assert not Succession.objects.filter(carried_at=None).exists()
    check_tree()
    entry = trail("organs:unit:merge")[0]
    assert entry.new is not None
    assert (entry.new["sources"], entry.new["names"]) == ([commune.pk, neighbour.pk], ["Xã 1", "Xã 2"])


def test_one_goes_into_another_and_its_own_positions_with_it(house: "House") -> None:
    commune, neighbour = house.organs["commune"], house.organs["neighbour"]
    with scope.system():
        head = Position.objects.create(unit=commune, title="Bí thư", rank=1, organ_path=commune.path)
        Position.objects.create(unit=commune, title="Đã đóng", closed_on=TODAY, organ_path=commune.path)
    do(house, merger(house, sources=[commune], target=neighbour, new_name=""))
    with scope.system():
        head.refresh_from_db()
        assert (head.unit_id, head.organ_path) == (neighbour.pk, neighbour.path)
        # What was closed before stays in the history of where it was.
        assert Position.objects.get(title="Đã đóng").unit_id == commune.pk
    check_tree()


def test_a_child_is_taken_up_by_its_parent(house: "House") -> None:
    do(house, merger(house, sources=[house.organs["commune"]], target=house.organs["province"], new_name=""))
    assert house.person("below").organ_id == house.organs["province"].pk
    assert fresh(house.departments["commune"]).parent_id == house.organs["province"].pk
    check_tree()


def test_departments_merge_too(house: "House") -> None:
    actor, organ = house.actor("administrator"), house.organs["province"]
    rooms = [create_unit(actor=actor, parent=organ, new=NewUnit(kind=Kind.DEPARTMENT, name=f"Ban {n}")) for n in (1, 2)]
    unit = do(house, merger(house, sources=rooms, target=organ, new_name="Ban 3"))
    assert (unit.kind, unit.organ_id) == (Kind.DEPARTMENT, organ.pk)
    do(house, merger(house, sources=[house.departments["commune"]], target=unit, new_name=""))
    assert house.person("below").organ_id == organ.pk
    check_tree()


def test_a_future_merger_changes_nothing_before_its_day(house: "House") -> None:
    commune = house.organs["commune"]
    unit = do(house, merger(house, day=SOON))
    assert fresh(commune).valid_to == SOON
    assert house.person("below").organ_id == commune.pk
    assert house.actor("below").organ_path == commune.path
    assert versions(house.departments["commune"])[-1][3] == unit.pk
    check_tree()


@pytest.mark.parametrize(
    "more",
    [
        {"sources": []},
        {"target_of": "commune", "new_name": ""},
        {"sources_of": ["commune"], "new_name": "Xã 3"},
        {"sources_of": ["province"], "target_of": "commune", "new_name": ""},
        {"sources_of": ["commune"], "room": "neighbour", "new_name": ""},
        {"room": "neighbour"},
        {"new_name": "x" * 201},
        {"new_name": "\u200b"},
    ],
)
def test_what_cannot_become_one(house: "House", more: dict[str, object]) -> None:
    facts = dict(more)
    if names := facts.pop("sources_of", None):
        facts["sources"] = [house.organs[str(name)] for name in names]  # type: ignore[attr-defined]  # a list of names
    if name := facts.pop("target_of", None):
        facts["target"] = house.organs[str(name)]
    if name := facts.pop("room", None):
        facts["target"] = house.departments[str(name)]
    with pytest.raises(Invalid):
        do(house, merger(house, **facts), "above_administrator")
    check_tree()
    assert fresh(house.organs["commune"]).valid_to is None


@pytest.mark.parametrize("key", ["below_administrator", "outside_administrator", "leader", "official", "operator"])
def test_all_of_them_must_be_the_administrators(house: "House", key: str) -> None:
    with pytest.raises(Forbidden):
        do(house, merger(house), key)


def test_one_source_out_of_reach_stops_all(house: "House") -> None:
    sources = [house.organs["commune"], house.organs["elsewhere"]]
    with pytest.raises(Forbidden):
        do(house, merger(house, sources=sources))
    with pytest.raises(Forbidden):
        do(house, merger(house, target=house.organs["elsewhere"]))


def test_a_change_of_any_of_them_meanwhile_is_a_conflict(house: "House") -> None:
    what = merger(house)
    for unit in what.involved:
        seen = revisions(*what.involved)
        seen[unit.pk] -= 1
        with pytest.raises(Conflict):
            merge(actor=house.actor("administrator"), merger=what, seen=seen)


def test_the_preview_tells_what_becomes_of_each(house: "House") -> None:
    with scope.system():
        Position.objects.create(
            unit=house.organs["commune"], title="Bí thư", rank=1, organ_path=house.organs["commune"].path
        )
        plan = plan_merge(actor=house.actor("administrator"), merger=merger(house))
    commune, neighbour = house.organs["commune"].pk, house.organs["neighbour"].pk
    assert plan.refusals == []
    assert plan.counts == {
        f"positions_{commune}": 1, f"positions_{neighbour}": 0, f"persons_{commune}": 2, f"persons_{neighbour}": 1,
        "units": 2,
        **{f"{left}_{unit}": 0 for left in ("documents", "unissued", "workfiles") for unit in (commune, neighbour)},
    }  # fmt: skip
    assert plan.revisions == revisions(*merger(house).involved)


def test_what_is_hidden_from_the_administrator_is_not_merged_by_them(house: "House") -> None:
    what = merger(house, sources=[house.organs["province"]], target=house.organs["elsewhere"], new_name="")
    with pytest.raises(Invalid):
        do(house, what, "above_administrator")
    assert fresh(house.hidden).parent_id == house.organs["province"].pk
