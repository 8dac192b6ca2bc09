"""Linking a registry: from standardised records to persons, pairs and what people should look at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from duckdb import DuckDBPyConnection

from lienthong.kernel.clock import Clock, SystemClock
from lienthong.quality.description import Described
from lienthong.quality.linking import (
    blocking,
    conflicts,
    decisions,
    expressions,
    frequencies,
    nodes,
    persons,
    review,
    training,
)
from lienthong.quality.linking.backends import Backend, Local
from lienthong.quality.linking.blocking import PAIRS, RuleReport
from lienthong.quality.linking.grouping import group
from lienthong.quality.linking.levels import Levels, levels_of
from lienthong.quality.linking.nodes import NODES, PAIRED
from lienthong.quality.linking.settings import Conflict, Link, link_settings
from lienthong.quality.linking.weights import Weights, fitted
from lienthong.quality.tables import literal

SCORED: Final = "link_scored_pairs"
PERSONS: Final = "link_persons"
REPORT: Final = "linking.json"
MODEL: Final = "model.json"
_LEAST: Final = 0.01
"""Pairs less probable than this are not kept."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a linking run did, beside the counts of its manifest."""

    # As counted before any pair was made.
    rules: tuple[RuleReport, ...]
    # Rules and comparisons that no record has values for.
    unused: tuple[str, ...]
    records: int
    candidates: int
    # Candidates that could not be of one person.
    apart: int
    # Pairs kept, and of these linked without asking.
    pairs: int
    automatic: int
    persons: int
    # Items for people, and those that found no place in the queue.
    review: int
    left_off: int
    # Records that are one person's twice: records − persons, and what the model expects.
    duplicates: int
    expected_pairs: float
    # Whether weights were learned from these records.
    trained_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is linked, and what is known already."""

    # A table of the connection, with standardised columns.
    source: str
    # None: learn from these records.
    weights: Weights | None = None
    # Pieces in which candidates are scored: each takes its share of the memory.
    chunks: int = 1
    # An existing folder that a Spark cluster and this process share: pairs are made and scored there. None: here.
    spark: Path | None = None
    # Tables of the connection: record_id and person_id of the run before; decisions of people.
    previous: str | None = None
    decided: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Candidates, and what of the settings some record has values for."""

    settings: Link
    records: int
    comparisons: tuple[Levels, ...]
    conflicts: tuple[Conflict, ...]
    rules: tuple[RuleReport, ...]
    unused: tuple[str, ...]
    candidates: int
    apart: int


def link(  # noqa: PLR0913 - as callers may not want the last two
    connection: DuckDBPyConnection,
    described: Described,
    inputs: Inputs,
    folder: Path,
    *,
    clock: Clock | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> Report:
    """Link the records of a registry.

    Args:
        connection: with the tables that ``inputs`` names.
        described: the registry.
        inputs: what is linked.
        folder: where results are written: ``clusters.parquet`` and ``clusters.csv`` (``record_id``, ``person_id``),
            ``pairs.parquet``, ``review.parquet``, ``changes.parquet`` of persons, ``model.json``, ``linking.json``.
        clock: the machine's own unless given.
        progress: told the name of every step as it begins.

    Returns:
        What was done.

    Raises:
        SparkUnavailable: it was asked for, and does not start.
    """
    with _backend(connection, inputs) as backend:
        return _link(connection, described, inputs, folder, backend, clock or SystemClock(), progress)


@contextmanager
def _backend(connection: DuckDBPyConnection, inputs: Inputs) -> Iterator[Backend]:
    if inputs.spark is None:
        yield Local(connection, inputs.chunks)
        return
    from lienthong.quality.linking import spark  # noqa: PLC0415 - translates SQL with what Splink brings, a fifth of a second

    with spark.started(connection, inputs.spark) as cluster:
        yield cluster


def _link(  # noqa: PLR0913, PLR0917 - those of link, and where pairs are scored
    connection: DuckDBPyConnection,
    described: Described,
    inputs: Inputs,
    folder: Path,
    backend: Backend,
    clock: Clock,
    progress: Callable[[str], None],
) -> Report:
    settings = link_settings(described)
    prepared = prepare(connection, described, settings, inputs.source, progress, backend)
    if inputs.weights is not None:
        weights = fitted(inputs.weights, prepared.records)
    else:
        progress("train")
        weights = training.train(
            connection,
            settings,
            prepared.comparisons,
            registry=described.registry.name,
            pairs=PAIRS,
            clock=clock,
        )
    progress("score")
    decided = decisions.take(connection, inputs.decided)
    comparisons = known_to(prepared.comparisons, weights)
    backend.score(comparisons, weights, result=SCORED, least=_LEAST)
    progress("cluster")
    grouped = group(connection, settings, prepared.conflicts, scored=SCORED, records=prepared.records, decided=decided)
    persons.name_persons(connection, groups=grouped.table, result=PERSONS, previous=inputs.previous)
    queue = review.queue(connection, settings, grouped, scored=SCORED, records=prepared.records)
    progress("write")
    _write(connection, folder, comparisons, weights)
    report = _report(connection, prepared, queue, trained_here=inputs.weights is None)
    (folder / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    return report


def prepare(  # noqa: PLR0913, PLR0917 - as callers may not want the last two
    connection: DuckDBPyConnection,
    described: Described,
    settings: Link,
    source: str,
    progress: Callable[[str], None] = lambda _step: None,
    backend: Backend | None = None,
) -> Prepared:
    """Make nodes and candidates of a table with standardised columns.

    Raises:
        RegistryInvalid: settings are not SQL on these columns; the error names the entry.
    """
    progress("prepare")
    nodes.add_macros(connection)
    expressions.refuse_wrong(connection, described, settings, source)
    made = nodes.prepare(connection, source, settings)
    names = [name for name, *_rest in connection.execute(f"DESCRIBE {NODES}").fetchall()]
    comparisons = tuple(levels_of(each) for each in settings.compare if made.filled.intersection(each.columns))
    rules = blocking.usable(settings, made.filled, names)
    against = conflicts.usable(settings, made.filled, names)
    frequencies.forget(connection)
    progress("block")
    keys = blocking.make_keys(connection, settings, rules, made.records)
    candidates, apart = (backend or Local(connection)).make_candidates(keys, against)
    used = {*(each.name for each in comparisons), *(rule.name for rule in rules)}
    known = [*(each.name for each in settings.compare), *(rule.name for rule in settings.block)]
    return Prepared(
        settings=settings,
        records=made.records,
        comparisons=comparisons,
        conflicts=against,
        rules=tuple(keys.reports),
        unused=tuple(name for name in known if name not in used),
        candidates=candidates,
        apart=apart,
    )


def known_to(comparisons: Sequence[Levels], weights: Weights) -> tuple[Levels, ...]:
    """Return the comparisons that a model has weights for: it may come from records without some of the columns."""
    return tuple(each for each in comparisons if each.name in weights.comparisons)


def _write(connection: DuckDBPyConnection, folder: Path, comparisons: Sequence[Levels], weights: Weights) -> None:
    # Rows are numbered in the order of record ids, and numbers are sorted faster.
    clusters = f"SELECT record_id, person_id FROM {PERSONS} ORDER BY row_id"
    sure = (
        "SELECT p.record_id, p.person_id, s.record_id AS group_id FROM link_persons p JOIN link_groups g USING (row_id)"
        " JOIN link_persons s ON s.row_id = g.sure ORDER BY p.row_id"
    )
    for query, name in (
        (sure, "clusters.parquet"),
        (clusters, "clusters.csv"),
        (_pairs(comparisons), "pairs.parquet"),
        (f"FROM {review.REVIEW} ORDER BY place", "review.parquet"),
        (f"FROM {persons.CHANGES_TABLE}", "person_changes.parquet"),
    ):
        kind = "FORMAT csv, HEADER" if name.endswith(".csv") else "FORMAT parquet, COMPRESSION zstd"
        connection.execute(f"COPY ({query}) TO {literal(str(folder / name))} ({kind})")
    (folder / MODEL).write_bytes(msgspec.json.format(msgspec.json.encode(weights), indent=2))


def _report(connection: DuckDBPyConnection, prepared: Prepared, queue: review.Queue, *, trained_here: bool) -> Report:
    counts = connection.execute(
        f"SELECT count(*), count(*) FILTER (match_probability >= {prepared.settings.automatic}),"
        f" coalesce(sum(match_probability), 0), (SELECT count(DISTINCT person_id) FROM {PERSONS}) FROM {SCORED}"
    ).fetchall()
    pairs, automatic, expected, people = counts[0]
    return Report(
        rules=prepared.rules,
        unused=prepared.unused,
        records=prepared.records,
        candidates=prepared.candidates,
        apart=prepared.apart,
        pairs=pairs,
        automatic=automatic,
        persons=people,
        review=queue.items,
        left_off=queue.left_off,
        duplicates=prepared.records - people,
        expected_pairs=round(expected, 1),
        trained_here=trained_here,
    )


def _pairs(comparisons: Sequence[Levels]) -> str:
    weights = "".join(f", {weight_of(each)} AS weight_{each.name}" for each in comparisons)
    return (
        "SELECT l.record_id AS record_id_l, r.record_id AS record_id_r, match_probability AS probability,"
        f" match_weight AS weight{weights} FROM {SCORED} JOIN {PAIRED} l ON l.row_id = row_id_l"
        f" JOIN {PAIRED} r ON r.row_id = row_id_r ORDER BY row_id_l, row_id_r"
    )


def weight_of(levels: Levels) -> str:
    """Return the expression of what a comparison adds to the weight of a scored pair, in bits."""
    rare = f" + mw_tf_adj_{levels.name}" if any(level.by_value for level in levels.levels) else ""
    return f"(mw_{levels.name}{rare})"
