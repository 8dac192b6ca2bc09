"""What a page weighs: links of communes are thin."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, Response

from tests.office.browser.conftest import Office

pytestmark = pytest.mark.browser
FIRST = 300_000
LATER = 150_000
"""Bytes on the wire."""


@dataclass(slots=True)
class Scale:
    """Adds up what came over the wire; what the browser kept weighs nothing."""

    total: int = 0
    answers: list[Response] = field(default_factory=list)

    def weigh(self) -> int:
        total = 0
        for answer in self.answers:
            sizes = answer.request.sizes()
            total += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        self.answers.clear()
        return total


def _scale(page: Page) -> Scale:
    scale = Scale()
    page.on("requestfinished", lambda request: _note(scale, request.response()))
    return scale


def _note(scale: Scale, answer: Response | None) -> None:
    if answer is not None:
        scale.answers.append(answer)


def test_the_first_visit_is_light_and_later_pages_are_lighter(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    scale = _scale(page)
    page.goto(f"{office.url}/account/login/", wait_until="networkidle")
    first = scale.weigh()
    office.enter(page, "operator")
    page.wait_for_load_state("networkidle")
    first += scale.weigh()
    assert 50_000 < first < FIRST
    for path in ("/", "/styleguide/", "/account/2fa/"):
        page.goto(f"{office.url}{path}", wait_until="networkidle")
        assert 0 < scale.weigh() < LATER, path


def test_static_files_are_kept_for_a_year_and_sent_compressed(office: Office, page: Page) -> None:
    with page.expect_response(lambda answer: "office." in answer.url and answer.url.endswith(".css")) as found:
        page.goto(f"{office.url}/account/login/")
    headers = found.value.all_headers()
    assert headers["content-encoding"] == "gzip"
    assert "immutable" in headers["cache-control"]
