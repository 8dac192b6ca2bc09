"""Django's admin, for operators."""

import pytest
from procrastinate.contrib.django import app

from lienthong.office.core import scope
from tests.office.people import House

LISTS = ("procrastinatejob", "procrastinateworker", "procrastinateperiodicdefer")


def test_operators_see_the_background_work(house: House) -> None:
    client = house.client("operator")
    page = client.get("/admin/").text
    for name in LISTS:
        assert f"/admin/procrastinate/{name}/" in page
        assert client.get(f"/admin/procrastinate/{name}/").status_code == 200


@pytest.mark.parametrize("key", ["official", "administrator", "security", "auditor", "above_administrator"])
def test_nobody_else_does(house: House, key: str) -> None:
    client = house.client(key)
    for path in ("/admin/", *(f"/admin/procrastinate/{name}/" for name in LISTS)):
        assert client.get(path).status_code == 403
    assert 'href="/admin/"' not in client.get("/").text


def test_strangers_sign_in_first(house: House) -> None:
    answer = house.client("anonymous").get("/admin/procrastinate/procrastinatejob/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account/login/?next=/admin/procrastinate/procrastinatejob/"


def test_what_a_job_was_given_is_not_shown(house: House) -> None:
    with scope.system():
        app.configure_task("lienthong.office.accounts.tasks.send_reset", allow_unknown=True).defer(
            email="somebody@test.invalid"
        )
    page = house.client("operator").get("/admin/procrastinate/procrastinatejob/").text
    assert "send_reset" in page
    assert "somebody@test.invalid" not in page


def test_nothing_can_be_changed(house: House) -> None:
    client = house.client("operator")
    page = client.get("/admin/procrastinate/procrastinatejob/").text
    assert "/add/" not in page
    assert "/change/" not in page
    assert client.post(
        "/admin/procrastinate/procrastinatejob/", {"action": "delete_selected", "_selected_action": "1"}
    ).status_code in {
        200,
        302,
        403,
    }
    for path in ("add/", "1/change/", "1/delete/", "1/history/"):
        assert client.get(f"/admin/procrastinate/procrastinatejob/{path}").status_code == 404


def test_signing_out_and_passwords_are_the_offices_own(house: House) -> None:
    client = house.client("operator")
    assert client.get("/admin/logout/").headers["Location"] == "/account/logout/"
    assert client.get("/admin/password/").headers["Location"] == "/account/password/change/"
    assert client.get("/admin/login/").status_code == 404
    assert client.get("/admin/procrastinate/").status_code == 200
