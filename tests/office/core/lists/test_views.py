"""Saved views: one's own, found again, gone when deleted."""

import pytest
from django.contrib.messages import get_messages

from lienthong.office.core import scope
from lienthong.office.core.lists import views
from lienthong.office.core.models import SavedView
from tests.office.people import House

pytestmark = pytest.mark.urls("tests.office.core.lists.example")
PERSONS, UNITS = "/example/persons/", "/example/units/"


def _save(house: House, who: str, name: str, query: str = "?state=active&page=2&other=1") -> str:
    answer = house.client(who).post(f"{PERSONS}{query}", {"action": "save-view", "name": name})
    assert answer.status_code == 302
    return str(next(iter(get_messages(answer.wsgi_request))))


def _kept() -> list[tuple[str, str]]:
    with scope.system():
        return list(SavedView.objects.order_by("name").values_list("name", "query"))


def test_a_view_keeps_filter_and_order_under_its_name(house: House) -> None:
    _save(house, "official", "  Đang  làm việc ")
    _save(house, "official", "Đang làm việc", "?sort=-name")
    assert _kept() == [("Đang làm việc", "?sort=-name")]
    body = house.client("official").get(f"{PERSONS}?sort=-name").content.decode()
    assert f'href="{PERSONS}?sort=-name" aria-current="true">Đang làm việc</a>' in body
    assert "Đang làm việc" not in house.client("official").get(UNITS).content.decode()


def test_a_view_is_its_owners_alone(house: House) -> None:
    _save(house, "official", "Của tôi")
    with scope.system():
        view = SavedView.objects.get()
    other = house.client("colleague")
    assert "Của tôi" not in other.get(PERSONS).content.decode()
    assert other.post(PERSONS, {"action": f"delete-view-{view.pk}"}).status_code == 404
    # Nor by another list's address.
    assert house.client("official").post(UNITS, {"action": f"delete-view-{view.pk}"}).status_code == 404
    assert len(_kept()) == 1
    assert house.client("official").post(PERSONS, {"action": f"delete-view-{view.pk}"}).status_code == 302
    assert not _kept()


def test_names_and_queries_that_cannot_be_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _save(house, "official", " \x00 ") == "Give the view a name of at most 80 characters."
    assert _save(house, "official", "x" * 81) == "Give the view a name of at most 80 characters."
    assert _save(house, "official", "x", "?q=" + "%E1%BB%87" * 200) == "Shorten the texts you filter by."
    monkeypatch.setattr(views, "MOST", 1)
    assert _save(house, "official", "1") == "The view was saved."
    assert _save(house, "official", "2") == "Delete a view that you no longer need."
    assert _save(house, "official", "1") == "The view was saved."


def test_markup_in_a_name_is_text(house: House) -> None:
    _save(house, "official", '"><script>alert(1)</script>')
    assert "<script>alert" not in house.client("official").get(PERSONS).content.decode()
