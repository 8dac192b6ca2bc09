"""The office with a whole country in it: pages as officials of a commune, a province and the centre see them.

The real thing: PostgreSQL, granian with a process per core, and wrk, all on this machine's cores. Twenty users ask for
pages of every kind in turn, first with pauses that make 100 page views a second, then without any. The peer is the
address that only tells that the process lives: what the servers cost without the office.
"""

import asyncio
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from _nginx import load
from _report import Row, at_most, main

from lienthong.cli.office_run import Office, Options, running_office
from lienthong.embedded.postgres import url_in

_USERS: Final = 20
_PER_SECOND: Final = 100
_P95_MILLIS: Final = 100
_PAGE_KIB: Final = 150
_PERSONS: Final = 150_000
_LIVES: Final = "GET /health of the same processes"
_SCRIPT: Final = Path(__file__).with_name("_office.lua")
_STATIC: Final = re.compile(r'(?:href|src)="(/static/[^"#?]+)')
_FONT: Final = re.compile(r"url\(\"?([^\")]+\.woff2)")
# Milliseconds for what runs besides: a user pauses so long that twenty of them make the wanted rate.
_PAUSE: Final = 1000 * _USERS / _PER_SECOND - 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One page as one official."""

    page: str
    who: str
    path: str
    cookie: str
    queries: int


def _measure(quick: bool) -> list[Row]:  # noqa: FBT001 - the report's signature
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as name:
        return asyncio.run(_run(Path(name), quick=quick))


async def _run(folder: Path, *, quick: bool) -> list[Row]:
    persons = _PERSONS // 5 if quick else _PERSONS
    begun = time.monotonic()
    async with running_office(Options(workers=os.cpu_count() or 1, people=persons), folder) as office:
        filled = time.monotonic() - begun
        visits = await asyncio.to_thread(_visits, office, folder)
        rows = [at_most(f"from an empty folder to {persons:,} accounts served", filled, "s", 120)]
        return rows + await asyncio.to_thread(_pages, office, visits, folder, 2 if quick else 10)


def _pages(office: Office, visits: list[_Visit], folder: Path, seconds: int) -> list[Row]:
    for each in visits:
        _fetch(office.url, each)
    peer = load(f"{office.url}/health", connections=_USERS, seconds=seconds)
    script = folder / "visits.lua"
    together = {pause: _load(office.url, visits, script, 3 * seconds, pause) for pause in (_PAUSE, 0)}
    rows = [
        Row(
            name=f"{_USERS} users with pauses: page views",
            value=together[_PAUSE].per_second,
            unit="1/s",
            goal=f"≥ {_PER_SECOND}/s, less the errand of measuring",
            holds=together[_PAUSE].per_second >= 0.95 * _PER_SECOND and not together[_PAUSE].errors,
        ),
        at_most(f"{_USERS} users with pauses: p95", together[_PAUSE].p95, "ms", _P95_MILLIS),
        Row(
            name=f"{_USERS} users without pauses: page views",
            value=together[0].per_second,
            unit="1/s",
            peer=_LIVES,
            peer_value=peer.per_second,
            ratio=together[0].per_second / peer.per_second,
        ),
        at_most(f"{_USERS} users without pauses: p95", together[0].p95, "ms", _P95_MILLIS),
    ]
    for each in visits:
        alone = _load(office.url, [each], script, seconds, _PAUSE)
        name = f"{each.page}, {each.who} ({each.queries} queries)"
        rows.append(at_most(f"{name}: p95", alone.p95, "ms", _P95_MILLIS))
    return rows + _weights(office.url, visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    per_second: float
    p95: float
    errors: int


def _load(url: str, visits: list[_Visit], script: Path, seconds: int, pause: float) -> _Loaded:
    lines = ",\n".join(f'{{"{each.path}", "{each.cookie}"}}' for each in visits)
    script.write_text(f"local visits = {{{lines}}}\nlocal pause = {pause}\n{_SCRIPT.read_text()}")
    command = ["wrk", "-t1", f"-c{_USERS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return _Loaded(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", text)),
        p95=float(_found(r"p95 ([\d.]+) ms", text)),
        errors=int(failed[1] if failed else 0) + sum(map(int, broken.groups() if broken else ())),
    )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk says something else than expected:\n{text}")
    return found[1]


def _weights(url: str, visits: list[_Visit]) -> list[Row]:
    """Return the bytes on the line of a first visit, and of the heaviest page after it."""
    heaviest = max((_fetch(url, each)[0], each.page) for each in visits)
    home = next(each for each in visits if each.page == "home")
    size, text = _fetch(url, home)
    for path in sorted(set(_STATIC.findall(text))):
        amount, body = _fetch(url, home, path)
        size += amount
        if path.endswith(".css"):
            # A browser fetches those that the page's letters need: of each weight Latin and Vietnamese.
            fonts = {urljoin(path, font) for font in _FONT.findall(body) if "ext" not in font}
            size += sum(_fetch(url, home, font)[0] for font in fonts)
    return [
        Row(name="first visit, everything, compressed", value=size / 1024, unit="KiB"),
        at_most(f"heaviest page after it ({heaviest[1]})", heaviest[0] / 1024, "KiB", _PAGE_KIB),
    ]


def _fetch(url: str, visit: _Visit, path: str = "") -> tuple[int, str]:
    headers = {"Cookie": visit.cookie, "Accept-Encoding": "gzip"}
    request = urllib.request.Request(url + (path or visit.path), headers=headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        body: bytes = answer.read()
        plain = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
        return len(body), plain.decode(errors="replace")


def _visits(office: Office, folder: Path) -> list[_Visit]:
    """Have a process with Django in it sign officials in, and count the queries of each page."""
    environment = {
        "DATABASE_URL": url_in(folder / "postgres"),
        "LIENTHONG_OFFICE_STATE": str(folder / "office"),
        "LIENTHONG_OFFICE_URL": office.url,
        "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
    }
    command = [sys.executable, str(Path(__file__).with_name("_office_visits.py"))]
    text = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    found: list[dict[str, Any]] = json.loads(text.splitlines()[-1])
    return [_Visit(**each) for each in found]


if __name__ == "__main__":
    main("Office: a country's officials at their pages", _measure)
