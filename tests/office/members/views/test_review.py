"""The pages of this room: what each shows, to whom, and what it writes down."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.members.models import Decision, Look, Score
from tests.office.people import sign_in

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


def browser(registry: "Registry", key: str) -> Client:
    """Return a browser in which a steward, or a person of the house, is signed in."""
    client = Client()
    sign_in(client, registry.stewards.get(key) or registry.house.persons[key])
    return client


def test_the_card_goes_down_to_the_cells(registry: "Registry") -> None:
    province = browser(registry, "steward").get("/members/")
    assert province.context["title"] == "Tỉnh 1"
    assert [(tile.name, tile.url) for tile in province.context["tiles"]] == [
        ("Xã 1", "/members/card/00004/"), ("Xã 2", "/members/card/00008/"),
    ]  # fmt: skip
    commune = browser(registry, "steward").get("/members/card/00004/?by=clean")
    assert [(tile.name, tile.mark.text, tile.mark.css) for tile in commune.context["tiles"]] == [
        ("Chi bộ 1", "50.0", "heat-worst")
    ]
    assert [crumb["title"] for crumb in commune.context["crumbs"]] == ["Members", "Tỉnh 1", "Xã 1"]
    whole = browser(registry, "centre_steward").get("/members/")
    assert [tile.name for tile in whole.context["tiles"]] == ["Tỉnh 1", "Tỉnh 2"]
    assert b"Personal number and sex disagree" in whole.content


def test_the_card_tells_duplicates_and_earlier_runs(registry: "Registry") -> None:
    page = browser(registry, "steward").get("/members/card/00004/")
    assert page.context["duplicates"] == [("1.2 %", "by what must be unique"), ("2.5 %", "estimated by linking")]
    ((day, cells),) = page.context["past"]
    assert (day, [cell.text for cell in cells]) == ("10/01/2026", ["98.5", "96.0", "87.5", "50.2"])
    assert b"Over time" in page.content


def test_a_card_of_elsewhere_and_one_of_nothing(registry: "Registry") -> None:
    assert browser(registry, "steward").get("/members/card/79/").status_code == HTTPStatus.NOT_FOUND
    assert browser(registry, "official").get("/members/").status_code == HTTPStatus.FORBIDDEN
    with scope.system():
        Score.objects.all().delete()
    assert b"empty-state" in browser(registry, "steward").get("/members/").content


def test_a_record_opens_only_for_a_purpose_and_each_look_is_listed(registry: "Registry") -> None:
    steward, one = browser(registry, "steward"), registry.member("P1")
    address = f"/members/people/{one.pk}/"
    asked = steward.get(address)
    assert "Nguyễn" not in asked.content.decode()
    with scope.system():
        assert not Look.objects.exists()
    assert steward.post(address, {"purpose": "for fun"}).context["form"].errors
    assert steward.post(address, {"purpose": "check", "words": "Phiếu 7"}).status_code == HTTPStatus.FOUND
    shown = steward.get(address)
    assert "Nguyễn Văn Hùng" in shown.content.decode()
    assert "Phiếu 7" in shown.content.decode()
    # Carried on to the next one.
    steward.get(f"/members/people/{registry.member('P2').pk}/")
    with scope.system():
        rows = list(Look.objects.order_by("pk").values_list("member", "purpose", "words", "sensitive"))
    assert rows == [("P1", "check", "Phiếu 7", True), ("P2", "check", "Phiếu 7", True)]


def test_a_purpose_is_not_carried_on_for_ever(registry: "Registry") -> None:
    steward, one = browser(registry, "steward"), registry.member("P1")
    steward.post("/members/purpose/", {"purpose": "mend"})
    assert "Nguyễn" in steward.get(f"/members/people/{one.pk}/").content.decode()
    session = steward.session
    session["members_purpose"] |= {"until": 0}
    session.save()
    assert "Nguyễn" not in steward.get(f"/members/people/{one.pk}/").content.decode()


def test_an_item_shows_both_records_with_what_differs_marked(registry: "Registry") -> None:
    page = browser(registry, "steward").get(f"/members/review/{registry.item(2).pk}/")
    text = page.content.decode()
    assert "<mark>Hưng</mark>" in text.replace("<mark> ", "<mark>")
    assert "Perhaps twins" in text
    assert [bar.text for bar in page.context["bars"]] == ["+2.5", "−1.5"]
    with scope.system():
        assert set(Look.objects.values_list("member", "purpose")) == {("P1", "review"), ("P2", "review")}


def test_that_masked_values_differ_is_told_all_the_same(registry: "Registry") -> None:
    text = browser(registry, "leader").get(f"/members/review/{registry.item(2).pk}/").content.decode()
    assert "001060000001" not in text
    assert "•••" in text


def test_the_queue_is_worked_off_one_after_the_other(registry: "Registry") -> None:
    steward = browser(registry, "steward")
    first, second, third = (registry.item(place) for place in (1, 2, 3))
    done = steward.post(f"/members/review/{first.pk}/", {"verdict": "same"})
    assert done.headers["Location"] == f"/members/review/{second.pk}/"
    later = steward.post(f"/members/review/{second.pk}/", {"verdict": "later"})
    assert later.headers["Location"] == f"/members/review/{third.pk}/"
    waits = steward.post(f"/members/review/{third.pk}/", {"verdict": "same"}, follow=True)
    assert "second pair of eyes" in waits.content.decode()
    again = steward.post(f"/members/review/{third.pk}/", {"verdict": "different"}, follow=True)
    assert "Somebody else has decided" in again.content.decode()


@pytest.mark.parametrize(("name", "state"), [("confirm", "standing"), ("refuse", "refused"), ("undo", "undone")])
def test_a_merge_is_settled_by_a_second_person(registry: "Registry", name: str, state: str) -> None:
    item = registry.item(3)
    browser(registry, "steward").post(f"/members/review/{item.pk}/", {"verdict": "same"})
    with scope.system():
        made = Decision.objects.get()
    second = browser(registry, "second_steward")
    address = f"/members/decisions/{made.pk}/"
    assert second.get(address).headers["Location"] == f"/members/review/{item.pk}/"
    assert f"{address}{name}/" in second.get(f"/members/review/{item.pk}/").content.decode()
    assert second.post(f"{address}{name}/").headers["Location"] == f"/members/review/{item.pk}/"
    with scope.system():
        assert Decision.objects.get().state == state


def test_decisions_are_handed_out_as_the_engine_reads_them(registry: "Registry") -> None:
    steward = browser(registry, "steward")
    steward.post(f"/members/review/{registry.item(1).pk}/", {"verdict": "same"})
    file = steward.get("/members/decisions/export/")
    assert file.content.decode().split() == ["record_id_l,record_id_r,decision", "M1,M5,same"]
    with scope.system():
        assert AuditEntry.objects.get(kind="members:decision:export").new == {"rows": 1}
    assert browser(registry, "leader").get("/members/decisions/export/").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(("address", "number"), [("people", 4), ("review", 3), ("decisions", 0)])
def test_lists_hold_the_own_subtree(registry: "Registry", address: str, number: int) -> None:
    page = browser(registry, "steward").get(f"/members/{address}/")
    assert page.context["list"].last == number
