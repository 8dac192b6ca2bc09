"""The frame in a real browser: language, appearance, keyboard, a telephone's width."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.office.browser.conftest import Office

pytestmark = pytest.mark.browser
WIDTH = 360


def test_the_language_changes_everywhere_and_stays(office: Office, page: Page) -> None:
    page.goto(f"{office.url}/account/login/")
    expect(page.locator("h1")).to_have_text("Đăng nhập")
    page.click("button[lang=de]")
    expect(page.locator("h1")).to_have_text("Anmelden")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    office.sign_in(page, "official")
    expect(page.locator("nav .rooms")).to_contain_text("Startseite")
    page.click("#user-menu summary")
    page.click("#user-menu button[lang=vi]")
    expect(page.locator("nav .rooms")).to_contain_text("Trang chủ")


def _ground(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_the_appearance_changes_at_once_and_the_next_page_comes_in_it(office: Office, page: Page) -> None:
    page.goto(f"{office.url}/account/login/")
    light = _ground(page)
    page.click("button[value=dark]")
    dark = _ground(page)
    assert dark != light
    page.reload()
    assert _ground(page) == dark
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("button[value=dark]")).to_have_attribute("aria-pressed", "true")


def test_the_appearance_follows_the_device_without_any_script(office: Office, browser: Browser) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{office.url}/account/login/")
        grounds.add(page.screenshot(clip={"x": 2, "y": 300, "width": 4, "height": 4}))
        context.close()
    assert len(grounds) == 2


def test_language_and_appearance_work_without_a_script(office: Office, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{office.url}/account/login/")
    page.click("button[lang=en]")
    page.click("button[value=dark]")
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    context.close()


def test_the_first_tab_skips_to_the_content(office: Office, page: Page) -> None:
    office.sign_in(page, "official")
    page.goto(office.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#content$"))
    assert page.evaluate("document.activeElement.id") == "content"


def test_keys_lead_to_the_search_and_to_rooms_unless_one_types(office: Office, page: Page) -> None:
    office.enter(page, "operator")
    page.goto(f"{office.url}/styleguide/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("gh?/")
    expect(page.locator("#search")).to_have_value("gh?/")
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(f"{office.url}/")


def test_keys_can_be_switched_off(office: Office, page: Page) -> None:
    office.sign_in(page, "official")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(office: Office, page: Page) -> None:
    office.sign_in(page, "official")
    page.locator("#user-menu summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sign-out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sign-out")).to_be_hidden()
    expect(page.locator("#user-menu summary")).to_be_focused()


def test_rows_are_selected_one_by_one_in_ranges_and_all(office: Office, page: Page) -> None:
    office.enter(page, "operator")
    page.goto(f"{office.url}/styleguide/")
    boxes, bar = page.locator("[name=selected]"), page.locator(".bulk").first
    expect(bar).to_be_hidden()
    boxes.nth(0).click()
    expect(bar).to_be_visible()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar.locator("[data-count]")).to_have_text("3")
    page.locator("[data-select-all]").first.click()
    expect(bar).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/styleguide/", "/account/2fa/", "/account/sessions/"])
def test_a_telephone_shows_everything_without_scrolling_sideways(office: Office, page: Page, path: str) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 740})
    office.enter(page, "operator")
    page.goto(f"{office.url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    expect(page.locator("#rooms")).to_be_hidden()
    page.click(".house-open")
    expect(page.locator("#rooms")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rooms")).to_be_hidden()
