"""Search box, bell and list in a real browser: with the keyboard alone, and without loading the page again."""

import os
import re
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.office.browser.conftest import Office
from tests.support.browser import axe
from tests.support.postgres import url_of

pytestmark = pytest.mark.browser
AXE = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")


def _note(server: Path, email: str) -> None:
    """Tell a person of the browser's office something."""
    before, _, query = url_of(server).partition("?")
    with psycopg.connect(f"{before.rpartition('/')[0]}/browser_{os.getpid()}?{query}", autocommit=True) as connection:
        connection.execute("SELECT set_config('lienthong.scope', 'all', false)")
        connection.execute(
            "INSERT INTO core_notification (person_id, kind, facts, url, about)"
            " SELECT id, 'tests:thing:came', '{}', '/search?q=1', 'x:1' FROM accounts_person WHERE email = %s",
            [email],
        )


def test_search_with_the_keyboard_alone(office: Office, page: Page, project: Path) -> None:
    office.sign_in(page, "official")
    page.keyboard.press("/")
    page.keyboard.type("tinh 1", delay=20)
    hits = page.locator("#suggestions a")
    expect(hits.first).to_be_visible()
    faults = axe(page, project / AXE)
    assert not faults, [(f["id"], [(n["target"], n["failureSummary"]) for n in f["nodes"]]) for _theme, f in faults]
    page.keyboard.press("Escape")
    expect(hits).to_have_count(0)
    page.keyboard.type(" ", delay=20)
    expect(hits.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=tinh"))
    expect(page.locator("#found-units")).to_be_visible()
    assert not axe(page, project / AXE)


def test_news_reaches_the_open_page(office: Office, page: Page, project: Path, database_server: Path) -> None:
    office.sign_in(page, "official")
    with page.expect_response("**/live"):
        page.goto(f"{office.url}/notifications/")
    # Until the server hears the database, what happens shows when a page is loaded.
    page.wait_for_timeout(1500)
    _note(database_server, "official@test.invalid")
    expect(page.locator("#bell-count")).to_have_text("1")
    opened = page.locator("#notes .unread .note-open")
    expect(opened).to_have_count(1)
    assert not axe(page, project / AXE)
    opened.click()
    page.wait_for_url(re.compile(r"/search\?q=1"))
    expect(page.locator("#bell-count")).to_have_text("")
