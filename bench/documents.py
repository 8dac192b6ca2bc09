"""A million documents: registers, pages and search as officials, clerks and heads on three levels see them.

The real thing: PostgreSQL, granian with a process per core, and wrk, all on this machine's cores, twenty users.
``--quick`` fills in 100,000 documents and 30,000 accounts.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

from _pages import PAUSE, PER_SECOND, USERS, Visit, fetch_page, load_pages, signed_in
from _report import Row, at_most, main

from lienthong.cli.office_run import Office, Options, running_office

_DOCUMENTS: Final = 1_000_000
_PERSONS: Final = 150_000
_PAGE_MILLIS: Final = 100
_SEARCH_MILLIS: Final = 150
_FILLED_SECONDS: Final = 600


def _measure(quick: bool) -> list[Row]:  # noqa: FBT001 - the report's signature
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as name:
        return asyncio.run(_run(Path(name), quick=quick))


async def _run(folder: Path, *, quick: bool) -> list[Row]:
    documents, persons = (_DOCUMENTS // 10, _PERSONS // 5) if quick else (_DOCUMENTS, _PERSONS)
    options = Options(workers=os.cpu_count() or 1, people=persons, documents=documents)
    begun = time.monotonic()
    async with running_office(options, folder) as office:
        filled = time.monotonic() - begun
        visits = await asyncio.to_thread(signed_in, office, folder, "_documents_visits.py")
        rows = [at_most(f"from an empty folder to {documents:,} documents served", filled, "s", _FILLED_SECONDS)]
        return rows + await asyncio.to_thread(_pages, office, visits, folder, 2 if quick else 8)


def _pages(office: Office, visits: list[Visit], folder: Path, seconds: int) -> list[Row]:
    for each in visits:
        fetch_page(office.url, each)
    script = folder / "visits.lua"
    rows = []
    for pause, name in ((PAUSE, "with pauses"), (0, "without pauses")):
        together = load_pages(office.url, visits, script, 3 * seconds, pause)
        rows += [
            Row(
                name=f"{USERS} users {name}: page views",
                value=together.per_second,
                unit="1/s",
                goal=f"≥ {PER_SECOND}/s, less the errand of measuring" if pause else "",
                holds=together.per_second >= 0.95 * PER_SECOND and not together.errors if pause else None,
            ),
            at_most(f"{USERS} users {name}: p95", together.p95, "ms", _PAGE_MILLIS),
        ]
    for each in visits:
        alone = load_pages(office.url, [each], script, seconds, PAUSE)
        limit = _SEARCH_MILLIS if each.page.startswith("search") else _PAGE_MILLIS
        rows.append(at_most(f"{each.page}, {each.who} ({each.queries} queries): p95", alone.p95, "ms", limit))
    return rows


if __name__ == "__main__":
    main("Documents: registers, pages and search", _measure)
