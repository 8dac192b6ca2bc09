"""The office with a whole country in it: pages as officials of a commune, a province and the centre see them.

The real thing: PostgreSQL, granian with a process per core, and wrk, all on this machine's cores. Twenty users ask for
pages of every kind in turn, first with pauses that make 100 page views a second, then without any. The peer is the
address that only tells that the process lives: what the servers cost without the office.
"""

import asyncio
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from _nginx import load
from _pages import PAUSE, PER_SECOND, USERS, ServerTime, Visit, fetch_page, load_pages, paced, signed_in
from _report import Row, at_most, main

from lienthong.cli.office_run import Office, Options, running_office

_P95_MILLIS: Final = 100
_PAGE_KIB: Final = 150
_PERSONS: Final = 150_000
_LIVES: Final = "GET /health of the same processes"
_STATIC: Final = re.compile(r'(?:href|src)="(/static/[^"#?]+)')
_FONT: Final = re.compile(r"url\(\"?([^\")]+\.woff2)")


def _measure(quick: bool) -> list[Row]:  # noqa: FBT001 - the report's signature
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as name:
        return asyncio.run(_run(Path(name), quick=quick))


async def _run(folder: Path, *, quick: bool) -> list[Row]:
    persons = _PERSONS // 5 if quick else _PERSONS
    begun = time.monotonic()
    async with running_office(Options(workers=os.cpu_count() or 1, people=persons), folder) as office:
        filled = time.monotonic() - begun
        visits = await asyncio.to_thread(signed_in, office, folder, "_office_visits.py")
        rows = [at_most(f"from an empty folder to {persons:,} accounts served", filled, "s", 120)]
        return rows + await asyncio.to_thread(_pages, office, visits, folder, 2 if quick else 10)


def _pages(office: Office, visits: list[Visit], folder: Path, seconds: int) -> list[Row]:
    for each in visits:
        fetch_page(office.url, each)
    peer = load(f"{office.url}/health", connections=USERS, seconds=seconds)
    script = folder / "visits.lua"
    paused = paced(office.url, visits, script, 3 * seconds)
    served = ServerTime(office)
    hurried = load_pages(office.url, visits, script, 3 * seconds, 0)
    rows = [
        Row(
            name=f"{USERS} users with pauses: page views",
            value=paused.per_second,
            unit="1/s",
            goal=f"≥ {PER_SECOND}/s, as far as chance lets pauses make it",
            holds=paused.per_second >= 0.97 * PER_SECOND and not paused.errors,
        ),
        at_most(f"{USERS} users with pauses: p95", paused.p95, "ms", _P95_MILLIS),
        Row(
            name=f"{USERS} users without pauses: page views",
            value=hurried.per_second,
            unit="1/s",
            peer=_LIVES,
            peer_value=peer.per_second,
            ratio=hurried.per_second / peer.per_second,
        ),
        at_most(f"{USERS} users without pauses: p95 of server time", served.p95(), "ms", _P95_MILLIS),
        Row(name=f"{USERS} users without pauses: p95 with waiting in line", value=hurried.p95, unit="ms"),
    ]
    for each in visits:
        alone = load_pages(office.url, [each], script, seconds, PAUSE)
        name = f"{each.page}, {each.who} ({each.queries} queries)"
        rows.append(at_most(f"{name}: p95", alone.p95, "ms", _P95_MILLIS))
    return rows + _weights(office.url, visits)


def _weights(url: str, visits: list[Visit]) -> list[Row]:
    """Return the bytes on the line of a first visit, and of the heaviest page after it."""
    heaviest = max((fetch_page(url, each)[0], each.page) for each in visits)
    home = next(each for each in visits if each.page == "home")
    size, text = fetch_page(url, home)
    for path in sorted(set(_STATIC.findall(text))):
        amount, body = fetch_page(url, home, path)
        size += amount
        if path.endswith(".css"):
            # A browser fetches those that the page's letters need: of each weight Latin and Vietnamese.
            fonts = {urljoin(path, font) for font in _FONT.findall(body) if "ext" not in font}
            size += sum(fetch_page(url, home, font)[0] for font in fonts)
    return [
        Row(name="first visit, everything, compressed", value=size / 1024, unit="KiB"),
        at_most(f"heaviest page after it ({heaviest[1]})", heaviest[0] / 1024, "KiB", _PAGE_KIB),
    ]


if __name__ == "__main__":
    main("Office: a country's officials at their pages", _measure)
