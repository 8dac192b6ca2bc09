"""How ``person`` does on public labelled sets, beside plain Splink 5 on the same standardised records.

Nobody learns from labels, and ``person`` is taken as it is. Plain Splink is set up as its examples are, with what each
set has, and its best threshold is picked with the truth; ours is not. The sets come with the packages of the group
``labelled`` (``tools/bootstrap labelled``); nothing of them is in this repository.

- FEBRL 3: 2,000 persons of an Australian address book and 3,000 copies of them, up to five of one, with several errors
  each. FEBRL 4: 5,000 persons and a copy of each.
- RLdata10000: 9,000 names and dates of birth of Germans, 1,000 of them once more, with one error.

All are made by programs from tables of real names. ``--quick`` leaves FEBRL 4 out.
"""

import contextlib
import io
import json
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import splink.comparison_library as cl
from _labelled_sets import SETS, Labelled
from _report import Row, markdown, parser_of, show
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from lienthong.cli.main import main as lienthong
from lienthong.quality import evaluate

_TITLE: Final = "Persons of public sets"
_PLAIN: Final = "plain Splink 5"
_THRESHOLDS: Final = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999)
_BEST: Final = f"{_PLAIN}, best threshold"


def _measure(each: Labelled) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="lienthong-labelled-") as name, duckdb.connect() as connection:
        folder = Path(name)
        each.bring(connection, folder / "records.csv")
        counts, took = _ours(folder)
        begun = time.monotonic()
        _plain(connection, folder / "out/standardised.parquet")
        plain_took = time.monotonic() - begun
        yield from _judged(connection, each.name, folder / "out/clusters.parquet", counts["records"])
        queue = 100 * counts["review"] / counts["records"]
        yield Row(name=f"{each.name}: review queue", value=queue, unit="% of records")
        yield Row(name=f"{each.name}: link step", value=took, unit="s", peer=_PLAIN, peer_value=plain_took)


def _ours(folder: Path) -> tuple[dict[str, int], float]:
    """Link the records; return counts, and the seconds of the link step."""
    given = ["-r", "person", "-i", str(folder / "records.csv"), "-o", str(folder / "out"), "--json"]
    with contextlib.redirect_stdout(io.StringIO()):
        failed = lienthong(["quality", "run", *given])
    if failed:
        raise SystemExit(failed)
    manifest: dict[str, Any] = json.loads((folder / "out/manifest.json").read_text())
    return manifest["counts"], manifest["seconds"]["link"]


def _judged(connection: duckdb.DuckDBPyConnection, name: str, clusters: Path, records: int) -> Iterator[Row]:
    made = f"read_parquet('{clusters}')"
    ours = evaluate.against_truth(connection, made, "known").pairwise
    groups = f"(SELECT record_id, group_id AS person_id FROM {made})"
    sure = evaluate.against_truth(connection, groups, "known").pairwise
    found = evaluate.over_thresholds(connection, "plain_pairs", "known", _THRESHOLDS)
    theirs = max((one.pairwise for one in found), key=lambda quality: quality.f1)
    for what, value, peer in (
        ("F1", ours.f1, theirs.f1),
        ("precision", ours.precision, theirs.precision),
        ("recall", ours.recall, theirs.recall),
    ):
        title = f"{name}, {records:,} records: pairwise {what}"
        yield Row(name=title, value=value, unit="", peer=_BEST, peer_value=peer, ratio=value / peer)
    yield Row(name=f"{name}: precision of automatic merges", value=sure.precision, unit="")
    yield Row(name=f"{name}: recall of automatic merges", value=sure.recall, unit="")


def _plain(connection: duckdb.DuckDBPyConnection, standardised: Path) -> None:
    """Make the table ``plain_pairs`` as Splink's examples do: its comparisons, blocking and training."""
    connection.execute(f"CREATE VIEW persons AS FROM read_parquet('{standardised}')")
    cursor = connection.execute(f"SELECT {', '.join(f'count({name})' for name in _COMPARED)} FROM persons")
    there = [name for name, count in zip(_COMPARED, cursor.fetchall()[0], strict=True) if count]
    connection.execute(f"CREATE VIEW compared AS SELECT record_id, {', '.join(there)} FROM persons")
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("compared"), _settings(there), log_level=None)
    sure: list[Any] = [block_on("given_name_key", "birth_date"), block_on("surname_key", "birth_date")]
    sure += [block_on("national_id")] if "national_id" in there else []
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("birth_date"), block_on("given_name_key", "surname_key")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    connection.execute(
        "CREATE TABLE plain_pairs AS SELECT record_id_l, record_id_r, match_probability AS probability"
        f" FROM {predicted.physical_name}"
    )


def _settings(there: list[str]) -> SettingsCreator:
    """Names by likeness, dates by distance, numbers by edits, as in Splink's example with FEBRL 3."""
    compared: dict[str, Any] = {
        "given_name_key": cl.NameComparison("given_name_key").configure(term_frequency_adjustments=True),
        "surname_key": cl.NameComparison("surname_key").configure(term_frequency_adjustments=True),
        "birth_date": cl.DateOfBirthComparison("birth_date", input_is_string=False),
        "national_id": cl.DamerauLevenshteinAtThresholds("national_id", [2]),
        "street_number_key": cl.ExactMatch("street_number_key").configure(term_frequency_adjustments=True),
        "postcode": cl.DamerauLevenshteinAtThresholds("postcode", [2]).configure(term_frequency_adjustments=True),
    }
    blocked = [["national_id"], ["given_name_key"], ["surname_key"], ["birth_date"], ["postcode", "street_number_key"]]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[comparison for name, comparison in compared.items() if name in there],
        blocking_rules_to_generate_predictions=[block_on(*names) for names in blocked if set(names) <= set(there)],
    )


_COMPARED: Final = ("given_name_key", "surname_key", "birth_date", "national_id", "street_number_key", "postcode")


def main() -> None:
    """Read what is asked, measure, and report."""
    options = parser_of(_TITLE).parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    rows = [row for each in (SETS[:2] if options.quick else SETS) for row in _measure(each)]
    show(_TITLE, rows, options.json)
    print(markdown(rows))


if __name__ == "__main__":
    main()
