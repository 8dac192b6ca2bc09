"""One official stands in for another: named in the browser, seen in the other's browser, ended at once."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.office.browser.conftest import Office

pytestmark = pytest.mark.browser


@pytest.fixture
def other(browser: Browser) -> BrowserContext:
    """The browser of somebody else."""
    return browser.new_context(locale="vi-VN")


def test_a_substitute_is_named_acts_visibly_and_is_ended(office: Office, page: Page, other: BrowserContext) -> None:
    office.enter(page, "official")
    page.goto(f"{office.url}/account/")
    page.locator("li.panel", has_text="Chức vụ 1").locator("a[href$='/substitute/']").click()
    page.select_option("[name=substitute]", label="Người dùng 2")
    page.fill("[name=valid_to]", (localdate() + timedelta(days=7)).isoformat())
    page.fill("[name=reason]", "Nghỉ phép")
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Người dùng 2")

    theirs = other.new_page()
    office.enter(theirs, "colleague")
    expect(theirs.locator("#acting")).to_contain_text("Chức vụ 2")
    theirs.click("#acting")
    theirs.locator("li", has_text="Người dùng 1").get_by_role("button").click()
    expect(theirs.locator("#acting")).to_contain_text("Chức vụ 1")
    expect(theirs.locator("#acting")).to_contain_text("thay Người dùng 1")
    expect(theirs.locator("#acting")).to_have_class("acting plain acting-instead")

    page.goto(f"{office.url}/account/")
    page.locator("form[action*='/substitutions/'] button").first.click()
    theirs.goto(office.url)
    expect(theirs.locator("#acting")).to_contain_text("Chức vụ 2")
    expect(theirs.locator("#acting")).not_to_contain_text("thay")
    other.close()
