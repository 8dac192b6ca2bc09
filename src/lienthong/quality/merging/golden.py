"""The golden record of a person: of every column the value of the best record, and which record that is.

The parts of a column (a name and its key, a date and its precision) always come from one record.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from duckdb import DuckDBPyConnection

from lienthong.quality.description import Column, Described, Kind, Name, Registry, section
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.tables import RECORD_ID, fields, fields_of, literal, quoted

PERSON_ID: Final = "person_id"


class Prefer(StrEnum):
    """What makes a record better than another."""

    # Its source stands earlier in the list.
    TRUSTED = "trusted"
    # It says more: a day rather than a year, a longer text.
    COMPLETE = "complete"
    # It was verified or changed later.
    RECENT = "recent"


type Order = Annotated[tuple[Prefer, ...], msgspec.Meta(min_length=1, max_length=3)]


class Merge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table ``[merge]``."""

    # The standardised column that names a record's source, and its values, the most trusted first.
    source: Name | None = None
    trusted: tuple[str, ...] = ()
    # Standardised dates; the latest of them says how recent a record is.
    recent: tuple[Name, ...] = ()
    order: Order = (Prefer.TRUSTED, Prefer.COMPLETE, Prefer.RECENT)
    # Columns with an order of their own.
    columns: dict[str, Order] = {}


def merge_settings(described: Described) -> Merge:
    """Return how records of one person become one.

    Raises:
        RegistryInvalid: the error names the key.
    """
    settings = section(described, "merge", Merge)
    known = {field.name for field in fields(described.registry)}
    named = [*([settings.source] if settings.source else []), *settings.recent]
    unknown = [name for name in named if name not in known]
    unknown += [name for name in settings.columns if name not in {each.name for each in described.registry.columns}]
    if unknown:
        raise RegistryInvalid(f"{described.source}: [merge] {unknown[0]}", hint="Name a column of the registry.")
    return settings


def make_golden(  # noqa: PLR0913 - two tables in, two out
    connection: DuckDBPyConnection,
    registry: Registry,
    settings: Merge,
    *,
    records: str,
    clusters: str,
    golden: str,
    origins: str,
) -> None:
    """Make the golden records of all persons.

    Args:
        connection: with the tables.
        registry: of the records.
        settings: which values survive.
        records: a standardised table.
        clusters: ``record_id`` and ``person_id``.
        golden: the view that is made (most of it is in ``records`` already): ``person_id``, ``records`` (how many),
            and every standardised column.
        origins: the table that is made, for persons of several records: ``person_id``, ``field``, ``record_id``.
    """
    names = [field.name for field in fields(registry) if field.name not in {RECORD_ID, "unit"}]
    listed = ", ".join(quoted(name) for name in names)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE merging AS SELECT c.{PERSON_ID}, r.* FROM {records} r JOIN"
        f" (SELECT {RECORD_ID}, {PERSON_ID} FROM {clusters} QUALIFY count(*) OVER (PARTITION BY {PERSON_ID}) > 1) c"
        f" USING ({RECORD_ID})"
    )
    best = ", ".join(_best(column, settings) for column in registry.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE merged AS SELECT {PERSON_ID}, count(*) AS records, {best}"
        f" FROM merging GROUP BY {PERSON_ID}"
    )
    taken = ", ".join(
        f"{_struct(column)}.{quoted(field.name)}" for column in registry.columns for field in fields_of(column)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {golden} AS SELECT c.{PERSON_ID}, 1::BIGINT AS records, {listed} FROM {records} r"
        f" JOIN {clusters} c USING ({RECORD_ID}) ANTI JOIN merged m ON m.{PERSON_ID} = c.{PERSON_ID}"
        f" UNION ALL SELECT {PERSON_ID}, records, {taken} FROM merged"
    )
    whence = " UNION ALL ".join(
        f"SELECT {PERSON_ID}, {literal(column.name)} AS field, {_struct(column)}.{RECORD_ID} AS {RECORD_ID} FROM merged"
        for column in registry.columns
    )
    connection.execute(f"CREATE OR REPLACE TABLE {origins} AS SELECT * FROM ({whence}) WHERE {RECORD_ID} IS NOT NULL")


def _struct(column: Column) -> str:
    return quoted(f"best {column.name}")


def _best(column: Column, settings: Merge) -> str:
    parts = ", ".join(f"{quoted(field.name)} := {quoted(field.name)}" for field in fields_of(column))
    ranks = ", ".join(_ranks(column, settings, settings.columns.get(column.name, settings.order)))
    return (
        f"first(struct_pack({parts}, {RECORD_ID} := {RECORD_ID}) ORDER BY {ranks}, {RECORD_ID})"
        f" FILTER ({quoted(_present(column))} IS NOT NULL) AS {_struct(column)}"
    )


def _present(column: Column) -> str:
    return f"{column.name}_year" if column.kind is Kind.DATE else column.name


def _ranks(column: Column, settings: Merge, order: Sequence[Prefer]) -> list[str]:
    ranks: list[str] = []
    for prefer in order:
        if prefer is Prefer.TRUSTED and settings.source and settings.trusted:
            trusted = ", ".join(literal(each) for each in settings.trusted)
            place = f"list_position([{trusted}], {quoted(settings.source)})"
            ranks.append(f"coalesce(nullif({place}, 0), {len(settings.trusted) + 1})")
        elif prefer is Prefer.RECENT and settings.recent:
            latest = ", ".join(quoted(name) for name in settings.recent)
            ranks.append(f"greatest({latest}) DESC NULLS LAST")
        elif prefer is Prefer.COMPLETE:
            ranks.append(_completeness(column))
    return ranks or ["0"]


def _completeness(column: Column) -> str:
    if column.kind is Kind.DATE:
        precision = quoted(f"{column.name}_precision")
        return f"CASE {precision} WHEN 'day' THEN 0 WHEN 'month' THEN 1 ELSE 2 END"
    if column.kind in {Kind.NAME, Kind.TEXT}:
        # Of two equally long ones that with more diacritics: its bytes are more.
        name = quoted(column.name)
        return f"length({name}) DESC, strlen({name}) DESC"
    return "0"
