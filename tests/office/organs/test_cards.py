"""The tree's cards on the home page."""

from datetime import timedelta

from django.test import Client
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.cards import shelves
from lienthong.office.organs.models import Succession, UnitVersion
from tests.office.people import House

TODAY = localdate()


def _titles(house: House, key: str, card: str) -> list[str] | None:
    actor = house.actor(key)
    with scope.act_for(actor):
        found = [each for shelf in shelves(actor) for each in shelf.cards if each.key == card]
    return [row.title for row in found[0].rows] if found else None


def test_administrators_see_what_the_merger_left_open_in_their_own_organs(house: House) -> None:
    with scope.system():
        for number, organ in enumerate(("commune", "elsewhere")):
            Succession.objects.create(
                old_code=f"0000{number}",
                old_name=f"Xã cũ {number}",
                successor=house.organs[organ],
                since=TODAY,
                needs_review=True,
            )
        Succession.objects.create(
            old_code="00009", old_name="Xã cũ 9", successor=house.organs["commune"], since=TODAY, needs_review=False
        )
    assert _titles(house, "administrator", "successions") == ["Xã cũ 0"]
    assert _titles(house, "below_administrator", "successions") == ["Xã cũ 0"]
    assert _titles(house, "outside_administrator", "successions") == ["Xã cũ 1"]
    assert _titles(house, "official", "successions") is None


def test_units_that_change_within_30_days_are_told_to_those_who_see_them(house: House) -> None:
    with scope.system():
        for organ, days in (("province", 5), ("commune", 30), ("neighbour", 31), ("elsewhere", 5)):
            unit = house.organs[organ]
            day = TODAY + timedelta(days=days)
            UnitVersion.objects.filter(unit=unit).update(valid_to=day)
            UnitVersion.objects.create(unit=unit, name=f"{unit.name} mới", valid_from=day)
    assert _titles(house, "administrator", "changes") == ["Tỉnh 1", "Xã 1"]
    assert _titles(house, "official", "changes") == ["Tỉnh 1"]
    assert _titles(house, "outsider", "changes") == ["Tỉnh 2"]


def test_the_home_page_shows_them(house: House) -> None:
    with scope.system():
        Succession.objects.create(
            old_code="00001", old_name='"><b>Xã', successor=house.organs["commune"], since=TODAY, needs_review=True
        )
    client: Client = house.client("administrator")
    text = client.get("/").text
    assert "&quot;&gt;&lt;b&gt;Xã" in text
    assert '"><b>Xã' not in text
