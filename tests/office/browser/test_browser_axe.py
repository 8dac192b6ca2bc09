"""Every page against WCAG 2.2 AA, in light and dark: all addresses, and what links lead to."""

import contextlib
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import Resolver404, URLResolver, get_resolver, resolve
from playwright.sync_api import Page

from tests.office.browser.conftest import Office
from tests.support.browser import axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = Path("src/lienthong/office/assets/node_modules/axe-core/axe.min.js")
# Another program's pages, or none for people at all.
ELSEWHERE = ("admin/", "api/", "live", "account/social/")
# Addresses with changing parts that no page links to.
MORE = ("/", "/nothing", "/account/password/reset/key/1-none/")
# More pages of one address than this look alike.
EXAMPLES = 2


_DRESS = "theme => { document.documentElement.dataset.bsTheme = theme; }"


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and address of everything that can be asked for."""
    for each in resolver.url_patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each, address)
        elif not address.startswith(ELSEWHERE):
            yield each.name or address, address


def _plain() -> list[str]:
    """Return the addresses without parts that change."""
    return [f"/{address}" for _, address in _patterns(get_resolver()) if not re.search(r"[<^$(\\]", address)]


def _name(path: str) -> str:
    with contextlib.suppress(Resolver404):
        return resolve(path.partition("?")[0]).url_name or path
    return path


def shape(path: str) -> str:
    """Return a path with its numbers and long keys taken out."""
    return re.sub(r"(?<=/)(\d+|[\w-]{20,})(?=/|$)", "N", path.partition("?")[0])


def _links(page: Page, office: Office) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    here = [link.partition("#")[0].removeprefix(office.url) for link in found if link.startswith(f"{office.url}/")]
    downloads = set(page.eval_on_selector_all("a[download]", "links => links.map(link => link.href)"))
    return [path for path in here if office.url + path not in downloads]


def _faults(page: Page, project: Path) -> list[str]:
    """Return what axe finds on a page, in light and in dark."""
    faults = []
    for theme in ("light", "dark"):
        page.evaluate(_DRESS, theme)
        for violation in axe(page, project / AXE):
            where = [node["target"] for node in violation["nodes"][:3]]
            faults.append(f"{page.url} ({theme}): {violation['id']}: {violation['help']} {where}")
    return faults


def _walk(page: Page, office: Office, project: Path) -> tuple[set[str], list[str]]:
    """Visit every plain address and what can be reached by links; return the names of addresses, and the faults."""
    waiting, examples, looked_at, faults = (
        deque([*MORE, *_plain()]),
        dict[str, int](),
        set[str](),
        list[str](),
    )
    seen = set(waiting)
    while waiting:
        path = waiting.popleft()
        kind = shape(path)
        examples[kind] = examples.get(kind, 0) + 1
        if examples[kind] > EXAMPLES:
            continue
        # Some addresses take no GET, or answer with a part of a page or a file: no browser shows them by themselves.
        answer = page.context.request.get(office.url + path)
        if b"<html" not in answer.body():
            continue
        page.goto(office.url + path)
        here = page.url.partition("#")[0].removeprefix(office.url)
        if here in looked_at:
            continue
        looked_at.add(here)
        faults += _faults(page, project)
        for link in _links(page, office):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return {_name(path) for path in seen}, faults


def test_pages_before_signing_in(office: Office, page: Page, project: Path) -> None:
    _, faults = _walk(page, office, project)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("key", ["administrator", "official"])
def test_pages_of_a_person(office: Office, page: Page, project: Path, key: str) -> None:
    office.enter(page, key)
    _, faults = _walk(page, office, project)
    assert not faults, "\n".join(faults)


def test_pages_of_an_operator(office: Office, page: Page, project: Path) -> None:
    office.enter(page, "operator")
    office.add_passkey(page)
    _, faults = _walk(page, office, project)
    assert not faults, "\n".join(faults)
