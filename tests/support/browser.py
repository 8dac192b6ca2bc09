"""Debian's Chromium, driven by Playwright; a virtual security key; codes of an authenticator app."""

import base64
import hashlib
import hmac
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# As root there is no sandbox to enter; the others keep it from calling its maker.
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
)
_STEP: Final = 30
_AXE: Final = """async () => {
  const dress = theme => { document.documentElement.dataset.bsTheme = theme; };
  const run = async (theme, runOnly) => {
    dress(theme);
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.map(violation => [theme, violation]);
  };
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const colours = ["color-contrast", "link-in-text-block"];
  const light = await run("light", { type: "tag", values: tags });
  return [...light, ...await run("dark", { type: "rule", values: colours })];
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def totp(secret: str, at: float) -> str:
    """Return the code of an authenticator app (RFC 6238: SHA-1, 30 seconds, six digits)."""
    key = base64.b32decode(secret.replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // _STEP), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def next_totp(secret: str) -> str:
    """Return the code of the next half minute, when it has come: each code works once."""
    time.sleep(_STEP - time.time() % _STEP + 0.1)
    return totp(secret, time.time())


def add_security_key(page: Page) -> None:
    """Give the browser a security key in the device that knows its owner and is always touched."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def axe(page: Page, source: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what axe-core finds against WCAG 2.2 AA and its own best practices, with the theme in which it is so.

    All rules run in the light; in the dark those that look at colours, as nothing else changes.
    """
    page.evaluate(source.read_text(encoding="utf-8"))
    found: list[tuple[str, dict[str, Any]]] = page.evaluate(_AXE)
    return found
