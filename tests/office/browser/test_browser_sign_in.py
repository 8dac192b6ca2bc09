"""Signing in with a real browser: password, second step, passkey; and who is kept out."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.office.browser.conftest import Office
from tests.support.browser import next_totp, totp

pytestmark = pytest.mark.browser


def test_a_password_lets_in_and_signing_out_ends_it(office: Office, page: Page) -> None:
    page.goto(f"{office.url}/units/")
    office.sign_in(page, "official")
    expect(page.locator("#acting")).to_contain_text("Chức vụ 1")
    page.click("#user-menu summary")
    page.click("#sign-out")
    page.goto(office.url)
    expect(page).to_have_url(re.compile("/account/login/"))


@pytest.mark.parametrize("key", ["suspended", "nobody", "invited"])
def test_who_may_not_come_in_learns_nothing_about_accounts(office: Office, page: Page, key: str) -> None:
    office.sign_in(page, key)
    expect(page).to_have_url(re.compile("/account/(login|inactive)/"))
    page.goto(office.url)
    expect(page).to_have_url(re.compile("/account/login/"))


def test_an_authenticator_app_becomes_the_second_step(office: Office, page: Page) -> None:
    office.sign_in(page, "colleague")
    page.goto(f"{office.url}/account/2fa/totp/activate/")
    office.confirm(page)
    secret = page.locator("#authenticator_secret, main input[readonly]").first.input_value()
    page.fill("[name=code]", totp(secret, time.time()))
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text(re.compile("mã khôi phục", re.IGNORECASE))
    page.click("#user-menu summary")
    page.click("#sign-out")
    office.sign_in(page, "colleague")
    expect(page.locator("h1")).to_have_text("Đăng nhập hai bước")
    page.fill("[name=code]", "000000")
    page.click("main form button[type=submit] >> nth=0")
    expect(page.locator("#id_code_error")).to_have_text("Mã không đúng.")
    page.fill("[name=code]", next_totp(secret))
    page.click("main form button[type=submit] >> nth=0")
    expect(page.locator("#acting")).to_contain_text("Chức vụ 2")


def test_a_passkey_lets_in_alone(office: Office, page: Page) -> None:
    office.sign_in(page, "auditor")
    # Who reads the trail of others needs a second factor: nothing opens before.
    page.goto(office.url)
    expect(page).to_have_url(f"{office.url}/account/protect/")
    office.add_passkey(page)
    page.click("#user-menu summary")
    page.click("#sign-out")
    page.goto(f"{office.url}/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{office.url}/")
    expect(page.locator("#acting")).to_contain_text("Chức vụ 6")
