"""Every address × every kind of person × GET and POST → the status that tests/office/matrix.txt expects.

An address without a line fails the test: whoever adds one says who may come there. LIENTHONG_WRITE_MATRIX=1 writes
the file anew; read every line that changed.
"""

import copy
import os
import re
from pathlib import Path
from typing import Final

import pytest
from django.db import transaction
from django.test import Client

from lienthong.office.core import scope
from tests.office.addresses import Place, place_of, routes
from tests.office.people import House, sign_in
from tests.office.people import appoint as _appoint

FILE: Final = Path(__file__).parent / "matrix.txt"
WRITE: Final = "LIENTHONG_WRITE_MATRIX"
KINDS: Final = (
    "anonymous",
    "dismissed",
    # Another organ, another level, no clearance: of the object's organ, but not its administrator.
    "outsider",
    "below",
    "official",
    "cleared",
    "administrator",
    "security",
    "auditor",
    "operator",
)
# Whoever is not signed in gets these, and a page that says how to go on; everything else leads to the sign-in page.
_OPEN: Final = re.compile(
    r"account/(login|password/reset|2fa/webauthn/login|2fa/authenticate|invitation|inactive|logout|3rdparty|social|oidc"
    r"|signup|email|confirm-email|\^confirm-email|\^password/reset|2fa/webauthn/signup|protect)|language|theme|api/"
)
_FORM: Final = "application/x-www-form-urlencoded"
_NUMBERS: Final = ("0", "999999999", "9223372036854775808", "-1")


@pytest.fixture
def place(house: House) -> Place:
    return place_of(house)


@pytest.fixture
def browsers(house: House) -> dict[str, Client]:
    found = {kind: Client(raise_request_exception=False) for kind in KINDS}
    with scope.system():
        # An operator acts in a position, too, or would see nothing of the office.
        _appoint(house.persons["operator"], house.positions["outsider"])
    for kind, browser in found.items():
        if kind != "anonymous":
            sign_in(browser, house.persons[kind])
    return found


def _status(browser: Client, method: str, path: str) -> int:
    # Whatever a page does is taken back, so that each meets the same office.
    cookies = copy.deepcopy(browser.cookies)
    with transaction.atomic():
        answer = browser.generic(method, path, content_type=_FORM)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return answer.status_code


def _measured(place: Place, browsers: dict[str, Client]) -> list[str]:
    lines = []
    for route in routes():
        path = place.fill(route)
        for method in ("GET", "POST"):
            row = " ".join(str(_status(browsers[kind], method, path)) for kind in KINDS)
            lines.append(f"{method:4} {row}  {route}")
    return lines


def test_everybody_meets_what_is_expected(place: Place, browsers: dict[str, Client]) -> None:
    found = _measured(place, browsers)
    head = [
        "# method, the status for each of",
        f"#   {' '.join(KINDS)},",
        "# address; written by tests/office/test_urls_matrix.py",
    ]
    if os.environ.get(WRITE):
        FILE.write_text("\n".join([*head, *found]) + "\n", encoding="utf-8")
    expected = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in found if line not in expected] == []
    assert [line for line in expected if line not in found] == []


def test_no_line_lets_in_whom_it_must_not() -> None:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        method, *rest = line.split()
        statuses, route = dict(zip(KINDS, map(int, rest), strict=False)), " ".join(rest[len(KINDS) :])
        assert not [kind for kind, status in statuses.items() if status >= 500], line
        # Somebody dismissed is nobody.
        assert statuses["dismissed"] == statuses["anonymous"], line
        if not _OPEN.match(route):
            assert statuses["anonymous"] in {302, 403, 404, 405}, line
        if method == "POST" and route.startswith("persons/<int:person_id>/"):
            assert {statuses[kind] for kind in ("outsider", "below")} <= {403, 404, 405}, line


@pytest.mark.parametrize("number", _NUMBERS)
def test_made_up_numbers_are_not_found(place: Place, browsers: dict[str, Client], number: str) -> None:
    for route in routes():
        if "<" not in route or "(?P" in route or "<token>" in route or "<key>" in route:
            continue
        path = place.fill(route, number)
        for method in ("GET", "POST"):
            for kind in ("administrator", "outsider"):
                status = _status(browsers[kind], method, path)
                assert status in {401, 403, 404, 405, 422}, (method, kind, path, status)


def test_nothing_is_done_without_the_forms_token(place: Place, house: House) -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    sign_in(browser, house.persons["administrator"])
    for route in routes():
        if route.startswith("api/"):
            continue
        status = _status(browser, "POST", place.fill(route))
        assert status in {403, 404, 405}, (route, status)


@pytest.mark.parametrize(
    "place_", ["https://evil.invalid/", "//evil.invalid", "/\\evil.invalid", "javascript:alert(1)"]
)
def test_no_page_leads_out_of_the_site(house: House, place: Place, place_: str) -> None:
    for kind in ("anonymous", "administrator"):
        browser = Client(raise_request_exception=False)
        if kind != "anonymous":
            sign_in(browser, house.persons[kind])
        for route in routes():
            if route.startswith("api/"):
                continue
            for method in ("GET", "POST"):
                cookies = copy.deepcopy(browser.cookies)
                with transaction.atomic():
                    path = place.fill(route)
                    if method == "GET":
                        answer = browser.get(path, {"next": place_, "url": place_}, headers={"Referer": place_})
                    else:
                        answer = browser.post(path, {"next": place_, "url": place_}, headers={"Referer": place_})
                    transaction.set_rollback(True)
                browser.cookies = cookies
                where = answer.headers.get("Location", "")
                assert where == "" or (where.startswith("/") and not where.startswith(("//", "/\\"))), (route, where)
