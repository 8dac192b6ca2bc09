"""A list in a real browser: filtered, chosen from and kept, with the keyboard alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.office.browser.conftest import Office
from tests.support.browser import axe

pytestmark = pytest.mark.browser
AXE = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")
ROWS = "table.list tbody tr"


def test_a_list_with_the_keyboard_alone(office: Office, page: Page, project: Path) -> None:
    office.sign_in(page, "administrator")
    office.add_passkey(page)
    page.goto(f"{office.url}/persons/")
    everybody = page.locator(ROWS).count()
    assert everybody > 3
    # Coming to a filter, one reads how many rows there are at each of its choices.
    state = page.locator("#filter-state")
    state.focus()
    expect(state.locator("option[value=suspended]")).to_have_text(re.compile(r"\(1\)$"))
    state.select_option("suspended")
    expect(page.locator(ROWS)).to_have_count(1)
    assert "state=suspended" in page.url
    expect(state).to_be_focused()
    page.go_back()
    expect(page.locator(ROWS)).to_have_count(everybody)
    # j goes along the rows, x chooses one, and the bar says how many are chosen.
    page.locator("body").press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.locator(".bulk")
    expect(bar).to_be_visible()
    expect(bar.locator("[data-count]")).to_have_text("1")
    assert not axe(page, project / AXE)


def test_a_view_is_kept_opened_and_deleted(office: Office, page: Page) -> None:
    office.sign_in(page, "official")
    page.goto(f"{office.url}/persons/?state=suspended")
    page.locator("#saved-views summary").click()
    page.fill("#view-name", "Tạm dừng")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{office.url}/persons/")
    page.locator("#saved-views summary").click()
    page.locator("#saved-views a", has_text="Tạm dừng").click()
    page.wait_for_url(re.compile("state=suspended"))
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator("#saved-views summary").click()
    with page.expect_navigation():
        page.locator("#saved-views button[value^=delete-view]").click()
    page.locator("#saved-views summary").click()
    expect(page.locator("#saved-views a")).to_have_count(0)
