"""The whole of it: dictionaries first, then one query for the table and one for the list of changes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lienthong.quality import tables
from lienthong.quality.description import Column, Kind, Registry
from lienthong.quality.standardising import areas
from lienthong.quality.standardising.dictionaries import Dictionaries
from lienthong.quality.standardising.parts import Part, part_of
from lienthong.quality.tables import literal, quoted
from lienthong.quality.units import NO_UNITS, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardised:
    """What was written."""

    records: int
    # Values that are not as they were written in the input.
    changes: int


def standardise(  # noqa: PLR0913 - what, of what, into where, by whom
    connection: duckdb.DuckDBPyConnection,
    registry: Registry,
    columns: Mapping[str, str | None],
    folder: Path,
    *,
    run: str,
    units: Units = NO_UNITS,
) -> Standardised:
    """Write ``standardised.parquet`` and ``changes.parquet`` from the view ``records``.

    Args:
        connection: that has the view (``reading.read``).
        registry: of which the records are.
        columns: column of the registry to its heading; None for those that the input does not have.
        folder: for both files.
        run: the id that changes bear.
        units: the administrative units that codes mean.
    """
    present = frozenset(name for name, heading in columns.items() if heading is not None)
    plan = plan_of(connection, registry, present, run=run, units=units)
    with plan.dictionaries:
        records = _write(connection, plan.table, folder / tables.STANDARDISED)
        changes = _write(connection, plan.changes, folder / tables.CHANGES)
    return Standardised(records=records, changes=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the view ``records`` is standardised."""

    # Made before both queries are asked.
    dictionaries: Dictionaries
    # Query of the standardised table.
    table: str
    # Query of the list of changes.
    changes: str


def plan_of(
    connection: duckdb.DuckDBPyConnection,
    registry: Registry,
    columns: Collection[str],
    *,
    run: str = "",
    units: Units = NO_UNITS,
) -> Plan:
    """Return the queries that standardise, and make the tables of units that they need.

    Args:
        connection: in which they are asked.
        registry: of which the records are.
        columns: of the registry, those that the view has values of.
        run: the id that changes bear.
        units: the administrative units that codes mean.
    """
    present = {column.name: column.name in columns for column in registry.columns}
    if any(present[column.name] for column in registry.of_kind(Kind.UNIT)):
        areas.load(connection, units)
    parts = {
        column.name: part_of(registry, column, present, units) for column in registry.columns if present[column.name]
    }
    made = Dictionaries(connection, parts)
    return Plan(
        dictionaries=made,
        table=_table(registry, parts, present, made),
        changes=_changes(registry, parts, made, run),
    )


def _write(connection: duckdb.DuckDBPyConnection, query: str, to: Path) -> int:
    done = connection.execute(f"COPY ({query}) TO {literal(str(to))} (FORMAT parquet, COMPRESSION zstd)").fetchall()
    return int(done[0][0])


def _joined(parts: Mapping[str, Part], made: Dictionaries, wanted: list[str]) -> str:
    """Records with dictionaries and what is made of both; raw values keep their names."""
    columns = [*map(quoted, [tables.RECORD_ID, *parts]), *(each for part in parts.values() for each in part.bare)]
    numbers = ["*", *(each for part in parts.values() for each in part.numbers)]
    records = f"SELECT {', '.join(numbers)} FROM (SELECT {', '.join(columns)} FROM records)"
    return f"SELECT {', '.join(['r.*', *wanted])} FROM ({records}) r{made.joined(parts)}"


def _table(registry: Registry, parts: Mapping[str, Part], present: Mapping[str, bool], made: Dictionaries) -> str:
    inner = [each for part in parts.values() for each in part.inner]
    chosen = [tables.RECORD_ID]
    unit = parts[registry.unit].outer[0] if registry.unit is not None and registry.unit in parts else "NULL"
    chosen.append(f"CAST({unit} AS VARCHAR) AS {tables.UNIT}")
    composed = _composed(registry, present)
    for column in registry.columns:
        if column.name in parts:
            values = parts[column.name].outer
        elif _takes_old_numbers(registry, column, present):
            values = [_old(registry, column)]
        else:
            values = ["NULL"] * len(tables.fields_of(column))
        for field, value in zip(tables.fields_of(column), values, strict=True):
            whole = f"coalesce({value}, {composed[field.name]})" if field.name in composed else value
            chosen.append(f"CAST({whole} AS {field.type}) AS {quoted(field.name)}")
    return f"SELECT {', '.join(chosen)} FROM ({_joined(parts, made, inner)})"


def _changes(registry: Registry, parts: Mapping[str, Part], made: Dictionaries, run: str) -> str:
    """Each column joins its own dictionary again, and only the rows that changed: the list is short."""
    queries: list[str] = []
    for column in registry.columns:
        part = parts.get(column.name)
        if part is None or part.changed is None:
            continue
        # Only what it needs: otherwise it takes longer to plan than to do.
        others = (column.name, column.as_of, column.checked_by)
        needed = {name: parts[name] for name in others if name is not None and name in parts}
        value, rule = part.changed
        raw = quoted(column.name)
        queries.append(
            f"SELECT {tables.RECORD_ID}, {literal(column.name)} AS field, {raw} AS raw,"
            f" CAST({value} AS VARCHAR) AS value,"
            f" {rule} AS rule, {literal(run)} AS run FROM (SELECT * FROM"
            f" ({_joined(needed, made, part.inner)}) WHERE {raw} IS NOT NULL)"
        )
    return f"SELECT * FROM ({' UNION ALL '.join(queries) or _NO_CHANGES}) WHERE rule IS NOT NULL"


_NO_CHANGES = f"SELECT {', '.join(f'CAST(NULL AS {field.type}) AS {field.name}' for field in tables.CHANGE_FIELDS)}"


def _takes_old_numbers(registry: Registry, column: Column, present: Mapping[str, bool]) -> bool:
    return any(
        number.old_number == column.name and present[number.name] for number in registry.of_kind(Kind.PERSONAL_NUMBER)
    )


def _old(registry: Registry, column: Column) -> str:
    name = next(n.name for n in registry.of_kind(Kind.PERSONAL_NUMBER) if n.old_number == column.name)
    return quoted(f"{name}__old")


def _composed(registry: Registry, present: Mapping[str, bool]) -> dict[str, str]:
    """Whole names from their parts, and parts from whole names, where the input has only the one or the other."""
    made: dict[str, str] = {}
    for column in registry.of_kind(Kind.NAME):
        if column.composed_of is None:
            continue
        given, family = column.composed_of
        if present[column.name]:
            for part, of in ((given, "given"), (family, "family")):
                if not present[part]:
                    made[part] = quoted(f"{column.name}__{of}")
                    made[f"{part}_key"] = f"lower(strip_accents({made[part]}))"
        elif present[given] or present[family]:
            both = (given, family) if column.order == "given-first" else (family, given)
            there = [part for part in both if present[part]]
            for suffix, each in (("", "value"), ("_key", "key")):
                words = ", ".join(quoted(f"{part}__{each}") for part in there)
                made[column.name + suffix] = f"nullif(concat_ws(' ', {words}), '')"
            for part, of in ((given, "given"), (family, "family")):
                if present[part]:
                    made[f"{column.name}_{of}"] = quoted(f"{part}__value")
    return made
