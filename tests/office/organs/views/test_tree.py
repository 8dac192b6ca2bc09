"""The tree: whose branches are shown, opened by links and one at a time, as it stood on a day."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.move import move
from lienthong.office.organs.actions.rename import rename
from lienthong.office.organs.actions.times import Change, When
from lienthong.office.organs.models import Kind, Unit
from tests.office.organs.tree import revisions

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SIGNED_IN = ["official", "administrator", "below", "outsider", "unplaced", "operator"]


def page(house: "House", key: str, address: str) -> str:
    answer = house.client(key).get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/units/", "/units/branches/1/", "/units/1/", "/units/list/", "/units/pick/?q=a"])
def test_nobody_reads_it_without_signing_in(house: "House", address: str) -> None:
    for key in ("anonymous", "dismissed", "suspended", "invited"):
        answer = house.client(key).get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("key", SIGNED_IN)
def test_the_top_is_shown_with_what_can_be_opened(house: "House", key: str) -> None:
    text = page(house, key, "/units/")
    assert "Văn phòng Trung ương" in text
    assert f'href="/units/?open={house.organs["centre"].pk}#u{house.organs["centre"].pk}"' in text
    assert "Xã 2" not in text


def test_a_branch_comes_alone_departments_first(house: "House") -> None:
    text = page(house, "official", f"/units/branches/{house.organs['province'].pk}/")
    assert "<html" not in text
    places = [text.index(name) for name in ("Văn phòng Tỉnh 1", "Xã 1", "Xã 2")]
    assert places == sorted(places)


def test_a_deep_link_opens_the_way(house: "House") -> None:
    room = house.departments["commune"]
    text = page(house, "official", f"/units/?open={room.pk}")
    for name in ("Văn phòng Trung ương", "Tỉnh 1", "Xã 1", "Văn phòng Xã 1"):
        assert name in text
    assert f'href="/units/{room.pk}/" aria-current="page"' in text
    # Positions of the opened units stand in it; of their holders only those the reader may see.
    assert "Chức vụ 11" in text
    assert house.persons["below"].name not in text
    assert house.persons["below"].name in page(house, "leader", f"/units/?open={room.pk}")


@pytest.mark.parametrize("key", SIGNED_IN)
def test_what_is_labelled_is_seen_by_nobody_who_need_not_know(house: "House", key: str) -> None:
    hidden, province = house.hidden, house.organs["province"].pk
    for address in (f"/units/?open={hidden.pk}", f"/units/?open={province}", f"/units/branches/{province}/"):
        assert hidden.name not in page(house, key, address)
    client = house.client(key)
    assert client.get(f"/units/branches/{hidden.pk}/").status_code == 404
    assert client.get(f"/units/{hidden.pk}/").status_code == 404


def test_who_is_cleared_and_knows_of_it_sees_it_with_its_label(house: "House") -> None:
    text = page(house, "cleared", f"/units/branches/{house.organs['province'].pk}/")
    assert house.hidden.name in text
    assert "label-secret" in text


def test_a_hidden_unit_alone_makes_no_branch(house: "House") -> None:
    """Whether something can be opened would tell that something is there."""
    with scope.system():
        leaf = create_unit(
            actor=house.actor("administrator"), parent=house.organs["province"],
            new=NewUnit(kind=Kind.DEPARTMENT, name="Lá"),
        )  # fmt: skip
        Unit.objects.filter(pk=house.hidden.pk).update(parent=leaf)
    text = page(house, "official", f"/units/branches/{house.organs['province'].pk}/")
    assert f"open={leaf.pk}#" not in text
    assert f"open={leaf.pk}#" in page(house, "cleared", f"/units/branches/{house.organs['province'].pk}/")


def test_as_it_stood_and_as_it_will(house: "House") -> None:
    actor = house.actor("above_administrator")
    commune, elsewhere, soon = house.organs["commune"], house.organs["elsewhere"], TODAY + timedelta(days=9)
    rename(actor=actor, unit=commune, change=Change(day=soon, values={"name": "Phường 9"}), seen=revisions(commune))
    move(actor=actor, unit=commune, parent=elsewhere, when=When(day=soon), seen=revisions(commune, elsewhere))
    before = page(house, "official", f"/units/?open={commune.pk}&on={TODAY - timedelta(days=1)}")
    after = page(house, "official", f"/units/?open={commune.pk}&on={soon}")
    assert "Xã 1" in before
    assert "Tỉnh 1" in before
    assert "Xã 2" in before
    assert "Phường 9" in after
    assert "Xã 2" not in after
    branch = page(house, "official", f"/units/branches/{elsewhere.pk}/?on={soon}")
    assert "Phường 9" in branch
    # Links go on in the same day.
    assert f"on={soon}" in branch


def test_narrowed_to_a_tier_the_way_there_stays(house: "House") -> None:
    with scope.system():
        Unit.objects.filter(pk=house.organs["commune"].pk).update(tier="commune", bloc="party")
    address = f"/units/branches/{house.organs['centre'].pk}/?tier=commune"
    text = page(house, "official", address)
    assert "Tỉnh 1" in text
    assert "Tỉnh 2" not in text
    assert "tier=commune" in text
    assert "Tỉnh 1" not in page(house, "official", address + "&bloc=state")


@pytest.mark.parametrize(
    "query", ["open=x", "open=-1", "open=99999999999999999999", "open=²", "on=2025-13-40", "on=x", "bloc=<b>", "tier='"]
)
def test_what_is_malformed_counts_as_not_said(house: "House", query: str) -> None:
    assert "Văn phòng Trung ương" in page(house, "official", f"/units/?{query}")


def test_names_are_text_and_nothing_else(house: "House") -> None:
    name = '"><script>alert(1)</script>{{ 7*7 }}'
    province, new = house.organs["province"], NewUnit(kind=Kind.DEPARTMENT, name=name)
    unit = create_unit(actor=house.actor("administrator"), parent=province, new=new)
    pages = (f"/units/?open={unit.pk}", f"/units/{unit.pk}/", f"/units/branches/{province.pk}/")
    for address in (*pages, "/units/list/?q=script", "/units/pick/?q=script"):
        text = page(house, "administrator", address)
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text


def test_two_hundred_children_cost_no_more_queries_than_two(house: "House") -> None:
    client, province = house.client("official"), house.organs["province"]

    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    addresses = [f"/units/branches/{province.pk}/", f"/units/?open={province.pk}", f"/units/{province.pk}/"]
    before = [count(address) for address in addresses]
    with scope.system():
        for number in range(200):
            create_unit(
                actor=house.actor("administrator"), parent=province,
                new=NewUnit(kind=Kind.DEPARTMENT, name=f"Phòng {number}"),
            )  # fmt: skip
    assert [count(address) for address in addresses] == before
    assert before[0] <= 8
    assert max(before) <= 14
