"""Records belong to the organ of their administrative unit, or to whoever took that over."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.members.errors import NoOrgans
from lienthong.office.members.loading.tree import Place, Places, common, places
from lienthong.office.organs.actions.close import close
from lienthong.office.organs.actions.merge import Merger, merge
from lienthong.office.organs.actions.times import When
from lienthong.office.organs.models import Unit
from tests.office.members.engine import AREAS, give_areas
from tests.office.organs.tree import fresh, revisions

if TYPE_CHECKING:
    from tests.office.people import House


def test_an_organ_answers_for_its_area_and_what_is_above_all_for_the_rest(house: "House") -> None:
    with pytest.raises(NoOrgans):
        _places()
    give_areas(house)
    found = _places()
    assert found.by_code == {AREAS[key]: _place(house.organs[key]) for key in AREAS}
    assert found.of(None) == found.of("12345") == found.top == _place(house.organs["centre"])


def test_of_several_organs_of_an_area_the_first_answers(house: "House") -> None:
    give_areas(house)
    with scope.system():
        Unit.objects.filter(pk=house.organs["elsewhere"].pk).update(area_code="00004")
    assert _places().of("00004") == _place(house.organs["commune"])


def test_a_merged_organs_area_goes_to_its_successor_through_later_mergers_too(house: "House") -> None:
    give_areas(house)
    commune, neighbour, elsewhere = (fresh(house.organs[key]) for key in ("commune", "neighbour", "elsewhere"))
    unit = into_one(house, [commune, neighbour], house.organs["province"], "Xã 3")
    assert _places().of("00004") == _places().of("00008") == _place(unit)
    into_one(house, [fresh(unit)], elsewhere)
    assert _places().of("00004") == _places().of("00008") == _place(elsewhere)


def test_an_organ_that_was_closed_without_a_successor_keeps_its_area(house: "House") -> None:
    give_areas(house)
    commune = fresh(house.organs["commune"])
    actor, department = house.actor("administrator"), fresh(house.departments["commune"])
    for unit in (department, commune):
        close(actor=actor, unit=unit, when=When(day=localdate()), seen=revisions(unit))
    assert _places().of("00004") == _place(commune)


def into_one(house: "House", sources: list[Unit], target: Unit, new_name: str = "") -> Unit:
    """Let organs become a new one under a target, yesterday, or part of the target, today."""
    day = localdate() - timedelta(days=1 if new_name else 0)
    merger = Merger(sources=sources, target=fresh(target), new_name=new_name, day=day)
    return merge(actor=house.actor("above_administrator"), merger=merger, seen=revisions(*merger.involved))


def _places() -> Places:
    with scope.system():
        return places()


def _place(organ: Unit) -> Place:
    return Place(organ.pk, fresh(organ).path)


@pytest.mark.parametrize(
    ("paths", "found"),
    [(["1/2/3/", "1/2/4/"], "1/2/"), (["1/2/3/", "1/2/34/"], "1/2/"), (["1/2/"], "1/2/"), (["1/2/", "1/2/3/"], "1/2/")],
)
def test_what_stands_above_several_is_found_by_whole_ids(paths: list[str], found: str) -> None:
    assert common(paths) == found


def test_trees_of_their_own_have_nothing_in_common() -> None:
    with pytest.raises(NoOrgans):
        common(["1/2/", "2/"])
