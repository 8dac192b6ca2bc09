"""A registry cleaned end to end, beside plain Splink 5 on the same standardised records.

Generated members of a seed that nothing was tuned on. Plain Splink is used as its examples use it, once with what they
compare and once with the registry's identifiers too (``_quality_child``); its best threshold is picked with the truth,
ours is not. ``--quick`` takes 20,000 records.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
from _report import Row, at_most, markdown, parser_of, show

from lienthong.cli.main import main as lienthong
from lienthong.quality import evaluate

_TITLE: Final = "Cleaning a registry"
_ALL: Final = 5_000_000
_QUICK: Final = 20_000
_GROWTH: Final = 5
_STYLES: Final = ("example", "identifiers")
_PLAIN: Final = "plain Splink 5"
_TOLD: Final = "the same, with identifiers"
_TIMES: Final = 1.5
_CHILD: Final = Path(__file__).with_name("_quality_child.py")


def _measure(options: argparse.Namespace) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="lienthong-quality-", dir=options.folder) as name:
        folder = Path(name)
        rows = _registry(folder, options.records, options.seed, checks=50 if options.quick else 300)
        if not options.quick:
            rows.append(_growth(folder, rows[0].value, options))
        return rows


def _registry(folder: Path, records: int, seed: int, *, checks: int) -> list[Row]:
    made, out = _generated(folder / "made", records, seed), folder / "out"
    run = _child("run", made / "records", out)
    standardised = out / "standardised.parquet"
    plain = _child("plain", standardised, folder / "example", "example")
    told = _child("plain", standardised, folder / "identifiers", "identifiers")
    index = _child("index", out, folder / "indexing")
    checked = _child("check", standardised, out, checks)
    counts = run["counts"]
    ours, sure, theirs, best = _judged(folder, made / "truth.parquet")
    return [
        _whole(f"quality run, {records:,} records", run["seconds"], 300, records),
        at_most("most memory of it", run["peak"] / 1e9, "GB", 8),
        *(Row(name=f"step {step}", value=seconds, unit="s") for step, seconds in run["steps"].items()),
        _beside("link step", run["steps"]["link"], plain["seconds"]),
        _beside("link step", run["steps"]["link"], told["seconds"], peer=_TOLD),
        Row(name="processor time of the run", value=run["cpu"], unit="s", peer=_PLAIN, peer_value=plain["cpu"]),
        Row(name="most memory", value=run["peak"] / 1e9, unit="GB", peer=_PLAIN, peer_value=plain["peak"] / 1e9),
        _better("pairwise F1", ours.f1, theirs.f1),
        Row(name="pairwise F1", value=ours.f1, unit="", peer=_TOLD, peer_value=best.f1, ratio=ours.f1 / best.f1),
        Row(name="pairwise precision", value=ours.precision, unit="", peer=_PLAIN, peer_value=theirs.precision),
        Row(name="pairwise recall", value=ours.recall, unit="", peer=_PLAIN, peer_value=theirs.recall),
        Row(name="precision of automatic merges", value=sure, unit="", goal="≥ 0.999", holds=sure >= 0.999),
        at_most("review queue", 100 * counts["review"] / records, "% of records", 1.5),
        _whole(f"validation of {counts['rules']} rules", run["steps"]["validate"], 6, records),
        Row(name="one-record check, p50", value=checked["p50"] * 1000, unit="ms"),
        at_most("one-record check, p95", checked["p95"] * 1000, "ms", 300),
        Row(name="records found as themselves by it", value=100 * checked["found"], unit="%"),
        Row(name="making its index", value=index["seconds"], unit="s"),
        Row(name="size of its index", value=index["bytes"] / 1e6, unit="MB"),
    ]


def _growth(folder: Path, seconds: float, options: argparse.Namespace) -> Row:
    less = options.records // _GROWTH
    made = _generated(folder / "less", less, options.seed + 1)
    smaller = _child("run", made / "records", folder / "less_out")
    growth = (seconds / options.records) / (smaller["seconds"] / less)
    return at_most(f"cost per record, {options.records:,} to {less:,}", growth, "times", 1.6)


def _judged(folder: Path, truth: Path) -> tuple[evaluate.Quality, float, evaluate.Quality, evaluate.Quality]:
    """Our persons, the precision of our sure groups, and plain Splink in both styles, each at its best threshold."""
    with duckdb.connect() as connection:
        known = f"(SELECT record_id, person_id AS truth FROM read_parquet('{truth}'))"
        mine = f"read_parquet('{folder}/out/clusters.parquet')"
        ours = evaluate.against_truth(connection, mine, known).pairwise
        groups = f"(SELECT record_id, group_id AS person_id FROM {mine})"
        sure = evaluate.against_truth(connection, groups, known).pairwise
        theirs, best = (_best(connection, folder / f"{style}.pairs.parquet", known) for style in _STYLES)
    return ours, sure.precision, theirs, best


def _best(connection: duckdb.DuckDBPyConnection, pairs: Path, known: str) -> evaluate.Quality:
    found = evaluate.over_thresholds(connection, f"read_parquet('{pairs}')", known)
    return max((each.pairwise for each in found), key=lambda quality: quality.f1)


def _beside(name: str, value: float, theirs: float, *, peer: str = "") -> Row:
    """Return a row of seconds; only what plain Splink's examples take is a goal."""
    ratio = value / theirs
    goal, holds = ("", None) if peer else (f"≤ {_TIMES:g} × peer", ratio <= _TIMES)
    return Row(
        name=name, value=value, unit="s", peer=peer or _PLAIN, peer_value=theirs, ratio=ratio, goal=goal, holds=holds
    )


def _whole(name: str, seconds: float, limit: float, records: int) -> Row:
    """Return a row of seconds with a goal where it is about as many records as the goal."""
    return at_most(name, seconds, "s", limit) if records == _ALL else Row(name=name, value=seconds, unit="s")


def _better(name: str, value: float, peer: float) -> Row:
    return Row(
        name=name,
        value=value,
        unit="",
        peer=f"{_PLAIN}, best threshold",
        peer_value=peer,
        ratio=value / peer,
        goal="≥ peer + 0.02",
        holds=value >= peer + 0.02,
    )


def _generated(folder: Path, records: int, seed: int) -> Path:
    if lienthong(["quality", "generate", "-n", str(records), "--seed", str(seed), "-o", str(folder)]):
        raise SystemExit(1)
    return folder


def _child(what: str, *arguments: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(_CHILD), what, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    measured: dict[str, Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return measured


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what is asked, measure, and report; missing a goal is no failure."""
    parser = parser_of(_TITLE)
    parser.add_argument("--records", type=int, help=f"how many; default {_ALL:,}, with --quick {_QUICK:,}")
    parser.add_argument("--seed", type=int, default=90_001, help="of the generated members")
    parser.add_argument("--folder", type=Path, help="where to work; default: the system's folder for temporary files")
    options = parser.parse_args(arguments)
    options.records = options.records or (_QUICK if options.quick else _ALL)
    rows = _measure(options)
    show(_TITLE, rows, options.json)
    print(markdown(rows))


if __name__ == "__main__":
    main()
