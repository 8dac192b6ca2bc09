"""What is shown instead of a page."""

import pytest
from django.test import Client, RequestFactory
from django.utils.html import escape

from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.views.errors import refuse, server_error
from tests.office.people import House


@pytest.mark.django_db
def test_what_does_not_exist_says_so_to_a_stranger_and_to_an_official(house: House) -> None:
    for client in (Client(), house.client("official")):
        response = client.get("/nothing/here", headers={"accept-language": "en"})
        assert response.status_code == 404
        assert "There is no such page" in response.content.decode()


@pytest.mark.django_db
def test_an_error_shows_the_rooms_only_to_those_who_are_signed_in(house: House) -> None:
    assert "house-side" not in Client().get("/nothing").content.decode()
    assert "house-side" in house.client("official").get("/nothing").content.decode()


@pytest.mark.django_db
def test_a_forged_form_is_refused_with_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/theme", headers={"accept-language": "en"})
    assert response.status_code == 403
    assert "load the page again" in response.content.decode()


@pytest.mark.django_db
def test_what_was_tried_too_often_says_so_in_the_readers_language() -> None:
    browser = Client(headers={"accept-language": "de"})
    answers = [browser.post("/account/password/reset/", {"email": "nobody@test.invalid"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "Zu viele Versuche" in answers[-1].content.decode()


def test_what_broke_is_told_without_database_session_or_request() -> None:
    # No mark: a query would fail the test.
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"<h1>" in response.content
    assert b"<form" not in response.content


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Forbidden("unit.manage"), 403, False),
        (NotFound("Đơn vị mật"), 404, False),
        (Conflict("Phòng 1"), 409, True),
        (Invalid("<b>Phòng</b>"), 400, True),
    ],
)
def test_what_an_action_refuses_is_told_without_more_than_one_may_know(
    error: OfficeError, status: int, *, told: bool
) -> None:
    request = RequestFactory().get("/")
    response = refuse(request, error)
    page = response.content.decode()
    assert response.status_code == status
    assert (escape(error.where) in page) is told
    assert "<b>" not in page
