"""Language and appearance."""

import pytest
from django.test import Client

from tests.office.people import House

pytestmark = pytest.mark.django_db


def test_the_language_is_that_of_the_cookie() -> None:
    client = Client(headers={"accept-language": "en"})
    assert 'lang="en"' in client.get("/account/login/").content.decode()
    client.post("/language", {"language": "de", "next": "/account/login/"})
    assert '<html lang="de"' in client.get("/account/login/").content.decode()


def test_the_language_is_kept_with_the_account(house: House) -> None:
    house.client("official").post("/language", {"language": "de"})
    assert house.person("official").language == "de"


@pytest.mark.parametrize(("path", "field"), [("/language", "language"), ("/theme", "theme")])
def test_what_does_not_exist_cannot_be_chosen(path: str, field: str) -> None:
    response = Client().post(path, {field: "xx"})
    assert response.status_code == 400
    assert not response.cookies


@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_choosing_takes_a_post_from_our_own_page(path: str) -> None:
    assert Client().get(path).status_code == 405
    assert Client(enforce_csrf_checks=True).post(path, {"language": "en", "theme": "dark"}).status_code == 403


@pytest.mark.parametrize("away", ["https://elsewhere.invalid/", "//elsewhere.invalid", "javascript:alert(1)", ""])
def test_nobody_is_led_to_another_site(away: str) -> None:
    response = Client().post("/theme", {"theme": "dark", "next": away})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_the_server_writes_the_appearance_into_the_page() -> None:
    client = Client()
    assert 'data-bs-theme="auto"' in client.get("/account/login/").content.decode()
    client.post("/theme", {"theme": "dark", "next": "/account/login/"})
    assert 'data-bs-theme="dark"' in client.get("/account/login/").content.decode()


def test_a_forged_cookie_changes_nothing() -> None:
    client = Client()
    client.cookies["theme"] = '"><script>'
    page = client.get("/account/login/").content.decode()
    assert 'data-bs-theme="auto"' in page
