"""The tree in a real browser: keys as WAI-ARIA has them, branches that come when opened, and no script at all."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.office.browser.conftest import Office
from tests.support.browser import axe

pytestmark = pytest.mark.browser
AXE = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")


def item(name: str) -> str:
    return f"[role=treeitem]:text-is('{name}')"


def test_the_keys_of_a_tree(office: Office, page: Page, project: Path) -> None:
    office.sign_in(page, "official")
    page.goto(f"{office.url}/units/")
    top = page.locator(item("Văn phòng Trung ương"))
    expect(page.locator("[role=tree]")).to_have_count(1)
    expect(top).to_have_attribute("aria-expanded", "false")
    # One stop for Tab in the whole tree.
    expect(page.locator("[role=tree] [tabindex='0']")).to_have_count(1)
    top.focus()
    page.keyboard.press("ArrowRight")
    expect(top).to_have_attribute("aria-expanded", "true")
    expect(page.locator(item("Tỉnh 1"))).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(item("Văn phòng Văn phòng Trung ương"))).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(item("Tỉnh 2"))).to_be_focused()
    page.keyboard.press("ArrowUp")
    province = page.locator(item("Tỉnh 1"))
    expect(province).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(item("Xã 2"))).to_be_visible()
    assert axe(page, project / AXE) == []
    page.keyboard.press("ArrowLeft")
    expect(page.locator(item("Xã 2"))).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(top).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/units/*/")
    expect(page.locator("h1")).to_contain_text("Văn phòng Văn phòng Trung ương")


def test_the_mouse_turns_a_branch_and_a_link_leads_to_its_place(office: Office, page: Page) -> None:
    office.sign_in(page, "official")
    page.goto(f"{office.url}/units/")
    page.locator("a.twist").first.click()
    expect(page.locator(item("Tỉnh 1"))).to_be_visible()
    assert page.url.endswith("/units/")
    page.locator("a.twist").first.click()
    expect(page.locator(item("Tỉnh 1"))).to_be_hidden()
    page.locator("a.twist").first.click()
    page.locator(item("Tỉnh 1")).click()
    page.get_by_role("link", name="Trong cây").click()
    expect(page.locator(item("Tỉnh 1"))).to_have_attribute("aria-current", "page")
    expect(page.locator(item("Xã 1"))).to_be_visible()


def test_without_a_script_it_is_lists_of_links(office: Office, browser: Browser, page: Page) -> None:
    office.sign_in(page, "official")
    bare = browser.new_context(java_script_enabled=False, locale="vi-VN", storage_state=page.context.storage_state())
    plain = bare.new_page()
    plain.goto(f"{office.url}/units/")
    plain.locator("a.twist").first.click()
    plain.locator("li:has(> .tree-name:text-is('Tỉnh 1')) > a.twist").click()
    expect(plain.locator(".tree-name:text-is('Xã 2')")).to_be_visible()
    expect(plain.locator("[role=tree]")).to_have_count(0)
    bare.close()


def test_what_an_administrator_does_with_units(office: Office, page: Page, project: Path) -> None:
    """A unit is found while its name is typed; a spreadsheet shows what it would do before it does."""
    office.sign_in(page, "above.administrator")
    office.add_passkey(page)
    page.goto(f"{office.url}/units/list/?q=xa+1")
    page.get_by_role("link", name="Xã 1", exact=True).click()
    page.get_by_role("link", name="Chuyển sang dưới đơn vị khác").click()
    page.locator("[name=parent]").press_sequentially("xa 2")
    expect(page.locator("#unit-options option[value='T.neighbour']")).to_have_count(1)
    page.fill("[name=parent]", "T.neighbour")
    page.click("main form button[type=submit]")
    expect(page.locator(".consequences")).to_be_visible()
    page.goto(f"{office.url}/units/import/")
    rows = "Mã;Tên;Loại;Mã đơn vị cấp trên\nX.1;Phòng mới;department;T.centre\nX.2;Phòng;department;NOWHERE\n"
    page.set_input_files("[name=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.click("main form button[type=submit]")
    expect(page.locator("tbody tr").first).to_contain_text("NOWHERE")
    assert axe(page, project / AXE) == []
