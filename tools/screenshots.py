"""Fill docs/screenshots/: run an office with a whole country, go through it in Chromium, keep a picture of each stop.

    tools/screenshots.py            all of them; `make screenshots`
    tools/screenshots.py home tree  only these

The accounts are those that a new office makes; nobody in the pictures exists.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page

from lienthong.cli.demo.members import make_registry
from lienthong.cli.office_run import Options, running_office
from tests.support.browser import add_security_key, chromium

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PEOPLE: Final = 20_000
_WIDE: Final = (1200, 760)
_TELEPHONE: Final = (360, 740)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One picture."""

    name: str
    # What is gone to; "" stays before the door.
    path: str = ""
    # Whose eyes it is seen with, by the beginning of the mail address.
    who: str = "admin"
    # Links that are followed from there, by selector.
    clicks: Sequence[str] = ()
    size: tuple[int, int] = _WIDE
    theme: Literal["light", "dark"] = "light"


STOPS: Final = (
    Stop(name="sign-in"),
    Stop(name="home", path="/"),
    Stop(name="tree", path="/units/", clicks=(".tree a.twist >> nth=0",)),
    Stop(name="unit", path="/units/", clicks=(".tree a >> nth=1",)),
    Stop(name="persons", path="/persons/"),
    Stop(name="person", path="/persons/", clicks=("table.list tbody th a >> nth=3",)),
    Stop(name="dark", path="/units/list/", theme="dark"),
    Stop(name="phone", path="/persons/", size=_TELEPHONE),
    Stop(name="members", path="/members/", who="province-steward"),
    Stop(name="doubles", path="/members/review/", who="province-steward", clicks=("table.list tbody th a >> nth=30",)),
)


def take(url: str, accounts: Sequence[Mapping[str, str]], wanted: Sequence[str]) -> None:
    """Go through an office and take pictures.

    Args:
        url: where it is.
        accounts: what it made: email and password of each.
        wanted: names of stops; none: all.
    """
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser:
        pages: dict[str, Page] = {}
        for place, stop in enumerate(stop for stop in STOPS if not wanted or stop.name in wanted):
            page = pages.get(stop.who) or pages.setdefault(stop.who, _page(browser, url))
            if stop.path and "login" in page.url:
                _enter(page, url, next(each for each in accounts if each["email"].startswith(f"{stop.who}@")))
            _show(page, url, stop)
            picture = FOLDER / f"{stop.name}.png"
            page.screenshot(path=picture)
            print(f"{place + 1}. {picture.name}: {picture.stat().st_size // 1024} KiB")


def _page(browser: Browser, url: str) -> Page:
    page = browser.new_context(locale="vi-VN", reduced_motion="reduce").new_page()
    page.goto(f"{url}/account/login/")
    return page


def _enter(page: Page, url: str, account: Mapping[str, str]) -> None:
    """Sign in; whoever needs a second factor gets a passkey."""
    add_security_key(page)
    page.fill("[name=login]", account["email"])
    page.fill("[name=password]", account["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()
    if "/protect/" in page.url:
        page.goto(f"{url}/account/2fa/webauthn/add/")
        page.click("#mfa_webauthn_add")
        page.wait_for_url("**/2fa/**")


def _show(page: Page, url: str, stop: Stop) -> None:
    width, height = stop.size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=stop.theme)
    if not stop.path:
        return
    page.goto(url + stop.path)
    for selector in stop.clicks:
        page.click(selector)
        page.wait_for_load_state("networkidle")
    page.wait_for_load_state("networkidle")


async def main() -> int:
    """Take the pictures; return 0."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running_office(Options(people=PEOPLE), folder / "office") as office:
            await make_registry(folder)
            await asyncio.to_thread(take, office.url, office.accounts, sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
