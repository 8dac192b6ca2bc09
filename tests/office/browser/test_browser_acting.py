"""The position one acts in: seen on every page, changed by hand, and deciding what one may."""

import pytest
from playwright.sync_api import Page, expect

from tests.office.browser.conftest import Office

pytestmark = pytest.mark.browser


def test_the_position_is_switched_and_stays_switched(office: Office, page: Page) -> None:
    # In a session of its own: other files go on with the kept one, and expect its first position.
    office.sign_in(page, "official")
    page.goto(office.url)
    expect(page.locator("#acting")).to_contain_text("Chức vụ 1")
    page.click("#acting")
    page.locator("li", has_text="Văn thư").get_by_role("button").click()
    expect(page.locator("#acting")).to_contain_text("Văn thư")
    page.goto(f"{office.url}/units/")
    expect(page.locator("#acting")).to_contain_text("Văn thư")


def _act_as(office: Office, page: Page, position: str) -> None:
    page.goto(f"{office.url}/account/acting/")
    page.locator("li", has_text=position).get_by_role("button").click()
    expect(page.locator("#acting")).to_contain_text(position)


def _status(page: Page, url: str) -> int:
    answer = page.goto(url)
    assert answer is not None
    return answer.status


def test_rights_go_with_the_position(office: Office, page: Page) -> None:
    rename = f"{office.url}/units/{office.units['office']}/rename/"
    office.enter(page, "administrator")
    assert _status(page, rename) == 200
    _act_as(office, page, "Tổ trưởng")
    assert _status(page, rename) == 403
    expect(page.locator("h1")).to_contain_text("Bạn không được")
    _act_as(office, page, "Chức vụ")
    assert _status(page, rename) == 200


@pytest.mark.parametrize("path", ["/styleguide/", "/units/new/", "/units/{office}/rename/", "/units/{centre}/close/"])
def test_an_official_is_refused_with_a_page_that_says_what_to_do(office: Office, page: Page, path: str) -> None:
    office.enter(page, "official")
    assert _status(page, office.url + path.format_map(office.units)) in {403, 404}
    expect(page.locator("main a.btn-primary")).to_have_attribute("href", "/")
    expect(page.locator("main p").first).not_to_be_empty()
