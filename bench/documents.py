"""A million documents: registers, pages and search as officials, clerks and heads on three levels see them.

The real thing: PostgreSQL, granian with a process per core, and wrk, all on this machine's cores, twenty users. Then a
document of 90 KB labelled Mật goes to the whole country, through gateways as in the demo (``_dispatch``). The peers, in
the same run: the address that only tells that the process lives, and the exchange's own broadcast of the same size.
``--quick`` fills in few, and sends to few.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import uvloop
from _dispatch import SIZE, Dispatched, connect, dispatch, running_country
from _nginx import load
from _pages import PAUSE, PER_SECOND, USERS, ServerTime, Visit, fetch_page, load_pages, paced, run_beside, signed_in
from _report import Row, at_most, markdown, parser_of, show

from lienthong.cli.office_run import Office, Options, running_office

_TITLE: Final = "Documents: registers, pages, search, and a national dispatch"
_SIZES: Final = ("documents", "organs", "accounts")
_ALL: Final = (1_000_000, 3_355, 150_000)
_QUICK: Final = (20_000, 30, 10_000)
_PAGE_MILLIS: Final = 100
_SEARCH_MILLIS: Final = 150
_FILLED_SECONDS: Final = 600
_MOST_ADDED: Final = 1.2
_LIVES: Final = "GET /health of the same processes"
_OWN: Final = "the exchange's own broadcast, before and after it"


def _measure(options: argparse.Namespace) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as name:
        return uvloop.run(_run(Path(name), options))


async def _run(folder: Path, options: argparse.Namespace) -> list[Row]:
    begun = time.monotonic()
    asked = Options(workers=os.cpu_count() or 1, people=options.accounts, documents=options.documents)
    async with running_office(asked, folder / "office") as office:
        filled = time.monotonic() - begun
        name = f"from an empty folder to {options.documents:,} documents and {options.accounts:,} accounts served"
        rows = [at_most(name, filled, "s", _FILLED_SECONDS)]
        files = await asyncio.to_thread(run_beside, office, folder / "office", "_documents_files.py")
        rows.append(Row(name="documents with words of a file, too", value=float(files), unit=""))
        visits = await asyncio.to_thread(signed_in, office, folder / "office", "_documents_visits.py")
        rows += await asyncio.to_thread(_pages, office, visits, folder, options)
        return rows + await _national(office, folder, options.organs)


def _pages(office: Office, visits: list[Visit], folder: Path, options: argparse.Namespace) -> list[Row]:
    seconds = options.seconds
    for each in visits:
        fetch_page(office.url, each)
    peer = load(f"{office.url}/health", connections=USERS, seconds=seconds)
    script = folder / "visits.lua"
    paused = paced(office.url, visits, script, 4 * seconds)
    served = ServerTime(office)
    hurried = load_pages(office.url, visits, script, 4 * seconds, 0)
    scans = sorted({table for each in visits for table in each.scans})
    rows = [
        Row(
            name=f"{USERS} users with pauses: page views",
            value=paused.per_second,
            unit="1/s",
            goal=f"≥ {PER_SECOND}/s, as far as chance lets pauses make it",
            holds=paused.per_second >= 0.97 * PER_SECOND and not paused.errors,
        ),
        at_most(f"{USERS} users with pauses: p95 of all pages and searches", paused.p95, "ms", _PAGE_MILLIS),
        Row(
            name=f"{USERS} users without pauses: page views",
            value=hurried.per_second,
            unit="1/s",
            peer=_LIVES,
            peer_value=peer.per_second,
            ratio=hurried.per_second / peer.per_second,
        ),
        at_most(f"{USERS} users without pauses: p95 of server time", served.p95(), "ms", _PAGE_MILLIS),
        Row(name=f"{USERS} users without pauses: p95 with waiting in line", value=hurried.p95, unit="ms"),
        at_most(f"large tables that a page reads from end to end{_listed(scans)}", len(scans), "", 0),
    ]
    return rows + [_page(office, *some, script, seconds) for some in _groups(visits, by_place=not options.quick)]


def _page(office: Office, name: str, visits: Sequence[Visit], script: Path, seconds: int) -> Row:
    """Return how fast a page is, for which officials, clerks and heads ask in turn."""
    alone = load_pages(office.url, visits, script, seconds, PAUSE)
    counts = sorted({each.queries for each in visits})
    queries = f"{counts[0]} queries" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} queries"
    limit = _SEARCH_MILLIS if name.startswith("search") else _PAGE_MILLIS
    return at_most(f"{name} ({queries}): p95", alone.p95, "ms", limit)


def _groups(visits: Iterable[Visit], *, by_place: bool) -> list[tuple[str, list[Visit]]]:
    """Return what is measured together: a page as those of one place see it, or of all places."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for each in visits:
        _role, _, place = each.who.partition(", ")
        found[f"{each.page}, {place}" if by_place else each.page].append(each)
    return list(found.items())


def _listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


async def _national(office: Office, folder: Path, organs: int) -> list[Row]:
    async with running_country(folder / "country", organs) as found:
        body = os.urandom(SIZE)
        await connect(office, folder / "office", found)
        # The first one loads the organs' keys into the gateways.
        await found.broadcast(body)
        before = await found.broadcast(body)
        sent = await dispatch(office, folder / "office", found)
        after = await found.broadcast(body)
        return _dispatch_rows(sent, (before + after) / 2, found.organs)


def _dispatch_rows(sent: Dispatched, own: float, organs: int) -> list[Row]:
    ratio = sent.delivered / own
    what = f"dispatch of {SIZE // 1000} KB, Mật, to {organs:,} organs: from the click"
    return [
        Row(name=f"{what} until all letters are durable", value=sent.sent, unit="s"),
        Row(
            name=f"{what} to the last receipt of delivery on the sender's page",
            value=sent.delivered,
            unit="s",
            peer=_OWN,
            peer_value=own,
            ratio=ratio,
            goal=f"≤ {_MOST_ADDED:g} × peer",
            holds=ratio <= _MOST_ADDED,
        ),
        Row(name=f"{what} until all have it in their registers, with its file", value=sent.entered, unit="s"),
        Row(name="arrivals entered, from the click on", value=organs / sent.entered, unit="1/s"),
        Row(name=f"{what} to the last receipt of opening on the sender's page", value=sent.opened, unit="s"),
    ]


def main() -> None:
    """Read what is asked for, measure, and report."""
    parser = parser_of(_TITLE)
    for name, most, few in zip(_SIZES, _ALL, _QUICK, strict=True):
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{most:,} unless given, {few:,} if quick")
    options = parser.parse_args()
    for name, value in zip(_SIZES, _QUICK if options.quick else _ALL, strict=True):
        setattr(options, name, getattr(options, name) or value)
    # There are no more below the centre.
    options.organs = min(options.organs, _ALL[1])
    options.seconds = 1 if options.quick else 4
    rows = _measure(options)
    show(_TITLE, rows, options.json)
    print(f"\n{markdown(rows)}")


if __name__ == "__main__":
    main()
