"""Switching the position one acts in."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import House, appoint, make_position

PAGE = "/account/acting/"
TODAY = localdate()
DAY = timedelta(days=1)


def _substitute(house: House, absent: str, substitute: str, days: int = 5) -> Substitution:
    with scope.system():
        return Substitution.objects.create(
            appointment=house.appointment(absent),
            substitute=house.persons[substitute],
            valid_from=TODAY - 5 * DAY,
            valid_to=TODAY + days * DAY,
        )


def test_another_position_of_ones_own(house: House) -> None:
    with scope.system():
        other = appoint(
            house.persons["official"], make_position(house.departments["commune"], "Chức vụ khác"), main=False
        )
    client = house.client("official")
    page = client.get(PAGE).content.decode()
    assert "Chức vụ khác" in page
    answer = client.post(PAGE, {"as": f"a{other.pk}", "next": "/units/"})
    assert (answer.status_code, answer["Location"]) == (302, "/units/")
    assert "Chức vụ khác" in client.get("/").content.decode()
    with scope.system():
        entry = AuditEntry.objects.get(kind=Kind.ACT_AS)
    assert entry.person_id == house.persons["official"].pk
    assert entry.old == {"as": f"a{house.appointment('official').pk}"}
    assert entry.new is not None
    assert entry.new["as"] == f"a{other.pk}"


def test_a_substitute_acts_visibly_on_behalf_of_the_absent(house: House) -> None:
    substitution = _substitute(house, "leader", "official")
    client = house.client("official")
    client.cookies["language"] = "en"
    client.post(PAGE, {"as": f"s{substitution.pk}"})
    page = client.get("/").content.decode()
    assert f"for {house.persons['leader'].name}" in page
    assert house.positions["leader"].title in page
    with scope.system():
        Substitution.objects.filter(pk=substitution.pk).update(ended_at=now())
    # Ended: the next page is one's own position again.
    assert f"for {house.persons['leader'].name}" not in client.get("/").content.decode()


def test_acting_for_somebody_with_powers_needs_the_second_factor(house: House) -> None:
    substitution = _substitute(house, "security", "official")
    client = house.client("official", second_factor=False)
    assert client.post(PAGE, {"as": f"s{substitution.pk}"}).status_code == 302
    assert client.get("/")["Location"] == "/account/protect/"


@pytest.mark.parametrize("what", ["other", "over", "nonsense", "", "a0", "s1 OR 1=1"])
def test_what_is_not_theirs_is_refused(house: House, what: str) -> None:
    over = _substitute(house, "leader", "official", days=-1)
    key = {"other": f"a{house.appointment('administrator').pk}", "over": f"s{over.pk}"}.get(what, what)
    client = house.client("official")
    assert client.post(PAGE, {"as": key}).status_code == 403
    assert house.positions["official"].title in client.get("/").content.decode()
    with scope.system():
        assert not AuditEntry.objects.filter(kind=Kind.ACT_AS).exists()


@pytest.mark.parametrize("wanted", ["https://evil.invalid/", "//evil.invalid", "javascript:alert(1)", ""])
def test_it_leads_nowhere_else(house: House, wanted: str) -> None:
    key = f"a{house.appointment('official').pk}"
    assert house.client("official").post(PAGE, {"as": key, "next": wanted})["Location"] == "/"


def test_somebody_without_a_position_is_told_so(house: House) -> None:
    page = house.client("unplaced").get(PAGE, headers={"accept-language": "en"}).content.decode()
    assert "You have no position yet." in page


@pytest.mark.parametrize("key", ["anonymous", "dismissed", "suspended"])
def test_nobody_else_comes_in(house: House, key: str) -> None:
    client = house.client(key)
    assert client.get(PAGE)["Location"].startswith("/account/login/")
    assert client.post(PAGE, {"as": "a1"})["Location"].startswith("/account/login/")
