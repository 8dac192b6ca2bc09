"""Setting up, using and losing a second factor on allauth's pages, in the scope of the person's own rows."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.test import Client

from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.second_factor import SecondFactorAdapter
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import PASSWORD, House

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def _sign_in(email: str) -> Client:
    client = Client()
    client.post("/account/login/", {"login": email, "password": PASSWORD})
    return client


def test_from_the_first_sign_in_to_recovery_codes(lasting_house: House) -> None:
    cache.clear()
    person = lasting_house.with_password("administrator")
    client = _sign_in(person.email)
    assert client.get("/")["Location"] == "/account/protect/"
    page = client.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    answer = client.post("/account/2fa/totp/activate/", {"code": _code(secret)})
    assert answer["Location"] == "/account/2fa/recovery-codes/"
    # The office opens, and the codes can be read and used once.
    assert client.get("/").status_code == 200
    codes = client.get("/account/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    for expected in (302, 200):
        other = _sign_in(person.email)
        assert other.get("/")["Location"].startswith("/account/login/")
        assert other.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == expected
    with scope.system():
        kinds = set(AuditEntry.objects.filter(person_id=person.pk).values_list("kind", flat=True))
    assert {Kind.SIGN_IN, Kind.SECOND_FACTOR_ADD} <= kinds


@pytest.mark.parametrize(("key", "stays"), [("administrator", True), ("cleared", True), ("official", False)])
def test_the_last_factor_of_whoever_needs_one_stays(house: House, key: str, *, stays: bool) -> None:
    with scope.system():
        TOTP.activate(house.persons[key], SECRET)
    client = house.client(key)
    assert client.post("/account/2fa/totp/deactivate/", {}).status_code == (200 if stays else 302)
    with scope.system():
        assert Authenticator.objects.exists() is stays
    if not stays:
        assert not client.session["second_factor"]


@pytest.mark.parametrize(
    "path",
    ["2fa/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/totp/activate/", "sessions/", "password/change/", "logout/"],
)
def test_ones_own_pages_of_allauth_open(house: House, path: str) -> None:
    house.with_password("official")
    client = house.client("official")
    assert client.get(f"/account/{path}").status_code == 200


def test_nobody_sees_or_ends_the_factors_and_sessions_of_others(house: House) -> None:
    with scope.system():
        factor = TOTP.activate(house.persons["colleague"], SECRET).instance
    with scope.act_for(house.actor("official")):
        assert not Authenticator.objects.exists()
    client = house.client("official")
    assert client.get(f"/account/2fa/webauthn/keys/{factor.pk}/remove/").status_code == 404
    assert client.post("/account/2fa/totp/deactivate/", {}).status_code == 404
    with scope.system():
        assert Authenticator.objects.count() == 1


def test_a_secret_of_another_installation_opens_nothing() -> None:
    adapter = SecondFactorAdapter()
    sealed = adapter.encrypt(SECRET)
    assert adapter.decrypt(sealed) == SECRET
    with pytest.raises(InvalidToken):
        adapter.decrypt(sealed[:-8] + "AAAAAAA=")
