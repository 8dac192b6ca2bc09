"""What is done to many rows: only to those that the actor sees and may change, and only when it was meant."""

import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.lists import actions
from tests.office.core.lists.example import DONE
from tests.office.people import House, sign_in

pytestmark = pytest.mark.urls("tests.office.core.lists.example")
PERSONS = "/example/persons/"


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    DONE.clear()


def _ids(house: House, *keys: str) -> list[int]:
    return sorted(house.persons[key].pk for key in keys)


def _hidden(body: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body):
        found.setdefault(name, []).append(value)
    return found


def test_the_selected_rows(house: House) -> None:
    ids = _ids(house, "official", "below")
    answer = house.client("administrator").post(PERSONS, {"action": "greet", "selected": ids})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PERSONS}?")
    assert [ids] == DONE
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["Greet: done for 2 rows."]


@pytest.mark.parametrize("other", ["outsider", "above_administrator"])
def test_rows_of_others_are_left_out_whoever_sends_their_ids(house: House, other: str) -> None:
    given = [*_ids(house, "official", other), 0, -5, 2**63, 10**30, "x", "", "٣"]
    house.client("administrator").post(PERSONS, {"action": "greet", "selected": given})
    assert [_ids(house, "official")] == DONE
    house.client("administrator").post(PERSONS, {"action": "greet", "selected": _ids(house, other)})
    assert len(DONE) == 1


@pytest.mark.parametrize("who", ["official", "auditor", "security", "leader", "unplaced"])
def test_without_the_right_nothing_is_offered_or_done(house: House, who: str) -> None:
    client = house.client(who)
    assert "Greet" not in client.get(PERSONS).content.decode()
    answer = client.post(PERSONS, {"action": "greet", "selected": _ids(house, "official")})
    assert answer.status_code == 403
    assert not DONE


def test_there_must_be_a_token_against_forgery(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, house.persons["administrator"])
    assert client.post(PERSONS, {"action": "greet", "selected": _ids(house, "official")}).status_code == 403
    assert not DONE


@pytest.mark.parametrize("action", ["", "dismiss", "delete-view-x", "delete-view-99", "run"])
def test_there_must_be_such_an_action(house: House, action: str) -> None:
    assert house.client("administrator").post(PERSONS, {"action": action, "selected": "1"}).status_code == 404
    assert not DONE


def test_what_is_grave_is_asked_about_once_more(house: House) -> None:
    client = house.client("administrator")
    ids = _ids(house, "official", "below")
    asked = client.post(f"{PERSONS}?state=active", {"action": "suspend", "selected": ids})
    assert (asked.status_code, DONE) == (200, [])
    body = asked.content.decode()
    assert "Suspend: 2 rows" in body
    assert house.persons["official"].name in body
    sent = _hidden(body)
    answer = client.post(f"{PERSONS}?state=active", sent)
    assert answer.headers["Location"] == f"{PERSONS}?state=active"
    assert [ids] == DONE


def test_all_rows_of_the_filter_are_those_of_the_moment_it_is_confirmed(house: House) -> None:
    client = house.client("below_administrator")
    sent = _hidden(client.post(PERSONS, {"action": "greet", "all": "1"}).content.decode())
    assert sent["expected"] == ["2"]
    assert "selected" not in sent
    with scope.system():
        Person.objects.filter(pk=house.persons["beside"].pk).update(organ_path=house.organs["commune"].path)
    # One more than was confirmed: asked again.
    again = _hidden(client.post(PERSONS, sent).content.decode())
    assert (again["expected"], DONE) == (["3"], [])
    client.post(PERSONS, again)
    assert [_ids(house, "below", "below_administrator", "beside")] == DONE


def test_too_many_rows_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 1)
    answer = house.client("administrator").post(PERSONS, {"action": "greet", "all": "1"})
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [
        "At most 1,000 rows are changed at once: narrow the filter."
    ]
    assert not DONE
