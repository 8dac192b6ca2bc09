"""The page on which a rule is assigned: down the tree level by level, or by name."""

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.models import Assignment
from lienthong.office.members.selectors import offers
from tests.office.members.registry import add_communes
from tests.office.members.views.test_review import browser

if TYPE_CHECKING:
    from django.test import Client

    from tests.office.members.registry import Registry

PAGE = "/members/rules/number-sex/assign/"
DAY = (localdate() + timedelta(days=9)).isoformat()


def names(client: "Client", address: str) -> list[str]:
    """Return what a page offers below the organ that is opened."""
    return [each.name for each in client.get(address).context["level"].below]


def test_a_rule_is_assigned_and_the_assignment_withdrawn(registry: "Registry") -> None:
    steward, commune = browser(registry, "steward"), registry.house.organs["commune"]
    facts = {"selected": [commune.pk], "due_on": DAY, "note": ""}
    assert steward.post(PAGE, facts).status_code == HTTPStatus.FOUND
    assert steward.get("/members/rules/no-such/assign/").status_code == HTTPStatus.NOT_FOUND
    assert "<progress" in steward.get("/members/assignments/").content.decode()
    # Whoever assigns it anew sees what gives way.
    assert "already: 0 of 2, assigned by" in steward.get(PAGE).content.decode()
    with scope.system():
        one = Assignment.objects.get()
    steward.post("/members/assignments/", {"action": "withdraw", "selected": [one.pk]})
    with scope.system():
        assert Assignment.objects.get().state == "withdrawn"


def test_the_centre_goes_down_to_a_commune_and_assigns_to_it(registry: "Registry") -> None:
    centre, organs = browser(registry, "centre_steward"), registry.house.organs
    top = centre.get(PAGE)
    assert [(each.name, each.number, each.more) for each in top.context["level"].below] == [
        ("Tỉnh 1", 3, True), ("Tỉnh 2", 1, False),
    ]  # fmt: skip
    down = f"?below={organs['province'].pk}"
    assert f'href="{down}"' in top.content.decode()
    page = centre.get(PAGE + down)
    assert [name for _organ, name in page.context["level"].way] == ["Văn phòng Trung ương", "Tỉnh 1"]
    assert names(centre, PAGE + down) == ["Xã 1", "Xã 2"]
    assert "Tỉnh 1 itself, for all 3 records there and below" in page.content.decode()
    facts = {"selected": [organs["commune"].pk, organs["province"].pk], "due_on": DAY, "note": ""}
    assert centre.post(PAGE + down, facts).status_code == HTTPStatus.FOUND
    with scope.system():
        rows = Assignment.objects.order_by("total").values_list("organ", "total", "state")
        assert list(rows) == [(organs["commune"].pk, 2, "open"), (organs["province"].pk, 3, "open")]
    # At the bottom there is the commune alone.
    assert names(centre, f"{PAGE}?below={organs['commune'].pk}") == []


def test_organs_of_others_are_as_if_there_were_none(registry: "Registry") -> None:
    steward, organs = browser(registry, "steward"), registry.house.organs
    for number in (organs["elsewhere"].pk, organs["centre"].pk, registry.house.departments["province"].pk, 10**17):
        assert steward.get(f"{PAGE}?below={number}").status_code == HTTPStatus.NOT_FOUND
    for malformed in ("x", "-1", "9" * 30):
        assert names(steward, f"{PAGE}?below={malformed}") == ["Xã 1", "Xã 2"]
    assert names(steward, f"{PAGE}?q=tinh") == ["Tỉnh 1"]
    for number in (organs["elsewhere"].pk, 10**17):
        facts = {"selected": [organs["commune"].pk, number], "due_on": DAY, "note": ""}
        page = steward.post(PAGE, facts)
        assert page.context["form"].errors.as_data()["selected"][0].code == "invalid_choice"
        # What was ticked stays so.
        assert b" checked" in page.content
    with scope.system():
        assert not Assignment.objects.exists()


def test_nothing_is_offered_where_the_rule_holds(registry: "Registry") -> None:
    page = browser(registry, "steward").get("/members/rules/birth-day-unknown/assign/")
    assert b"Nothing to assign" in page.content
    assert b'name="selected"' not in page.content


def test_organs_are_found_by_name_and_code_on_any_level(registry: "Registry") -> None:
    centre = browser(registry, "centre_steward")
    assert names(centre, f"{PAGE}?q=XA") == ["Xã 1", "Xã 2"]
    assert names(centre, f"{PAGE}?q=T.neigh") == ["Xã 2"]
    found = centre.get(f"{PAGE}?q=xã+1")
    # What it stands under is told: there are many of the same name.
    assert '<span class="quiet d-block">Tỉnh 1</span>' in found.content.decode()
    facts = {"selected": [registry.house.organs["commune"].pk], "due_on": DAY, "note": ""}
    assert centre.post(f"{PAGE}?q=xã+1", facts).status_code == HTTPStatus.FOUND
    assert b"No such organ" in centre.get(f"{PAGE}?q=nowhere").content


def test_a_page_is_bounded_and_two_hundred_organs_cost_no_more_queries_than_two(registry: "Registry") -> None:
    centre, province = browser(registry, "centre_steward"), registry.house.organs["province"]
    addresses = [PAGE, f"{PAGE}?below={province.pk}", f"{PAGE}?q=xa"]

    def count(address: str) -> int:
        centre.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert centre.get(address).status_code == HTTPStatus.OK
        return len(queries)

    before = [count(address) for address in addresses]
    add_communes(province, offers.MOST + 30, name="Xã")
    assert [count(address) for address in addresses] == before
    assert max(before) <= 12
    page = centre.get(addresses[1])
    assert (len(page.context["level"].below), page.context["level"].cut) == (offers.MOST, True)
    assert page.context["level"].below[0].name == "Xã 230"
    assert b"There are more than are shown here." in page.content
    assert len(names(centre, addresses[2])) == offers.MOST_FOUND
    # One that is not on the page is found by its name.
    assert names(centre, f"{PAGE}?q=xa+17") == ["Xã 179", *(f"Xã {number}" for number in range(178, 169, -1)), "Xã 17"]


def test_a_commune_cannot_overrule_the_centre_on_any_page(registry: "Registry") -> None:
    centre, commune = browser(registry, "centre_steward"), browser(registry, "commune_steward")
    organ = registry.house.organs["commune"]
    assert centre.post(PAGE, {"selected": [organ.pk], "due_on": DAY, "note": ""}).status_code == HTTPStatus.OK
    down = f"{PAGE}?below={registry.house.organs['province'].pk}"
    assert centre.post(down, {"selected": [organ.pk], "due_on": DAY, "note": ""}).status_code == HTTPStatus.FOUND
    for key in ("commune_steward", "steward"):
        # No box, but who gave it; and a request that was made by hand is told the same.
        page = browser(registry, key).get(PAGE).content.decode()
        assert f'value="{organ.pk}"' not in page
        assert "only that organ or one above it" in page
        later = (localdate() + timedelta(days=99)).isoformat()
        sent = browser(registry, key).post(PAGE, {"selected": [organ.pk], "due_on": later, "note": ""})
        assert sent.status_code == HTTPStatus.OK
        assert "Văn phòng Trung ương" in str(sent.context["form"].non_field_errors())
    with scope.system():
        one = Assignment.objects.get()
    for deed in ("withdraw", "done"):
        answer = commune.post("/members/assignments/", {"action": deed, "selected": [one.pk]}, follow=True)
        told = [(message.level_tag, str(message)) for message in answer.context["messages"]]
        assert [tag for tag, _text in told] == ["error"], told
        assert ("Văn phòng Trung ương" in told[0][1]) == (deed == "withdraw")
    with scope.system():
        left = Assignment.objects.get()
        assert (left.state, left.due_on.isoformat()) == ("open", DAY)
    # Who gave it goes on as before.
    assert f'value="{organ.pk}"' in centre.get(down).content.decode()
    centre.post("/members/assignments/", {"action": "done", "selected": [one.pk]})
    with scope.system():
        assert Assignment.objects.get().state == "done"


def test_of_many_rows_those_that_may_be_ended_are(registry: "Registry") -> None:
    steward, organs = browser(registry, "steward"), registry.house.organs
    for key, organ in (("centre_steward", "commune"), ("steward", "neighbour")):
        assign(actor=registry.actor(key), rule="number-sex", organs=[organs[organ].pk], due_on=localdate())
    with scope.system():
        rows = dict(Assignment.objects.values_list("organ__name", "pk"))
    sent = {"action": "withdraw", "selected": list(rows.values())}
    assert "done for 1 row" in steward.post("/members/assignments/", sent, follow=True).content.decode()
    with scope.system():
        assert dict(Assignment.objects.values_list("pk", "state")) == {rows["Xã 1"]: "open", rows["Xã 2"]: "withdrawn"}
