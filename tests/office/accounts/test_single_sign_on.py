"""Whom another system may bring in."""

from types import SimpleNamespace

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory

from lienthong.office.accounts.oidc import providers
from lienthong.office.accounts.single_sign_on import SingleSignOnAdapter
from tests.office.people import House


def _request() -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]  # what the messages need of it
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]  # set by a middleware else
    return request


def _login(email: str, verified: object, process: str = "login") -> SimpleNamespace:
    address = SimpleNamespace(email=email, verified=verified)
    return SimpleNamespace(email_addresses=[address], state={"process": process}, user=None)


def test_a_verified_address_finds_its_person_whatever_its_case(house: House) -> None:
    login = _login(house.persons["official"].email.upper(), verified=True)
    SingleSignOnAdapter().pre_social_login(_request(), login)
    assert login.user == house.persons["official"]


@pytest.mark.parametrize(
    ("key", "verified", "process"),
    [
        ("official", False, "login"),
        ("official", None, "login"),
        ("official", "false", "login"),
        ("official", "true", "login"),
        ("official", 1, "login"),
        ("official", True, "connect"),
        ("suspended", True, "login"),
        ("dismissed", True, "login"),
        ("invited", True, "login"),
        ("", True, "login"),
    ],
)
def test_nobody_else_comes_in_and_no_account_is_made(house: House, key: str, verified: object, process: str) -> None:
    login = _login(house.persons[key].email if key else "new@test.invalid", verified, process)
    with pytest.raises(ImmediateHttpResponse) as refused:
        SingleSignOnAdapter().pre_social_login(_request(), login)
    assert refused.value.response["Location"] == "/account/login/"
    assert login.user is None
    assert not SingleSignOnAdapter().is_open_for_signup(_request(), login)


def test_the_environment_says_with_what(tmp_path: object) -> None:
    from pathlib import Path  # noqa: PLC0415 - only here

    secret = Path(str(tmp_path)) / "secret"
    secret.write_text("geheim\n")
    assert providers({}) == {}
    [application] = providers(
        {
            "LIENTHONG_OIDC_ISSUER": "https://sso.test.invalid",
            "LIENTHONG_OIDC_CLIENT_ID": "office",
            "LIENTHONG_OIDC_SECRET_FILE": str(secret),
        }
    )["openid_connect"]["APPS"]
    assert (application["client_id"], application["secret"]) == ("office", "geheim")
    assert application["settings"] == {"server_url": "https://sso.test.invalid"}
