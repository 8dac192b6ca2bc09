"""A list whose queries are kept shows what it would show anew."""

import pytest

from lienthong.office.accounts.models import Person
from lienthong.office.accounts.views.listing import PERSONS
from lienthong.office.core import scope
from lienthong.office.core.lists.asking import Ask
from lienthong.office.core.lists.columns import names_of
from lienthong.office.core.lists.kept import ids_of
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.core.lists.reading import count, read
from lienthong.office.organs.lists import UNITS
from tests.office.people import KINDS, House

KEPT = (PERSONS, UNITS)


def _sorts(page: ListPage) -> list[str]:
    return [f"{sign}{column.key}" for column in page.columns if column.sort for sign in ("", "-")]


@pytest.mark.parametrize("page", KEPT, ids=[page.name for page in KEPT])
def test_all_kinds_of_persons_see_what_is_theirs_one_after_another(house: House, page: ListPage) -> None:
    assert page.kept
    shown = set()
    for kind in KINDS[1:]:
        actor = house.actor(kind)
        with scope.act_for(actor):
            everything = page.rows(actor).count()
            for sort in _sorts(page):
                anew = list(page.rows(actor).order_by(*page.ordering(sort)).values_list(*names_of(page.columns)))
                kept = read(actor, Ask(list_page=page, values={}, sort=sort))
                assert kept.rows == anew
                assert kept.total == len(anew) == everything
        shown.add(everything)
    assert len(shown) > 1


def test_more_rows_than_a_page_are_counted_as_they_would_be_anew(house: House) -> None:
    actor = house.actor("above_administrator")
    with scope.act_for(actor):
        all_of_them = count(PERSONS.rows(actor), 2001)
        assert len(ids_of(PERSONS, actor, "name", 2001)) == all_of_them > 3
        assert ids_of(PERSONS, actor, "name", 3) == ids_of(PERSONS, actor, "name", 2001)[:3]
        second = read(actor, Ask(list_page=PERSONS, values={}, sort="name", page=2, size=2))
        assert second.total == all_of_them
        assert [row[0] for row in second.rows] == ids_of(PERSONS, actor, "name", 4)[2:]


def test_who_came_since_is_there(house: House) -> None:
    actor = house.actor("official")
    ask = Ask(list_page=PERSONS, values={}, sort="name")
    with scope.act_for(actor):
        before = read(actor, ask).total
    with scope.system():
        organ = house.organs["province"]
        Person.objects.create(email="new@test.invalid", name="Người mới", organ=organ, organ_path=organ.path)
    with scope.act_for(actor):
        assert read(actor, ask).total == before + 1
