"""The results of the engine as rows of the office's tables: files of CSV, which PostgreSQL reads as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from lienthong.office.core.text import person_sort_key
from lienthong.office.members import registry
from lienthong.office.members.errors import ResultsNotLoaded
from lienthong.office.members.loading.tree import Places
from lienthong.quality import runs, tables
from lienthong.quality.description import Column, Kind
from lienthong.quality.merging.merge import GOLDEN, ORIGINS
from lienthong.quality.runs import Manifest
from lienthong.quality.tables import literal, quoted
from lienthong.quality.validating.check import FAILURES, validate
from lienthong.quality.validating.history import HISTORY
from lienthong.quality.validating.rules import load_rules
from lienthong.quality.validating.score import SCORE_RULES, SCORES

# Parts that become tables here, by the table's name.
_TABLES: Final = {
    "records": tables.STANDARDISED, "clusters": "clusters.parquet", "pairs": "pairs.parquet",
    "review": "review.parquet", "golden": GOLDEN, "origins": ORIGINS,
}  # fmt: skip
_NEEDED: Final = (*_TABLES.values(), tables.CHANGES, FAILURES, SCORES, SCORE_RULES, HISTORY)
_MOST_RUNS: Final = 12
"""Earlier runs that a card shows."""
SEPARATOR: Final = "\x1f"
"""Between a unit and a cell in it."""
TOGETHER: Final = "="
"""Before the id of an organ, where all areas are meant that it stands for: no code has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A folder of results, open in DuckDB."""

    folder: Path
    manifest: Manifest
    connection: DuckDBPyConnection
    # For what is made on the way.
    scratch: Path
    places: Places

    @property
    def today(self) -> date:
        """The day that rules called today."""
        return self.manifest.ended.date()

    def write(self, name: str, query: str) -> Path:
        """Write the rows of a query as CSV; return the file."""
        path = self.scratch / f"{name}.csv"
        self.connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT csv, HEADER false)")
        return path


def open_results(folder: Path, connection: DuckDBPyConnection, scratch: Path, places: Places) -> Results:
    """Look at a folder of results.

    Raises:
        ResultsUnusable: it is none.
        ResultsNotLoaded: of another registry, or a part is missing.
    """
    manifest, ours = runs.read_manifest(folder), registry.described()
    if (manifest.registry, manifest.registry_version) != (ours.registry.name, ours.registry.version):
        raise ResultsNotLoaded(f"{folder}: {manifest.registry} {manifest.registry_version}")
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise ResultsNotLoaded(f"{folder}: {missing[0]}")
    results = Results(folder=folder, manifest=manifest, connection=connection, scratch=scratch, places=places)
    _tables(results)
    return results


def _tables(results: Results) -> None:
    """Make ``records``, ``clusters``, ``golden``, ``origins`` and ``areas``."""
    connection = results.connection
    for name, file in _TABLES.items():
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet({literal(str(results.folder / file))})")
    codes = results.places.by_code
    areas = pa.table({
        "area": pa.array(list(codes), pa.string()),
        "organ": pa.array([place.organ for place in codes.values()], pa.int64()),
        "path": pa.array([place.path for place in codes.values()], pa.string()),
    })  # fmt: skip
    connection.register("given_areas", areas)
    connection.execute("CREATE TABLE areas AS FROM given_areas")


def organ(results: Results, alias: str) -> str:
    """Return the expressions of organ and path of a row that was joined with ``areas`` under an alias."""
    top = results.places.top
    return f"coalesce({alias}.organ, {top.organ}), coalesce({alias}.path, {literal(top.path)})"


def members(results: Results) -> Path:
    """Write key, organ, path, area, cell, name, its two keys, birth, records, failures, values, origins."""
    connection, name = results.connection, registry.name_column()
    column = quoted(name)
    names = [
        row[0]
        for row in connection.execute(f"SELECT DISTINCT {column} FROM golden WHERE {column} IS NOT NULL").fetchall()
    ]
    keys = pa.table(
        {"name": pa.array(names, pa.string()), "key": pa.array([person_sort_key(each) for each in names], pa.string())}
    )
    connection.register("name_keys", keys)
    failed = f"read_parquet({literal(str(results.folder / FAILURES))})"
    unit = registry.described().registry.unit
    area = f"g.{quoted(unit)}" if unit else "NULL"
    return results.write(
        "members",
        f"SELECT g.person_id, {organ(results, 'a')}, coalesce({area}, ''), {_cell('g')},"
        f" coalesce(left(g.{column}, 300), ''), coalesce(g.{quoted(f'{name}_key')}, ''), coalesce(k.key, ''),"
        f" {_birth('g')}, g.records, coalesce(f.failures, 0), {_values('g')}, coalesce(o.origins, '{{}}')"
        " FROM golden g"
        f" LEFT JOIN areas a ON a.area = {area}"
        f" LEFT JOIN name_keys k ON k.name = g.{column}"
        f" LEFT JOIN (SELECT c.person_id, count(*) AS failures FROM {failed} JOIN clusters c USING (record_id)"
        " GROUP BY 1) f ON f.person_id = g.person_id"
        " LEFT JOIN (SELECT person_id, to_json(map(list(field ORDER BY field), list(record_id ORDER BY field)))"
        "::VARCHAR AS origins FROM origins GROUP BY 1) o ON o.person_id = g.person_id",
    )


def records(results: Results) -> Path:
    """Write key, person, organ, path, values, unread, changes."""
    changes = f"read_parquet({literal(str(results.folder / tables.CHANGES))})"
    return results.write(
        "records",
        f"SELECT r.record_id, c.person_id, {organ(results, 'a')}, {_values('r')}, {_unread('r')},"
        " coalesce(d.changes, '{}') FROM records r JOIN clusters c USING (record_id)"
        " LEFT JOIN areas a ON a.area = r.unit"
        " LEFT JOIN (SELECT record_id, to_json(map(list(field), list([raw, rule])))::VARCHAR AS changes FROM"
        f" (SELECT record_id, field, any_value(raw) AS raw, any_value(rule) AS rule FROM {changes} GROUP BY 1, 2)"
        " GROUP BY 1) d USING (record_id)",
    )


def identifiers(results: Results) -> Path:
    """Write value, kind and person: every number that a record of theirs has."""
    parts = " UNION ALL ".join(
        f"SELECT {quoted(column.name)} AS value, {literal(column.name)} AS kind, record_id FROM records"
        for column in registry.identifiers()
    )
    return results.write(
        "identifiers",
        f"SELECT DISTINCT left(value, 40), kind, person_id FROM ({parts}) JOIN clusters USING (record_id)"
        " WHERE value IS NOT NULL",
    )


def failures(results: Results) -> Path:
    """Write record and rule."""
    return results.write(
        "failures", f"SELECT record_id, rule FROM read_parquet({literal(str(results.folder / FAILURES))})"
    )


def scores(results: Results) -> Path:
    """Write the columns of ``Score`` but its id: of units, and of the cells in them."""
    top = literal(results.places.top.path)
    cells = _cell_scores(results)
    units = f"read_parquet({literal(str(results.folder / SCORES))})"
    return results.write(
        "scores",
        "SELECT s.unit, '', CASE WHEN s.unit = '*' THEN '' ELSE coalesce(s.parent, '*') END, coalesce(s.name, s.unit),"
        f" coalesce(a.path, {top}), s.dimension, s.records, s.failures, s.score, s.exact_duplicates,"
        " s.estimated_duplicates, coalesce(h.past, '[]')"
        f" FROM {units} s LEFT JOIN areas a ON a.area = s.unit"
        f" LEFT JOIN ({_past(results)}) h ON h.unit = s.unit AND h.dimension = s.dimension UNION ALL {cells}",
    )


def _past(results: Results) -> str:
    """Return the query of what earlier runs said of each unit: unit, dimension, days and scores as JSON."""
    said = "list(struct_pack(day := CAST(run_at AS DATE)::VARCHAR, score := score) ORDER BY run_at DESC)"
    return (
        f"SELECT unit, dimension, to_json(list_slice({said}, 1, {_MOST_RUNS}))::VARCHAR AS past"
        f" FROM read_parquet({literal(str(results.folder / HISTORY))})"
        f" WHERE run <> {literal(results.manifest.run)} AND score IS NOT NULL GROUP BY unit, dimension"
    )


def _cell_scores(results: Results) -> str:
    """Check the rules once more, with the cell in the unit's place; return the query of their scores."""
    connection, described = results.connection, registry.described()
    celled, folder = results.scratch / "celled.parquet", results.scratch / "cells"
    folder.mkdir()
    connection.execute(
        f"COPY (SELECT * REPLACE (unit || {literal(SEPARATOR)} || {_cell('records')} AS unit) FROM records"
        f" WHERE unit IS NOT NULL AND {_cell('records')} <> '') TO {literal(str(celled))} (FORMAT parquet)"
    )
    validate(connection, described, load_rules(described), folder, source=celled, today=results.today)
    counts = f"read_parquet({literal(str(folder / 'rule_counts.parquet'))})"
    split = f"split_part(unit, {literal(SEPARATOR)}, 1) AS area, split_part(unit, {literal(SEPARATOR)}, 2) AS cell"
    return (
        "SELECT c.area, cell, c.area, cell, coalesce(any_value(a.path), "
        f"{literal(results.places.top.path)}), dimension,"
        " CAST(sum(records) AS BIGINT), CAST(sum(failures) AS BIGINT),"
        " round(100 * (1 - sum(weight * failures) / nullif(sum(weight * records), 0)), 2), NULL, NULL, '[]'"
        f" FROM (SELECT *, {split} FROM {counts}) c LEFT JOIN areas a ON a.area = c.area"
        " GROUP BY c.area, cell, dimension"
    )


def rule_counts(results: Results) -> Path:
    """Write area, path, rule, records, failures: those of which there are any.

    An organ that took over others stands for several areas, which count together for it: their sum is there, too, with
    its id after ``TOGETHER`` in the area's place.
    """
    file = literal(str(results.folder / SCORE_RULES))
    counts = f"(SELECT unit AS area, rule, records, failures FROM read_parquet({file}) WHERE failures > 0)"
    return results.write(
        "rule_counts",
        f"SELECT c.area, coalesce(a.path, {literal(results.places.top.path)}), rule, records, failures FROM {counts} c"
        f" LEFT JOIN areas a ON a.area = c.area UNION ALL SELECT {literal(TOGETHER)} || a.organ, any_value(a.path),"
        " rule, CAST(sum(records) AS BIGINT), CAST(sum(failures) AS BIGINT)"
        f" FROM {counts} c JOIN areas a ON a.area = c.area WHERE a.area NOT IN ({_within(results)})"
        " GROUP BY a.organ, rule HAVING count(*) > 1",
    )


def _within(results: Results) -> str:
    """Return the query of the areas that stand below another one of the same organ, which counts them already."""
    tree = f"(SELECT DISTINCT unit, parent FROM read_parquet({literal(str(results.folder / SCORES))}))"
    return (
        f"WITH RECURSIVE steps AS (SELECT unit AS area, parent AS above FROM {tree} UNION"
        f" SELECT s.area, t.parent FROM steps s JOIN {tree} t ON t.unit = s.above)"
        " SELECT i.area FROM steps s JOIN areas i ON i.area = s.area JOIN areas o ON o.area = s.above"
        " WHERE i.organ = o.organ"
    )


def review(results: Results) -> Sequence[tuple[object, ...]]:
    """Return place, kind, both records, both areas, probability, weight, weights (JSON), reasons (JSON), impact."""
    names = [row[0] for row in results.connection.execute("DESCRIBE pairs").fetchall()]
    weights = ", ".join(
        f"{quoted(name.removeprefix('weight_'))} := round({quoted(name)}, 2)"
        for name in names
        if name.startswith("weight_")
    )
    added = f"to_json(struct_pack({weights}))::VARCHAR" if weights else "'{}'"
    return results.connection.execute(
        "SELECT v.place, v.kind, v.record_id_l, v.record_id_r, l.unit, r.unit,"
        f" coalesce(v.probability, p.probability), coalesce(v.weight, p.weight), coalesce({added}, '{{}}'),"
        " to_json(v.reasons)::VARCHAR,"
        " CASE WHEN v.person_id_l = v.person_id_r THEN gl.records ELSE gl.records + gr.records END"
        " FROM review v JOIN records l ON l.record_id = v.record_id_l JOIN records r ON r.record_id = v.record_id_r"
        " JOIN golden gl ON gl.person_id = v.person_id_l JOIN golden gr ON gr.person_id = v.person_id_r"
        " LEFT JOIN pairs p ON (p.record_id_l = v.record_id_l AND p.record_id_r = v.record_id_r)"
        " OR (p.record_id_l = v.record_id_r AND p.record_id_r = v.record_id_l) ORDER BY v.place"
    ).fetchall()


def text_of(column: Column, alias: str) -> str:
    """Return the expression of a standardised value as it is kept and shown."""
    name = f"{alias}.{quoted(column.name)}"
    if column.kind is not Kind.DATE:
        return f"CAST({name} AS VARCHAR)"
    precision, year = (f"{alias}.{quoted(column.name + end)}" for end in ("_precision", "_year"))
    return (
        f"CASE {precision} WHEN 'day' THEN CAST({name} AS VARCHAR) WHEN 'month' THEN left(CAST({name} AS VARCHAR), 7)"
        f" ELSE CAST({year} AS VARCHAR) END"
    )


def _values(alias: str) -> str:
    parts = ", ".join(f"{quoted(column.name)} := {text_of(column, alias)}" for column in registry.columns().values())
    return f"to_json(struct_pack({parts}))::VARCHAR"


def _unread(alias: str) -> str:
    kept = [
        column for column in registry.columns().values()
        if any(field.name == f"{column.name}_unread" for field in tables.fields_of(column))
    ]  # fmt: skip
    parts = ", ".join(f"{quoted(each.name)} := {alias}.{quoted(each.name + '_unread')}" for each in kept)
    return f"to_json(struct_pack({parts}))::VARCHAR"


def _cell(alias: str) -> str:
    return f"coalesce(left({alias}.{registry.CELL}, 300), '')" if registry.CELL in registry.columns() else "''"


def _birth(alias: str) -> str:
    column = registry.columns().get(registry.BIRTH)
    return f"coalesce({text_of(column, alias)}, '')" if column else "''"
