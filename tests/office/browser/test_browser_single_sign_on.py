"""Signing on with the account of another system, at a real provider of OpenID Connect, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Page

from tests.office.browser.conftest import Office, run_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Subjects of the provider, what it says of their address, and whether it has verified it.
SUBJECTS = {
    "known": ("official@test.invalid", True),
    "unverified": ("official@test.invalid", False),
    "unknown": ("nobody@test.invalid", True),
    "suspended": ("suspended@test.invalid", True),
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider; its address."""
    users = [
        User(sub=sub, claims={"email": email, "email_verified": verified, "name": sub})
        for sub, (email, verified) in SUBJECTS.items()
    ]
    with run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def signing_on(provider: str, database_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office that trusts the provider."""
    folder = tmp_path_factory.mktemp("signing-on")
    secret = folder / "secret"
    secret.write_text("a secret of the test\n", encoding="utf-8")
    with run_office(
        database_server, folder, "signing_on", LIENTHONG_OIDC_ISSUER=provider, LIENTHONG_OIDC_CLIENT_ID="office",
        LIENTHONG_OIDC_SECRET_FILE=str(secret), LIENTHONG_OIDC_NAME="Cổng định danh",
    ) as running:  # fmt: skip
        yield running


def _go(office: Office, page: Page) -> dict[str, str]:
    """Go to the provider as the sign-in page leads there; return what it is asked."""
    page.goto(f"{office.url}/account/login/")
    page.get_by_role("link", name="Cổng định danh").click()
    page.wait_for_load_state()
    with page.expect_navigation():
        page.click("main form button[type=submit]")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def _vouch(page: Page, subject: str) -> None:
    """Sign in at the provider, which leads back."""
    page.fill("input[name=sub]", subject)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_whoever_has_an_account_comes_in(signing_on: Office, provider: str, page: Page) -> None:
    asked = _go(signing_on, page)
    assert page.url.startswith(provider)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{signing_on.url}/account/oidc/sso/login/callback/"
    _vouch(page, "known")
    assert page.url == f"{signing_on.url}/"
    page.goto(f"{signing_on.url}/account/")
    assert "official@test.invalid" in page.content()


@pytest.mark.parametrize("subject", ["unverified", "unknown", "suspended"])
def test_nobody_else_does(signing_on: Office, page: Page, subject: str) -> None:
    _go(signing_on, page)
    _vouch(page, subject)
    assert urlsplit(page.url).path == "/account/login/"
    assert "Không có tài khoản" in page.inner_text("main")
    page.goto(signing_on.url)
    assert urlsplit(page.url).path == "/account/login/"


def test_an_answer_to_somebody_elses_question_is_not_taken(signing_on: Office, page: Page) -> None:
    asked = _go(signing_on, page)
    page.goto(urlsplit(page.url)._replace(query=urlencode(asked | {"state": "0" * 16})).geturl())
    _vouch(page, "known")
    assert page.url.startswith(signing_on.url)
    page.goto(signing_on.url)
    assert urlsplit(page.url).path == "/account/login/"


def test_a_code_that_was_used_lets_nobody_in_again(signing_on: Office, page: Page) -> None:
    taken = list[str]()
    page.on("request", lambda request: taken.append(request.url) if "/callback/" in request.url else None)
    _go(signing_on, page)
    _vouch(page, "known")
    page.context.clear_cookies()
    page.goto(taken[0])
    page.goto(signing_on.url)
    assert urlsplit(page.url).path == "/account/login/"


def test_only_the_page_on_the_way_lets_its_form_lead_out(signing_on: Office, page: Page) -> None:
    for path, leads_out in (("/account/login/", False), ("/account/oidc/sso/login/", True)):
        answer = page.goto(signing_on.url + path)
        assert answer
        policy = answer.headers["content-security-policy"]
        (rule,) = [part.strip() for part in policy.split(";") if part.strip().startswith("form-action")]
        assert ("https:" in rule) is leads_out
        assert "script-src 'self'" in policy
