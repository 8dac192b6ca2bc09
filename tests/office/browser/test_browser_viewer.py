"""Files in the page: pages of a PDF as they come into sight, words, keys, marks, and what cannot be shown."""

import re

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.office.browser.conftest import Office
from tests.office.browser.test_browser_axe import AXE
from tests.support.browser import axe
from tests.support.pages import WORDS

pytestmark = pytest.mark.browser
# Playwright's own five seconds are short for forty requests where other tests run beside.
expect.set_options(timeout=30_000)


def look_at(office: Office, page: Page, name: str) -> None:
    """Open a file as the one who is cleared."""
    office.enter(page, "cleared")
    page.goto(office.url + office.files[name])


def ready(page: Page) -> None:
    """Wait for the first page."""
    expect(page.locator('.page[data-page-number="1"] .textLayer')).to_contain_text(WORDS)
    expect(page.locator("[data-part=state]")).to_be_empty()


def test_the_first_page_comes_before_the_file_has(office: Office, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it calls
    look_at(office, page, "long.pdf")
    ready(page)
    assert page.locator("[data-part=count]").inner_text() == "/ 40"
    assert page.locator(".page").count() == 40
    assert 1 <= page.locator(".page canvas").count() < 8
    parts = [each for each in answers if re.search(r"/files/\d+/$", each.url) and each.status == 206]
    headers = [each.all_headers() for each in parts]
    asked = sum(int(each["content-length"]) for each in headers)
    assert 0 < asked < int(headers[0]["content-range"].rpartition("/")[2]) / 2
    # Nothing is drawn with help from elsewhere.
    assert all(each.url.startswith(office.url) for each in answers)


def test_turning_pages_and_sizes_by_buttons_and_keys(office: Office, page: Page) -> None:
    look_at(office, page, "long.pdf")
    ready(page)
    number = page.locator("[data-part=number]")
    page.locator("[data-part=next]").click()
    expect(number).to_have_value("2")
    number.fill("30")
    number.press("Enter")
    expect(page.locator('.page[data-page-number="30"] .textLayer')).to_contain_text("trang 30")
    page.locator("[data-part=scroll]").focus()
    page.keyboard.press("p")
    expect(number).to_have_value("29")
    wide = page.locator('.page[data-page-number="29"]')
    before = wide.bounding_box()
    page.keyboard.press("-")
    assert before
    smaller = "before => document.querySelector('.page').getBoundingClientRect().width < before"
    page.wait_for_function(smaller, arg=before["width"])
    page.locator("[data-part=zoom]").select_option("1")
    expect(page.locator("[data-part=zoom]")).to_have_value("1")


def test_words_are_found_with_and_without_diacritics_on_pages_not_drawn_yet(office: Office, page: Page) -> None:
    look_at(office, page, "long.pdf")
    ready(page)
    page.locator("[data-part=scroll]").focus()
    page.keyboard.press("Control+f")
    page.keyboard.type("trang 37")
    expect(page.locator("[data-part=found]")).to_have_text("1 / 1")
    expect(page.locator('.page[data-page-number="37"] .highlight')).to_have_text("trang 37")
    page.locator("[data-part=query]").fill("ke hoach")
    expect(page.locator("[data-part=found]")).to_have_text(re.compile(r"\d+ / 40"))
    page.locator("[data-part=query]").fill("không có")
    expect(page.locator("[data-part=found]")).to_have_text("không tìm thấy")


def test_text_can_be_selected_and_pages_have_names(office: Office, page: Page) -> None:
    look_at(office, page, "long.pdf")
    ready(page)
    first = page.locator('.page[data-page-number="1"]')
    expect(first).to_have_attribute("aria-label", "Trang 1")
    first.locator(".textLayer span").first.click(click_count=3)
    assert WORDS in page.evaluate("getSelection().toString()")


def test_every_page_that_is_drawn_names_its_reader(office: Office, page: Page) -> None:
    look_at(office, page, "long.pdf")
    ready(page)
    mark = page.locator('.page[data-page-number="1"] .viewer-mark span').first
    expect(mark).to_contain_text("Người dùng 3 · Tỉnh 1 ·")
    page.locator("[data-part=number]").fill("20")
    page.locator("[data-part=number]").press("Enter")
    expect(page.locator('.page[data-page-number="20"] .viewer-mark')).to_be_visible()
    # Drawn anew in another size, it still does, once.
    page.locator("[data-part=larger]").click()
    expect(page.locator('.page[data-page-number="20"] canvas')).to_be_visible()
    expect(page.locator('.page[data-page-number="20"] .viewer-mark')).to_have_count(1)


@pytest.mark.parametrize(("name", "told"), [("locked.pdf", "mật khẩu"), ("broken.pdf", "hỏng")])
def test_what_cannot_be_shown_says_why_and_what_to_do(office: Office, page: Page, name: str, told: str) -> None:
    look_at(office, page, name)
    expect(page.locator("[data-part=state]")).to_contain_text(told)
    expect(page.locator("[data-part=tools]")).to_be_hidden()
    expect(page.locator(".page-actions a[download]")).to_be_visible()


def test_images_and_texts_are_shown_as_they_are(office: Office, page: Page) -> None:
    look_at(office, page, "image.png")
    assert page.evaluate("document.querySelector('.viewer-image img').naturalWidth") == 1
    expect(page.locator(".viewer-mark")).to_be_visible()
    page.goto(office.url + office.files["text.txt"])
    expect(page.locator(".viewer-text pre")).to_have_text("<b>ế ộ ữ</b>")
    page.goto(office.url + office.files["lines.txt"])
    page.locator(".viewer-text pre").focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.viewer-text pre').scrollTop > 9_000")
    # The end of a long text names its reader too.
    expect(page.locator(".viewer-mark span").nth(2)).to_be_in_viewport()
    page.goto(office.url + office.files["else.bin"])
    expect(page.locator("main")).to_contain_text("tải")


def test_without_scripts_there_is_a_way_to_the_file(office: Office, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    look_at(office, page, "long.pdf")
    expect(page.locator("noscript")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".page-actions a[download]").click()
    assert download.value.suggested_filename == "long.pdf"
    context.close()


# Where the page shows a file, or says why it does not, and words that stand there then.
SHOWN = {
    "long.pdf": ('.page[data-page-number="1"] .textLayer', WORDS),
    "locked.pdf": ("[data-part=state]", "mật khẩu"),
    "broken.pdf": ("[data-part=state]", "hỏng"),
    "image.png": (".viewer-image .viewer-mark", "Người dùng 3"),
    "text.txt": (".viewer-text pre", "ế ộ ữ"),
    "lines.txt": (".viewer-text pre", "dòng"),
    "page.html": (".empty-state", "tải xuống"),
    "drawing.svg": (".empty-state", "tải xuống"),
    "script.txt": (".viewer-text pre", "script"),
    "else.bin": (".empty-state", "tải xuống"),
}


def test_the_viewer_keeps_wcag_in_light_and_dark_with_every_kind_of_file(office: Office, page: Page) -> None:
    office.enter(page, "cleared")
    assert office.files.keys() == SHOWN.keys()
    faults = list[str]()
    for name, path in office.files.items():
        page.goto(office.url + path)
        place, words = SHOWN[name]
        expect(page.locator(place)).to_contain_text(words)
        faults += [
            f"{name} ({theme}): {violation['id']} {[node['html'] for node in violation['nodes']]}"
            for theme, violation in axe(page, AXE)
        ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "script.txt"])
def test_no_script_of_a_file_runs(office: Office, page: Page, name: str) -> None:
    look_at(office, page, name)
    page.wait_for_load_state("networkidle")
    assert page.title() != "1"
    # Nor where somebody is led to the file itself: it is saved.
    with page.expect_download() as download:
        page.evaluate("address => { location.href = address; }", office.files[name].removesuffix("view/"))
    assert download.value.suggested_filename == name
    assert page.title() != "1"
