"""The review queue is worked off by keyboard alone, a merge gets its second pair of eyes, and a decision is undone."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.office.browser.conftest import Office
from tests.support.browser import axe

AXE: Final = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_queue_by_keyboard(office: Office, page: Page, context: BrowserContext) -> None:
    office.enter(page, "steward")
    for key in ("g", "m"):
        page.keyboard.press(key)
    page.wait_for_url("**/members/")
    page.goto(f"{office.url}/members/review/")
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/members/review/\d+/"))
    expect(page.locator("h1")).to_contain_text("№ 1")
    # One person: two records, nothing against it.
    page.keyboard.press("s")
    expect(page.locator("h1")).to_contain_text("№ 2")
    # Later, then two persons.
    page.keyboard.press("l")
    expect(page.locator("h1")).to_contain_text("№ 3")
    page.keyboard.press("s")
    expect(page.locator("h1")).to_contain_text("№ 2")
    page.keyboard.press("d")
    expect(page).to_have_url(f"{office.url}/members/review/")
    _second(office, context.new_page())
    page.reload()
    page.locator("tbody a", has_text="№ 2").click()
    _there(page)
    page.keyboard.press("u")
    expect(page.locator("button[name=verdict]")).to_have_count(3)


def _there(page: Page) -> None:
    """Wait for an item's page: a key that is pressed before it has come is nobody's."""
    page.wait_for_url(re.compile(r"/members/review/\d+/"))
    page.wait_for_load_state("load")


def _second(office: Office, page: Page) -> None:
    """Confirm as another steward what waits."""
    office.enter(page, "second_steward")
    page.goto(f"{office.url}/members/review/?state=waiting")
    page.locator("tbody a", has_text="№ 3").click()
    _there(page)
    page.keyboard.press("c")
    expect(page.locator("main [role=status]")).to_be_visible()
    expect(page.locator("[data-press=c]")).to_have_count(0)


def test_a_record_asks_for_a_purpose_and_tells_who_looked(office: Office, page: Page, project: Path) -> None:
    office.enter(page, "steward")
    page.goto(f"{office.url}/members/people/?q=nguyen+van+hung")
    page.locator("tbody a").first.click()
    page.check("[name=purpose][value=mend]")
    page.click("main form button[type=submit]")
    expect(page.locator("#looks-title")).to_be_visible()
    assert page.locator("section[aria-labelledby=looks-title] li").count() >= 1
    assert axe(page, project / AXE) == []
    # A page that is shown only to who said what for.
    page.locator(".abilities a[href$='/change/']").click()
    page.wait_for_url("**/change/")
    assert axe(page, project / AXE) == []


def test_a_rule_is_assigned_two_levels_down_by_keyboard(office: Office, page: Page, project: Path) -> None:
    office.enter(page, "centre_steward")
    page.goto(f"{office.url}/members/rules/number-sex/assign/")
    assert axe(page, project / AXE) == []
    page.locator(f"main a[href='?below={office.units['province']}']").press("Enter")
    page.wait_for_url("**/assign/?below=*")
    assert axe(page, project / AXE) == []
    # All of the table, but not what is opened as a whole.
    page.locator("[data-select-all]").press("Space")
    expect(page.locator("main form[method=post] input:checked:not([data-select-all])")).to_have_count(2)
    page.fill("[name=due_on]", "2030-01-31")
    page.locator("main form[method=post] [type=submit]").press("Enter")
    page.wait_for_url("**/members/assignments/")
    expect(page.locator("main progress")).to_have_count(2)
    # Without a choice the summary of errors leads to the table.
    page.goto(f"{office.url}/members/rules/number-sex/assign/")
    page.locator("main form[method=post] [type=submit]").press("Enter")
    page.locator("[data-error-summary] a[href='#id_selected']").wait_for()
    expect(page.locator("#id_selected")).to_be_visible()
