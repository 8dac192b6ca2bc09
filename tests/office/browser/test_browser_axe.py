"""Every address that shows a page against WCAG 2.2 AA, in light and dark, and what is shown when something is wrong.

The addresses are those of the URL configuration, with something real in the place of each part that changes
(tests/office/browser/country.py). One that shows nobody a page fails the test unless ``WITHOUT_PAGE`` has it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import APIRequestContext, Browser, Page

from tests.office.browser.conftest import Office
from tests.office.browser.country import STALE
from tests.support.browser import axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE: Final = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")
ANONYMOUS: Final = "anonymous"
# Between the password and the second step.
ENTERING: Final = "entering"
# Whoever comes first among these and is shown a page looks at it. The leader has second steps set up, and whoever is
# cleared has no password.
READERS: Final = (
    ANONYMOUS, "administrator", "security", "auditor", "operator", "leader", "cleared", STALE, ENTERING, "official",
    "reviewer", "signer", "clerk", "doer", "steward",
)  # fmt: skip
# Programs' addresses, and Django's own pages for operators.
ELSEWHERE: Final = ("api/", "admin/")
_POSTED: Final = (
    "language", "theme", "documents/<int:number>/comment/", "notifications/read",
    "notifications/mail", "notifications/<int:note>/",
    "persons/<int:person_id>/appointments/<int:appointment_id>/main/",
    "persons/<int:person_id>/units/<int:unit_id>/withdraw/",
    "persons/<int:person_id>/sessions/<int:session_id>/end/",
    "persons/substitutions/<int:substitution_id>/end/", "tokens/<int:number>/withdraw/",
    "records/<int:number>/items/<int:item>/remove/", "documents/<int:number>/relations/<int:relation_id>/remove/",
    "members/decisions/<int:number>/confirm/", "members/decisions/<int:number>/refuse/",
    "members/decisions/<int:number>/undo/",
)  # fmt: skip
# Accounts are not made, and not joined with others, by whoever has them; no provider is set up here.
_CLOSED: Final = (
    "account/signup/", "account/email/", "account/confirm-email/", "account/confirm-email/<key>/",
    r"account/^confirm-email/(?P<key>[-:\w]+)/$", "account/3rdparty/", "account/3rdparty/signup/",
    "account/oidc/<provider_id>/login/", "account/login/code/confirm/", "account/oidc/^(?P<provider_id>[^/]+)/login/",
    "account/oidc/^(?P<provider_id>[^/]+)/login/callback/",
)  # fmt: skip
_LEADING_ON: Final = (
    "account/invitation/<token>/", "account/social/login/cancelled/", "account/social/login/error/",
    "account/social/signup/", "account/social/connections/",
    # To the second factor.
    "documents/top-secret/",
    # To what it is about.
    "members/decisions/<int:number>/", "members/failing/<int:number>/", "members/changes/<int:number>/",
    # To the page that asks for a purpose.
    "members/people/<int:number>/change/",
)  # fmt: skip
_PARTS_AND_FILES: Final = (
    "units/branches/<int:number>/", "units/pick/", "search/suggestions", "notifications/list",
    "documents/<int:number>/files/<int:file_id>/preview/",
    "documents/<int:number>/files/<int:file_id>/", "records/disposals/<int:number>/certificate/",
    "documents/<int:number>/sent/<int:dispatch_id>/packet/", "documents/<int:number>/answers/<int:answer_id>/",
    "account/2fa/webauthn/login/", "account/2fa/recovery-codes/download/", "persons/import/template/",
    "members/decisions/export/", "members/failing/sheet/",
)  # fmt: skip
# Of a work file that is closed, submitted or to be handed over: the same page with a form as those of an open one.
_STANDING_ELSEWHERE: Final = tuple(
    f"records/<int:number>/{deed}/" for deed in ("take-over", "decline", "reopen", "submit", "accept", "return")
)
# Of what the gateway holds of a message: here nothing was sent or came.
_OF_GATEWAYS: Final = (
    "documents/<int:number>/proof/", "documents/<int:number>/proof/<int:index>/",
    "documents/<int:number>/deliveries/<int:delivery_id>/",
    "documents/<int:number>/deliveries/<int:delivery_id>/<int:index>/",
)  # fmt: skip
WITHOUT_PAGE: Final = frozenset(
    {*_OF_GATEWAYS, *_POSTED, *_CLOSED, *_LEADING_ON, *_PARTS_AND_FILES, *_STANDING_ELSEWHERE}
)
_FORM: Final = "main form[method=post]:has([required])"
# Nothing is filled in, and the browser is not let say so before it is sent.
_SEND_EMPTY: Final = """form => {
  const kept = ["hidden", "submit", "button"];
  for (const field of form.elements) if ("value" in field && !kept.includes(field.type)) field.value = "";
  form.submit();
}"""


@pytest.fixture(scope="module")
def pages(browser: Browser, office: Office) -> dict[str, Page]:
    """An open page for each reader."""
    found = {}
    for key in READERS:
        context = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(15_000)
        found[key] = context.new_page()
        if key in office.sessions:
            office.enter(found[key], key)
    office.add_passkey(found["leader"])
    office.sign_in(found[ENTERING], "leader")
    return found


@pytest.fixture(scope="module")
def shown(office: Office, pages: dict[str, Page]) -> dict[str, tuple[Page, str]]:
    """Who looks at which address, by its route."""
    key = pages["leader"]
    key.goto(f"{office.url}/account/2fa/webauthn/")
    real = dict(office.addresses)
    for end in ("edit", "remove"):
        link = key.get_attribute(f"main a[href$='/{end}/']", "href")
        real[f"account/2fa/webauthn/keys/<int:pk>/{end}/"] = str(link)
    found = {}
    for route, path in real.items():
        if route.startswith(ELSEWHERE):
            continue
        for page in pages.values():
            if _is_page(page.context.request, office.url + path, route):
                found[route] = (page, office.url + path)
                break
    return found


def _is_page(asking: APIRequestContext, address: str, route: str) -> bool:
    """Tell whether a page is shown at an address: not one that it only leads to, unless that is of the same route."""
    answer = asking.get(address)
    # Of a sign-in elsewhere that failed one is told with 401.
    return (
        answer.status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}
        and b"<html" in answer.body()
        # Django leaves out the start mark of what is an expression.
        and resolve(urlsplit(answer.url).path).route == route.replace("^", "")
    )


def _faults(page: Page, project: Path) -> Iterator[str]:
    # Menus are looked at open.
    page.evaluate("for (const menu of document.querySelectorAll('details')) menu.open = true")
    for theme, violation in axe(page, project / AXE):
        where = [node["target"] for node in violation["nodes"][:3]]
        yield f"{page.url} ({theme}): {violation['id']}: {violation['help']} {where}"


def test_every_address_shows_a_page_or_is_known_not_to(office: Office, shown: dict[str, tuple[Page, str]]) -> None:
    routes = {route for route in office.addresses if not route.startswith(ELSEWHERE)}
    assert routes - shown.keys() == WITHOUT_PAGE


def test_every_page(shown: dict[str, tuple[Page, str]], project: Path) -> None:
    faults = list[str]()
    for page, address in shown.values():
        page.goto(address)
        faults += _faults(page, project)
    assert not faults, "\n".join(faults)


def test_pages_of_somebody_without_rights(office: Office, page: Page, project: Path) -> None:
    office.enter(page, "official")
    faults = list(_faults(page, project))
    for route in ("persons/<int:person_id>/", "units/<int:number>/", "units/", "units/list/", "persons/", "trail/"):
        page.goto(office.url + office.addresses[route])
        faults += _faults(page, project)
    assert not faults, "\n".join(faults)


def test_what_was_found_narrowed_and_a_packet_that_was_made(
    office: Office, pages: dict[str, Page], project: Path
) -> None:
    page = pages["clerk"]
    page.goto(f"{office.url}/search?q=công&in=documents")
    page.locator("main nav a").first.click()
    page.wait_for_load_state()
    assert page.locator("main nav [aria-current=true]").count() == 1
    faults = list(_faults(page, project))
    page.goto(office.url + office.addresses["documents/<int:number>/packet/"])
    page.check("main [name=organs]")
    page.click("main form button[type=submit]")
    page.wait_for_selector("main a[download]")
    faults += _faults(page, project)
    page.click("main a[href*='/sent/']:not([download])")
    page.wait_for_selector("main .tabs")
    faults += _faults(page, project)
    assert not faults, "\n".join(faults)


def test_forms_with_errors(shown: dict[str, tuple[Page, str]], project: Path) -> None:
    faults, sent = list[str](), list[str]()
    for route, (page, address) in shown.items():
        page.goto(address)
        form = page.locator(_FORM)
        if route == "styleguide/" or not form.count():
            # The form there is only looked at.
            continue
        with page.expect_navigation():
            form.first.evaluate(_SEND_EMPTY)
        if page.locator("main [aria-invalid=true]").count():
            sent.append(route)
            faults += _faults(page, project)
    assert not faults, "\n".join(faults)
    # Others have nothing that must be filled in. Fewer would mean that the forms were not sent.
    assert len(sent) > 20, sent


def test_pages_instead_of_what_was_asked_for(office: Office, pages: dict[str, Page], project: Path) -> None:
    faults = list[str]()
    asked = (
        (ANONYMOUS, "/nothing", HTTPStatus.NOT_FOUND),
        (ANONYMOUS, "/account/invitation/no-such/", HTTPStatus.NOT_FOUND),
        ("administrator", "/nothing", HTTPStatus.NOT_FOUND),
        ("administrator", "/units/new/", HTTPStatus.FORBIDDEN),
        ("administrator", office.addresses["persons/<int:person_id>/"] + "reactivate/", HTTPStatus.BAD_REQUEST),
    )
    for reader, path, status in asked:
        answer = pages[reader].goto(office.url + path)
        assert answer, path
        assert answer.status == status, path
        faults += _faults(pages[reader], project)
    assert not faults, "\n".join(faults)


def test_a_form_of_somewhere_else(office: Office, page: Page, project: Path) -> None:
    page.goto(f"{office.url}/account/password/reset/")
    page.evaluate("for (const token of document.querySelectorAll('[name=csrfmiddlewaretoken]')) token.value = 'x'")
    page.fill("[name=email]", "a@test.invalid")
    with page.expect_navigation() as sent:
        page.click("main form button[type=submit]")
    assert sent.value.status == HTTPStatus.FORBIDDEN
    assert not list(_faults(page, project))


def test_what_was_tried_too_often(office: Office, page: Page, project: Path) -> None:
    for _ in range(4):
        page.goto(f"{office.url}/account/password/reset/")
        page.fill("[name=email]", "nobody@test.invalid")
        page.click("main form button[type=submit]")
        page.wait_for_load_state()
    assert page.inner_text("h1") == "Quá nhiều lần thử"
    assert not list(_faults(page, project))
