"""Pages of a running office under load: who asks for what, how fast it is answered, and how heavy it is."""

import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lienthong.cli.office_run import Office
from lienthong.embedded.postgres import url_in

USERS: Final = 20
PER_SECOND: Final = 100
# Milliseconds between two pages of a user, if pages took no time.
_ROUND: Final = 1000 * USERS / PER_SECOND
PAUSE: Final = _ROUND - 20
_SCRIPT: Final = Path(__file__).with_name("_office.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page as one official."""

    page: str
    who: str
    path: str
    cookie: str
    queries: int
    # Tables that its queries would read from end to end, as the database plans them.
    scans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of it: milliseconds until an answer was there, and answers that were none."""

    per_second: float
    p95: float
    errors: int


class ServerTime:
    """How long the office itself says that it was busy with each request, from when this was made."""

    def __init__(self, office: Office) -> None:
        """Begin."""
        self._log = office.logs / "web.log"
        self._begun = self._log.stat().st_size

    def p95(self) -> float:
        """Return milliseconds, without what a request waited for a thread."""
        with self._log.open() as log:
            log.seek(self._begun)
            busy = [float(json.loads(line)["ms"]) for line in log if '"event": "request"' in line]
        return statistics.quantiles(busy, n=20)[-1]


def load_pages(url: str, visits: Sequence[Visit], script: Path, seconds: int, pause: float) -> Loaded:
    """Have all users ask for pages in turn, with pauses of so many milliseconds on average.

    Args:
        url: of the office.
        visits: the pages.
        script: where wrk's script may be written.
        seconds: how long.
        pause: 0 for none.
    """
    lines = ",\n".join(f'{{"{each.path}", "{each.cookie}"}}' for each in visits)
    script.write_text(f"local visits = {{{lines}}}\nlocal pause = {pause}\n{_SCRIPT.read_text()}")
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Loaded(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", text)),
        p95=float(_found(r"p95 ([\d.]+) ms", text)),
        errors=int(failed[1] if failed else 0) + sum(map(int, broken.groups() if broken else ())),
    )


def paced(url: str, visits: Sequence[Visit], script: Path, seconds: int) -> Loaded:
    """Have all users ask for pages in turn, with pauses that make the wanted rate: a short trial says how long."""
    trial = load_pages(url, visits, script, max(2, seconds // 3), PAUSE)
    waited = 1000 * USERS / trial.per_second - PAUSE
    return load_pages(url, visits, script, seconds, max(0.0, _ROUND - waited))


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk says something else than expected:\n{text}")
    return found[1]


def fetch_page(url: str, visit: Visit, path: str = "") -> tuple[int, str]:
    """Return how many bytes a page has on the line, and its text."""
    headers = {"Cookie": visit.cookie, "Accept-Encoding": "gzip"}
    request = urllib.request.Request(url + (path or visit.path), headers=headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        body: bytes = answer.read()
        plain = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
        return len(body), plain.decode(errors="replace")


def signed_in(office: Office, folder: Path, program: str) -> list[Visit]:
    """Have a process with Django in it sign officials in, and count the queries of each page.

    Args:
        office: runs in the folder.
        folder: the same.
        program: a file beside this one, which writes the visits as JSON on its last line.
    """
    found: list[dict[str, Any]] = run_beside(office, folder, program)
    return [Visit(**each | {"scans": tuple(each["scans"])}) for each in found]


def run_beside(office: Office, folder: Path, program: str, *arguments: str) -> Any:  # noqa: ANN401 - what the program says
    """Have a process with Django in it do something, and return the JSON of its last line.

    Args:
        office: runs in the folder.
        folder: the same.
        program: a file beside this one.
        arguments: of it.
    """
    environment = {
        "DATABASE_URL": url_in(folder / "postgres"),
        "LIENTHONG_OFFICE_STATE": str(folder / "office"),
        "LIENTHONG_OFFICE_URL": office.url,
        "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
    }
    command = [sys.executable, str(Path(__file__).with_name(program)), *arguments]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(arguments)}:\n{done.stderr[-5000:]}")
    return json.loads(done.stdout.splitlines()[-1])
