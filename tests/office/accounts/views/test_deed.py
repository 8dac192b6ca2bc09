"""Every deed, by everybody: who is asked, who is refused, what is done."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person, State
from lienthong.office.accounts.views.deeds import DEEDS
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import KINDS, House, clear, sign_in

TODAY = localdate()
DAY = timedelta(days=1)
OUT = {"anonymous", "dismissed", "suspended", "invited"}
# Who sees the official at all, and who may do what to them.
SEE = {"administrator", "security", "auditor", "leader", "above_administrator", "above_security",
       "official", "colleague", "cleared"}  # fmt: skip
ADMINISTRATORS = {"administrator", "above_administrator"}
SECURITY = {"security", "above_security"}
CLEARING = {"clear", "revoke-clearance", "name-unit"}


@pytest.fixture
def cleared_house(house: House) -> House:
    """The country with security officers who are cleared themselves."""
    with scope.system():
        for key in SECURITY:
            clear(house.persons[key], Level.SECRET, by=house.persons["above_security"])
    return house


def _sent(house: House, name: str, whom: str) -> dict[str, str]:
    """Return what a form of that name sends."""
    person = house.person(whom)
    fields: dict[str, dict[str, str]] = {
        "edit": {"name": "Người dùng 98", "email": person.email},
        "move": {"organ": "T.commune"},
        "hand-over": {
            "appointments": str(house.appointment(whom).pk),
            "successor": house.persons["colleague"].email,
            "on": (TODAY + DAY).isoformat(),
        },
        "clear": {"level": "2", "valid_to": (TODAY + DAY).isoformat(), "decision": "1-QĐ"},
        "name-unit": {"unit": str(house.hidden.pk), "valid_to": (TODAY + DAY).isoformat(), "reason": "x"},
    }
    return {"reason": "1-QĐ", "revision": str(person.revision)} | fields.get(name, {})


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_who_comes_to_which_deed(cleared_house: House, name: str) -> None:
    house, deed = cleared_house, DEEDS[name]
    # One of a state in which it is offered.
    whom = "official" if State.ACTIVE in deed.states else min(deed.states)
    url = f"/persons/{house.persons[whom].pk}/{name}/"
    allowed = SECURITY if name in CLEARING else ADMINISTRATORS
    before = house.person(whom)
    for kind in (kind for kind in KINDS if kind not in allowed):
        client = house.client(kind)
        answers = client.get(url), client.post(url, _sent(house, name, whom))
        if kind in OUT:
            assert all(answer["Location"].startswith("/account/login/") for answer in answers), kind
        else:
            expected = 403 if kind in SEE else 404
            assert [answer.status_code for answer in answers] == [expected, expected], kind
    after = house.person(whom)
    assert (after.state, after.revision, after.organ_path) == (before.state, before.revision, before.organ_path)
    with scope.system():
        assert not AuditEntry.objects.exists()
    for kind in allowed:
        assert house.client(kind).get(url).status_code == 200, kind


@pytest.mark.parametrize(
    ("name", "whom", "by", "recorded"),
    [
        ("edit", "official", "administrator", Kind.EDIT),
        ("move", "official", "administrator", Kind.MOVE),
        ("hand-over", "official", "administrator", Kind.END_APPOINTMENT),
        ("invite-again", "invited", "administrator", Kind.INVITE_AGAIN),
        ("sign-out", "official", "administrator", Kind.SIGN_OUT),
        ("suspend", "official", "administrator", Kind.SUSPEND),
        ("reactivate", "suspended", "administrator", Kind.REACTIVATE),
        ("dismiss", "official", "administrator", Kind.DISMISS),
        ("clear", "official", "security", Kind.GRANT_CLEARANCE),
        ("revoke-clearance", "cleared", "security", Kind.REVOKE_CLEARANCE),
        ("name-unit", "cleared", "security", Kind.NAME_UNIT),
    ],
)
def test_it_is_done_and_recorded(cleared_house: House, name: str, whom: str, by: str, recorded: Kind) -> None:
    url = f"/persons/{cleared_house.persons[whom].pk}/{name}/"
    answer = cleared_house.client(by).post(url, _sent(cleared_house, name, whom))
    assert (answer.status_code, answer["Location"]) == (302, f"/persons/{cleared_house.persons[whom].pk}/")
    with scope.system():
        entry = AuditEntry.objects.get(kind=recorded)
    assert (entry.object_id, entry.person_id) == (cleared_house.persons[whom].pk, cleared_house.persons[by].pk)


def test_what_follows_is_said_before(house: House) -> None:
    url = f"/persons/{house.persons['leader'].pk}/dismiss/"
    page = house.client("administrator").get(url, headers={"accept-language": "en"}).content.decode()
    assert f"{house.positions['leader'].title}, Tỉnh 1 becomes vacant." in page
    assert house.person("leader").state == State.ACTIVE


@pytest.mark.parametrize("name", sorted(name for name, deed in DEEDS.items() if deed.sensitive))
def test_what_is_sensitive_asks_for_the_password_again(cleared_house: House, name: str) -> None:
    house, by = cleared_house, "security" if name in CLEARING else "administrator"
    house.with_password(by)
    client = house.client(by)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    answer = client.post(f"/persons/{house.persons['official'].pk}/{name}/", _sent(house, name, "official"))
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert house.person("official").revision == house.persons["official"].revision


def test_a_form_that_is_wrong_says_where(house: House) -> None:
    client = house.client("administrator")
    number = house.persons["official"].pk
    answer = client.post(f"/persons/{number}/edit/", {"name": "", "email": "x", "revision": "1"})
    assert set(answer.context["form"].errors) == {"name", "email"}
    answer = client.post(
        f"/persons/{number}/edit/",
        {"name": "x", "email": house.persons["colleague"].email, "revision": str(house.person("official").revision)},
    )
    assert "__all__" in answer.context["form"].errors
    assert client.post(f"/persons/{number}/move/", {"organ": "xã", "revision": "1"}).context["form"].errors["organ"]
    with scope.system():
        assert Person.objects.filter(name="x").count() == 0


def test_without_the_forms_own_token_nothing_is_done(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, house.persons["administrator"])
    url = f"/persons/{house.persons['official'].pk}/suspend/"
    assert client.post(url, _sent(house, "suspend", "official")).status_code == 403
    assert house.person("official").state == State.ACTIVE
