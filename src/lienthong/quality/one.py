"""One record, as somebody types it in, standardised as a registry's records are."""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from lienthong.quality.description import Registry
from lienthong.quality.errors import RecordsRefused
from lienthong.quality.reading import VIEW
from lienthong.quality.reading.headings import column_called
from lienthong.quality.standardising import plan_of
from lienthong.quality.tables import RECORD_ID, literal, quoted
from lienthong.quality.units import Units

_LONGEST = 10_000
"""Characters of a value."""


def standardise_one(
    connection: DuckDBPyConnection, registry: Registry, values: Mapping[str, str], *, units: Units
) -> dict[str, Any]:
    """Return standardised columns to values.

    Args:
        connection: that does it.
        registry: of which the record is.
        values: column of the registry, or another heading it is known by, to what was written; others are unknown.
        units: the administrative units that codes mean.

    Raises:
        RecordsRefused: the registry has no such column, one is there twice, or a value is too long.
    """
    given: dict[str, str] = {}
    for name, value in values.items():
        column = column_called(registry, name)
        if column is None or column in given:
            known = ", ".join(each.name for each in registry.columns)
            what = "is there twice" if column else "is no column of the registry"
            raise RecordsRefused(f"{name} {what}", hint=f"Write FIELD=VALUE; the fields are {known}.")
        if len(value) > _LONGEST:
            raise RecordsRefused(name, hint=f"Write at most {_LONGEST} characters.")
        given[column] = value
    names = [RECORD_ID, *(each.name for each in registry.columns)]
    chosen = ", ".join(
        f"{f'nullif({literal(given[name])}, {literal("")})' if name in given else 'CAST(NULL AS VARCHAR)'}"
        f" AS {quoted(name)}"
        for name in names
    )
    connection.execute(f"CREATE OR REPLACE VIEW {VIEW} AS SELECT {chosen}")
    plan = plan_of(connection, registry, given, units=units)
    with plan.dictionaries:
        cursor = connection.execute(plan.table)
        found = [name for name, *_rest in cursor.description or []]
        (row,) = cursor.fetchall()
    return {name: value for name, value in zip(found, row, strict=True) if value is not None}
