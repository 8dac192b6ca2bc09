"""The main way of a document through the whole demo: from a draft at the centre to its receipts from a commune.

Everything is the real thing: ``lienthong demo`` with its gateways, carrier, directory and office, and Chromium before
it. Pictures of each station are left in ``build/walk``.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import totp
from tests.support.pdfs import pdf

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PICTURES = ROOT / "build" / "walk"
SUBJECT = "Kế hoạch bảo vệ bí mật trong chuyển đổi số"
ORGANS = 12
START = 240.0
ARRIVAL = 90.0
_ACCOUNT = re.compile(r"([\w-]+)@example\.test\s+[^\w\s-]\s+(\S{12,})\s")
_OFFICE = re.compile(r"http://localhost:\d+")


@dataclass(slots=True)
class Country:
    """The demo as it runs."""

    url: str
    passwords: dict[str, str]
    browser: Browser
    secrets: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def page(self, key: str, language: str = "vi") -> Page:
        """Return a page of somebody who has signed in, with a second factor where one is asked for."""
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(locale=language, viewport={"width": 1280, "height": 900})
            self._sign_in(self.contexts[key].new_page(), key)
        return self.contexts[key].pages[0]

    def _sign_in(self, page: Page, key: str) -> None:
        page.goto(f"{self.url}/account/login/")
        page.fill("[name=login]", f"{key}@example.test")
        page.fill("[name=password]", self.passwords[key])
        page.click("main button[type=submit] >> nth=0")
        page.wait_for_load_state()
        page.goto(f"{self.url}/")
        if "/account/protect/" in page.url:
            page.goto(f"{self.url}/account/2fa/totp/activate/")
            secret = page.locator("#authenticator_secret, main input[readonly]").first.input_value()
            page.fill("[name=code]", totp(secret, time.time()))
            page.click("main form button[type=submit]")
            page.wait_for_load_state()
            page.goto(f"{self.url}/")

    def picture(self, page: Page, name: str) -> None:
        """Keep a picture of a page."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def do(self, page: Page, document: str, deed: str) -> None:
        """Open the form of a deed from the document's own page, as the panel offers it."""
        page.goto(f"{self.url}{document}")
        page.click(f'.abilities a[href="{document}{deed}/"]')
        page.wait_for_load_state()

    @staticmethod
    def send(page: Page) -> None:
        """Send the form of the page."""
        page.click("main form[data-guarded] button[type=submit]")
        page.wait_for_load_state()


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Country]:
    """Run the demo with a small country."""
    folder = tmp_path_factory.mktemp("country")
    log = folder / "demo.log"
    command = [sys.executable, "-m", "lienthong", "demo", "--organs", str(ORGANS), "--state", str(folder / "state")]
    environment = os.environ | {"COLUMNS": "200", "LANG": "en_US.UTF-8", "LANGUAGE": "en"}
    for name in ("DATABASE_URL", "LIENTHONG_OFFICE_STATE", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _ready(process, log, browser)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _ready(process: "subprocess.Popen[bytes]", log: Path, browser: Browser) -> Country:
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Ctrl-C" in text:
            passwords = dict(_ACCOUNT.findall(text))
            urls = _OFFICE.findall(text)
            assert passwords
            return Country(urls[-1], passwords, browser)
        time.sleep(0.5)
    pytest.fail(f"the demo did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def test_a_directive_goes_to_the_country_and_its_receipts_come_back(country: Country, tmp_path: Path) -> None:
    document = _drafted(country, tmp_path)
    number = _issued(country, document)
    _sent(country, document)
    _carried_out(country, number)
    _receipts(country, document)
    _hidden(country, document, number)


def _drafted(country: Country, tmp_path: Path) -> str:
    """An official of the centre drafts, brings the file and submits; return the document's address."""
    page = country.page("centre-official")
    country.picture(page, "01-home")
    page.goto(f"{country.url}/documents/new/")
    page.select_option("[name=type]", "ke-hoach")
    page.fill("[name=subject]", SUBJECT)
    page.select_option("[name=label]", "2")
    page.select_option("[name=urgency]", "urgent")
    country.picture(page, "02-draft")
    country.send(page)
    document = re.search(r"/documents/\d+/", page.url)
    assert document is not None
    page.goto(f"{country.url}{document[0]}files/add/")
    file = tmp_path / "Kế hoạch.pdf"
    file.write_bytes(pdf(2))
    page.set_input_files("[name=file]", file)
    country.send(page)
    expect(page.locator("main")).to_contain_text("Kế hoạch.pdf")
    country.do(page, document[0], "submit")
    country.send(page)
    country.picture(page, "03-submitted")
    return document[0]


def _issued(country: Country, document: str) -> str:
    """The head signs, the clerk numbers; return the number."""
    head = country.page("centre-leader")
    head.goto(f"{country.url}/")
    expect(head.locator("main")).to_contain_text("chờ ký")
    country.do(head, document, "sign")
    country.picture(head, "04-sign")
    country.send(head)
    expect(head.locator("main")).to_contain_text("hợp lệ")
    country.picture(head, "05-signed")
    clerk = country.page("centre-clerk")
    country.do(clerk, document, "issue")
    country.send(clerk)
    return clerk.locator("h1").inner_text().split()[0]


def _sent(country: Country, document: str) -> None:
    """The clerk sends it to the whole country."""
    clerk = country.page("centre-clerk")
    country.do(clerk, document, "dispatch")
    clerk.check('[name=audience][value="everybody"]')
    country.picture(clerk, "06-dispatch")
    country.send(clerk)
    expect(clerk.locator("main")).to_contain_text("Toàn quốc")


def _carried_out(country: Country, number: str) -> None:
    """A clerk of a commune accepts what arrived, its head assigns it, and says that it is done."""
    clerk = country.page("commune-clerk")
    link = clerk.locator("table.list").get_by_text(SUBJECT)
    until = time.monotonic() + ARRIVAL
    while True:
        clerk.goto(f"{country.url}/documents/arrivals/")
        if link.count() or time.monotonic() > until:
            break
        clerk.wait_for_timeout(1000)
    country.picture(clerk, "07-arrived")
    address = clerk.locator("table.list tbody a").first.get_attribute("href")
    assert address is not None
    clerk.goto(f"{country.url}{address}")
    expect(clerk.locator("h1")).to_contain_text(number)
    expect(clerk.locator("main")).to_contain_text("Kế hoạch.pdf")
    country.do(clerk, address, "accept")
    country.send(clerk)
    head = country.page("commune-leader")
    country.do(head, address, "assign")
    head.select_option("[name=lead]", index=1)
    head.fill("[name=instruction]", "Tổ chức thực hiện")
    country.picture(head, "08-assign")
    country.send(head)
    country.do(head, address, "complete")
    head.fill("[name=result]", "Đã triển khai")
    country.send(head)
    expect(head.locator("main")).to_contain_text("đã hoàn thành")


def _receipts(country: Country, document: str) -> None:
    """At the centre the page tells that all have it, and that one has accepted it."""
    clerk = country.page("centre-clerk")
    until = time.monotonic() + ARRIVAL
    while True:
        clerk.goto(f"{country.url}{document}")
        text = clerk.locator("main").inner_text()
        if "đã tiếp nhận" in text or time.monotonic() > until:
            break
        clerk.wait_for_timeout(1000)
    assert "đã tiếp nhận" in text
    country.picture(clerk, "09-receipts")
    for language in ("en", "de"):
        clerk.context.add_cookies([{"name": "language", "value": language, "url": country.url}])
        clerk.goto(f"{country.url}{document}")
        country.picture(clerk, f"10-receipts-{language}")


def _hidden(country: Country, document: str, number: str) -> None:
    """Who is not cleared finds nothing of it: by address, file, list, search, export or interface."""
    page = country.page("province-official")
    for path in (document, f"{document}files/1/", f"{document}sign/", f"{document}dispatch/"):
        answer = page.request.get(f"{country.url}{path}")
        assert answer.status == 404, path
    words = SUBJECT.split()[2:5]
    for path in (
        "/documents/", "/documents/incoming/", "/documents/secret-incoming/", "/documents/arrivals/",
        f"/search?q={'+'.join(words)}", f"/search?q={number}", "/documents/secret-incoming/?export=csv",
    ):  # fmt: skip
        answer = page.request.get(f"{country.url}{path}")
        assert answer.status < 500
        assert SUBJECT not in answer.text()
        assert f'href="{document}"' not in answer.text()
