"""One measurement in a process of its own, so that its memory is its own: ``_quality_child.py WHAT ARGUMENTS…``.

The last line of standard output is JSON: ``seconds`` of the clock, ``cpu`` seconds of all threads, ``peak`` memory in
bytes, and what else is measured.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from lienthong.cli.main import main
from lienthong.quality import database, description
from lienthong.quality.linked import INDEX
from lienthong.quality.linked import index as make_index
from lienthong.quality.linking.check import Checker
from lienthong.quality.linking.index import open_index

_WARM: Final = 5


def run(records: str, out: str) -> dict[str, Any]:
    """Measure ``quality run`` from reading to the card."""
    if main(["quality", "run", "-r", "member", "-i", records, "-o", out, "--json"]):
        raise SystemExit(1)
    manifest = json.loads((Path(out) / "manifest.json").read_text())
    return {"steps": manifest["seconds"], "counts": manifest["counts"]}


def index(folder: str, out: str) -> dict[str, Any]:
    """Measure what makes the file that checks ask."""
    Path(out).mkdir()
    with database.connect(Path(out)) as connection:
        path = Path(folder) / INDEX
        make_index(connection, description.load("member"), Path(folder), path)
    return {"bytes": path.stat().st_size}


def plain(standardised: str, out: str, style: str) -> dict[str, Any]:
    """Measure Splink as its examples use it: its blocking, its training, its prediction, its clusters."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect(config={"memory_limit": "5GB", "temp_directory": f"{out}.tmp"})
    columns = [*_COMPARED, "record_id"]
    connection.execute(f"CREATE VIEW members AS SELECT {', '.join(columns)} FROM read_parquet('{standardised}')")
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("members"), _settings(style), log_level=None)
    training = linker.training
    alike: list[Any] = [block_on("full_name_key", "birth_date")]
    training.estimate_probability_two_random_records_match(alike, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("full_name_given", "birth_date"), block_on("full_name_key", "native_place_key")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.95)
    for made, query in (
        (f"{out}.clusters.parquet", f"SELECT record_id, cluster_id AS person_id FROM {clusters.physical_name}"),
        (
            f"{out}.pairs.parquet",
            f"SELECT record_id_l, record_id_r, match_probability AS probability FROM {predicted.physical_name}",
        ),
    ):
        connection.execute(f"COPY ({query}) TO '{made}' (FORMAT parquet)")
    return {}


def check(standardised: str, folder: str, count: str) -> dict[str, Any]:
    """Measure checks of single records of the registry, taken for new ones; some before that are not counted."""
    cursor = duckdb.execute(
        f"SELECT * REPLACE (NULL AS record_id) FROM (SELECT *, record_id AS own FROM read_parquet('{standardised}')"
        f" ORDER BY hash(record_id, 77) LIMIT {int(count) + _WARM})"
    )
    names = [name for name, *_rest in cursor.description or []]
    records = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    described = description.load("member")
    opened = open_index(Path(folder) / INDEX, described)
    checker = Checker(opened, described)
    took: list[float] = []
    own = 0
    for record in records:
        begun = time.perf_counter()
        matches = checker.check(record)
        took.append(time.perf_counter() - begun)
        own += any(match.record_id == record["own"] for match in matches)
    took = sorted(took[_WARM:])
    return {"p50": took[len(took) // 2], "p95": took[len(took) * 95 // 100], "found": own / len(records)}


_COMPARED: Final = (
    "full_name_key", "full_name_family", "full_name_middle", "full_name_given", "sex", "birth_date", "personal_number",
    "old_number", "card_number", "phone", "native_place_key", "residence_key", "occupation_key", "admission_date",
)  # fmt: skip


def _settings(style: str) -> SettingsCreator:
    """Settings in the style of Splink's examples: names by likeness, dates by distance, the rest by equality.

    ``example`` compares what they compare: names, birth date, place of birth, residence, occupation. ``identifiers``
    is told of this registry's numbers and dates too.
    """
    compared: list[Any] = [
        cl.NameComparison("full_name_family").configure(term_frequency_adjustments=True),
        cl.NameComparison("full_name_given").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=False),
        cl.ExactMatch("native_place_key").configure(term_frequency_adjustments=True),
        cl.ExactMatch("residence_key").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation_key").configure(term_frequency_adjustments=True),
    ]
    blocked: list[Any] = [
        block_on("full_name_given", "birth_date", "sex"),
        block_on("full_name_key", "birth_date"),
        block_on("full_name_key", "native_place_key"),
        block_on("full_name_key", "residence_key"),
        block_on("birth_date", "native_place_key"),
    ]
    if style == "identifiers":
        compared += [
            cl.NameComparison("full_name_middle").configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
            cl.LevenshteinAtThresholds("personal_number", [1, 2]),
            cl.ExactMatch("phone"),
            cl.ExactMatch("admission_date").configure(term_frequency_adjustments=True),
        ]
        blocked += [
            block_on("personal_number"),
            block_on("old_number"),
            block_on("card_number"),
            block_on("phone", "full_name_given"),
            block_on("full_name_key", "admission_date"),
        ]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=compared,
        blocking_rules_to_generate_predictions=blocked,
    )


_MEASURES: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "run": run, "index": index, "plain": plain, "check": check,
}  # fmt: skip

if __name__ == "__main__":
    begun, work = time.monotonic(), time.process_time()
    made = _MEASURES[sys.argv[1]](*sys.argv[2:])
    made |= {
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - work,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print()
    print(json.dumps(made))
