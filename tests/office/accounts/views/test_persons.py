"""The list of persons, one person, inviting: who sees what, and what attackers try."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Person, State
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import KINDS, House, appoint, make_person, make_position

SIGN_IN = "/account/login/"
OUT = {"anonymous", "dismissed", "suspended", "invited"}
# Whom of the province and below each kind sees.
WIDE = {"administrator", "security", "auditor", "leader", "above_administrator", "above_security"}
OWN = {"official", "colleague", "cleared"}
INVITE = {"name": "Người dùng 99", "email": "new@test.invalid", "language": "vi"}


@pytest.mark.parametrize("kind", KINDS)
def test_who_sees_whom(house: House, kind: str) -> None:
    client = house.client(kind)
    for whom, viewers in (("official", WIDE | OWN), ("below", WIDE | {"below", "below_administrator"})):
        answer = client.get(f"/persons/{house.persons[whom].pk}/")
        if kind in OUT:
            assert answer["Location"].startswith(SIGN_IN)
        else:
            assert answer.status_code == (200 if kind in viewers else 404)
    listed = client.get("/persons/")
    if kind in OUT:
        assert listed["Location"].startswith(SIGN_IN)
    else:
        page = listed.content.decode()
        assert listed.status_code == 200
        assert (house.persons["official"].email in page) is (kind in WIDE | OWN)
        assert ("/persons/invite/" in page) is kind.endswith("administrator")


def test_a_list_of_many_costs_as_few_queries_as_one_of_few(house: House) -> None:
    client = house.client("above_administrator")
    client.get("/persons/")
    with CaptureQueriesContext(connection) as few:
        client.get("/persons/")
    with scope.system():
        position = make_position(house.departments["commune"], "Chức vụ chung")
        for number in range(100, 140):
            appoint(make_person(number, f"more{number}", house.organs["commune"]), position)
    with CaptureQueriesContext(connection) as many:
        client.get("/persons/")
    # One more counts what does not stand on the first page.
    assert len(few) <= len(many) <= len(few) + 1 <= 8


@pytest.mark.parametrize(("kind", "most"), [("official", 9), ("administrator", 20), ("security", 20)])
def test_a_person_costs_few_queries(house: House, kind: str, most: int) -> None:
    client, url = house.client(kind), f"/persons/{house.persons['colleague'].pk}/"
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    assert len(queries) <= most


@pytest.mark.parametrize(
    ("text", "found"),
    [("người dùng 1", True), ("dùng", True), ("official@", True), ("OFFICIAL", True), ("fficial", False)],
)
def test_the_filter_finds_by_the_beginning_of_words_and_addresses(house: House, text: str, *, found: bool) -> None:
    page = house.client("administrator").get("/persons/", {"q": text}).content.decode()
    assert (house.persons["official"].email in page) is found


def test_somebody_beyond_is_not_found_by_searching(house: House) -> None:
    page = house.client("administrator").get("/persons/", {"q": "outsider"}).content.decode()
    assert house.persons["outsider"].name not in page


@pytest.mark.parametrize("kind", ["official", "leader", "administrator", "security", "auditor", "above_administrator"])
def test_clearances_and_sessions_are_shown_only_to_those_who_may(house: House, kind: str) -> None:
    answer = house.client(kind).get(f"/persons/{house.persons['cleared'].pk}/")
    page = answer.content.decode()
    assert ("1-QĐ" in page) is (kind in {"security", "auditor"})
    assert ("entries" in answer.context) is (kind in {"administrator", "above_administrator", "auditor"})
    assert ("sessions" in answer.context) is (kind in {"administrator", "above_administrator"})


def test_the_panel_says_what_the_actions_check(house: House) -> None:
    for kind in ("official", "administrator", "security", "leader"):
        client = house.client(kind)
        answer = client.get(f"/persons/{house.persons['colleague'].pk}/")
        for ability in answer.context["abilities"]:
            opened = client.get(ability["url"])
            assert (opened.status_code == 200) is ability["may"], (kind, ability)


@pytest.mark.parametrize("kind", KINDS)
def test_who_invites(house: House, kind: str) -> None:
    client = house.client(kind)
    answers = client.get("/persons/invite/"), client.post("/persons/invite/", INVITE)
    if kind in OUT:
        assert all(answer["Location"].startswith(SIGN_IN) for answer in answers)
    elif kind.endswith("administrator"):
        assert [answer.status_code for answer in answers] == [200, 302]
    else:
        assert [answer.status_code for answer in answers] == [403, 403]
    with scope.system():
        assert Person.objects.filter(email="new@test.invalid").exists() is kind.endswith("administrator")


def test_an_invitation_into_another_organ_and_a_position_of_it(house: House) -> None:
    client = house.client("administrator")
    page = client.get("/persons/invite/", {"organ": "xã 1"})
    assert house.positions["below"].title in page.content.decode()
    position = house.positions["below"].pk
    # A position of another organ than the chosen one is not on offer.
    assert client.post("/persons/invite/", INVITE | {"position": position}).status_code == 200
    assert client.post("/persons/invite/?organ=T.commune", INVITE | {"position": position}).status_code == 302
    with scope.system():
        person = Person.objects.get(email="new@test.invalid")
        assert Appointment.objects.get(person=person).position_id == position
    assert person.organ_id == house.organs["commune"].pk


@pytest.mark.parametrize("organ", ["tỉnh 2", "T.elsewhere", "T.centre", "xã", "%", "' OR 1=1"])
def test_an_organ_that_is_not_theirs_or_not_one_is_said_so(house: House, organ: str) -> None:
    answer = house.client("administrator").get("/persons/invite/", {"organ": organ})
    assert 'id="organ-trouble"' in answer.content.decode()
    assert house.organs["elsewhere"].name not in answer.content.decode().replace(organ, "")


def test_what_is_not_in_the_form_is_not_taken(house: House) -> None:
    more = {"is_staff": "1", "state": "active", "roles": "security", "organ": house.organs["elsewhere"].pk,
            "organ_path": "", "password": "x", "clearance": "4", "revision": "99"}  # fmt: skip
    house.client("administrator").post("/persons/invite/", INVITE | {name: str(value) for name, value in more.items()})
    with scope.system():
        person = Person.objects.get(email="new@test.invalid")
    assert (person.is_staff, person.state, person.organ_id) == (False, State.INVITED, house.organs["province"].pk)
    assert (person.has_usable_password(), person.revision) == (False, 1)
    url = f"/persons/{house.persons['official'].pk}/edit/"
    official = house.person("official")
    house.client("administrator").post(
        url,
        {"name": "Người dùng 98", "email": official.email, "revision": str(official.revision)}
        | {name: str(value) for name, value in more.items() if name != "revision"},
    )
    after = house.person("official")
    assert (after.name, after.is_staff, after.organ_path) == ("Người dùng 98", False, official.organ_path)


SCRIPT = '"><script>alert(1)</script>'


def test_what_somebody_enters_is_never_markup(house: House) -> None:
    with scope.system():
        Person.objects.filter(pk=house.persons["official"].pk).update(name=SCRIPT, phone=SCRIPT)
        house.positions["official"].title = SCRIPT
        house.positions["official"].save()
        house.organs["province"].name = SCRIPT
        house.organs["province"].save()
        actor = house.actor("administrator")
    client = house.client("administrator")
    number, appointment = house.persons["official"].pk, house.appointment("official").pk
    pages = ["/persons/", "/persons/invite/", f"/persons/{number}/", f"/persons/{number}/edit/"]
    pages += [f"/persons/{number}/{name}/" for name in ("dismiss", "suspend", "appoint", "hand-over", "move")]
    pages += [f"/persons/{number}/appointments/{appointment}/{name}/" for name in ("end", "substitute")]
    for page in (*pages, "/account/", "/account/acting/"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert SCRIPT not in answer.content.decode(), page
        assert "<script>alert" not in answer.content.decode(), page
    assert actor.organ == SCRIPT
    posted = client.post("/persons/invite/", {"name": SCRIPT, "email": "x", "language": SCRIPT})
    assert "<script>alert" not in posted.content.decode()


def _revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_of_two_administrators_the_second_sees_the_newer_state(house: House) -> None:
    url = f"/persons/{house.persons['official'].pk}/edit/"
    first, second = house.client("administrator"), house.client("above_administrator")
    revisions = [_revision(client.get(url).content.decode()) for client in (first, second)]
    email = house.persons["official"].email
    assert first.post(url, {"name": "Một", "email": email, "revision": revisions[0]}).status_code == 302
    answer = second.post(url, {"name": "Hai", "email": email, "revision": revisions[1]})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert 'value="Một"' in page
    assert _revision(page) == str(int(revisions[1]) + 1)
    assert house.person("official").name == "Một"


def test_the_history_tells_who_did_what(house: House) -> None:
    client = house.client("administrator")
    number = house.persons["official"].pk
    revision = str(house.person("official").revision)
    client.post(f"/persons/{number}/suspend/", {"reason": "12-QĐ", "revision": revision, "confirmed": "1"})
    page = client.get(f"/persons/{number}/", headers={"accept-language": "en"}).content.decode()
    assert "suspended the account" in page
    assert "12-QĐ" in page
    with scope.system():
        assert AuditEntry.objects.get(kind=Kind.SUSPEND).address == "127.0.0.1"


def test_several_are_suspended_at_once_but_only_those_who_may_be(house: House) -> None:
    client = house.client("administrator")
    keys = ["official", "colleague", "security", "administrator", "below", "outsider"]
    ids = [str(house.persons[key].pk) for key in keys]
    asked = client.post("/persons/", {"action": "suspend", "selected": ids})
    assert asked.status_code == 200
    expected = asked.context["form"]
    found = re.search(r'name="expected" value="(\d+)"', str(expected))
    assert found is not None
    assert client.post("/persons/", {"action": "suspend", "selected": ids, "expected": found[1]}).status_code == 302
    after = {key: house.person(key).state for key in keys}
    assert [key for key, state in after.items() if state == State.SUSPENDED] == ["official", "colleague", "below"]


def test_guessing_numbers_tells_nothing(house: House) -> None:
    client = house.client("administrator")
    hidden, missing = house.persons["outsider"].pk, 999_999
    for path in ("", "edit/", "dismiss/", "appoint/", "clear/"):
        answers = [client.get(f"/persons/{number}/{path}") for number in (hidden, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        said = [[str(answer.context[name]) for name in ("title", "text", "hint")] for answer in answers]
        assert said[0] == said[1]
