"""The pages of tokens."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Token, TokenKind
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from tests.office.api.programs import Program, Programs
from tests.office.people import House

SOON = (localdate() + timedelta(days=9)).isoformat()
NEW = {"name": "Kịch bản", "scopes": ["read:organs"], "expires_on": SOON}


def _secret(content: bytes) -> str:
    found = re.search(rb"lt_[A-Za-z0-9_-]{43}", content)
    assert found is not None, content.decode()[-3000:]
    return found[0].decode()


def test_a_first_token_is_shown_once_and_works(house: House) -> None:
    browser = house.client("official")
    answer = browser.post("/tokens/new/", NEW)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret = _secret(answer.content)
    assert Program(token=None, secret=secret).ask("/organs").status_code == 200
    listed = browser.get("/tokens/").content
    assert b"lt_" not in listed
    assert "Kịch bản".encode() in listed
    assert secret not in str(dict(browser.session))


@pytest.mark.parametrize("change", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"expires_on": "2999-01-01"}])
def test_what_does_not_fit_is_said_at_the_field(house: House, change: dict[str, object]) -> None:
    answer = house.client("official").post("/tokens/new/", NEW | change)
    assert answer.status_code == 200
    assert b"lt_" not in answer.content
    with scope.system():
        assert not Token.objects.exists()


def test_who_has_no_position_gets_none(house: House) -> None:
    assert house.client("unplaced").post("/tokens/new/", NEW).status_code == 403


def test_it_asks_for_the_password_again(house: House) -> None:
    house.with_password("official")
    browser = house.client("official")
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()
    answer = browser.get("/tokens/new/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert browser.post("/tokens/new/", NEW).status_code == 302
    with scope.system():
        assert not Token.objects.exists()


def test_administrators_make_them_for_systems(house: House) -> None:
    browser = house.client("administrator")
    new = NEW | {"name": "Hệ thống", "official": "Official@test.invalid"}
    secret = _secret(browser.post("/tokens/new-system/", new).content)
    assert Program(token=None, secret=secret).ask("/me").json()["name"] == "Hệ thống"
    with scope.system():
        token = Token.objects.get()
    assert (token.kind, token.person_id) == (TokenKind.SYSTEM, house.persons["official"].pk)
    assert browser.post(f"/tokens/{token.pk}/withdraw/").status_code == 302
    assert Program(token=None, secret=secret).ask("/me").status_code == 401


@pytest.mark.parametrize(
    "email", ["outsider@test.invalid", "dismissed@test.invalid", "unplaced@test.invalid", "no@test.invalid"]
)
def test_an_official_of_elsewhere_answers_for_nothing(house: House, email: str) -> None:
    answer = house.client("administrator").post("/tokens/new-system/", NEW | {"official": email})
    assert b"There is no such official" in answer.content
    with scope.system():
        assert not Token.objects.exists()


def test_a_system_is_not_given_what_belongs_to_a_person(house: House) -> None:
    new = NEW | {"official": "official@test.invalid", "scopes": [Scope.WRITE_TOKENS.value]}
    house.client("administrator").post("/tokens/new-system/", new)
    with scope.system():
        assert not Token.objects.exists()


@pytest.mark.parametrize("key", ["official", "leader", "auditor", "operator", "unplaced"])
def test_others_make_none_for_systems(house: House, key: str) -> None:
    assert house.client(key).get("/tokens/new-system/").status_code == 403
    assert house.client(key).post("/tokens/new-system/", NEW).status_code == 403


def test_somebody_elses_is_not_found(programs: Programs, house: House) -> None:
    token = programs.of("official").token
    assert token is not None
    for key in ("colleague", "administrator", "outsider"):
        browser = house.client(key)
        assert browser.post(f"/tokens/{token.pk}/withdraw/").status_code == 404
        assert b"Script" not in browser.get("/tokens/").content
    assert house.client("official").get(f"/tokens/{token.pk}/withdraw/").status_code == 405


def test_nobody_sees_the_pages_without_signing_in(house: House) -> None:
    for path in ("/tokens/", "/tokens/new/", "/tokens/new-system/"):
        assert Client().get(path).status_code == 302
