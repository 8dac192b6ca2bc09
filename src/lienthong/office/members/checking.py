"""What the engine says of values before they enter: each is standardised, and the rules look at the whole record.

The same description and the same rules as for a run of millions; here for as many records as somebody mends at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate

from lienthong.office.members import registry
from lienthong.quality.description import Kind

if TYPE_CHECKING:
    from lienthong.quality.few import Few

MOST: Final = 2_000
"""Records that are looked at at once."""
_MEMORY: Final = "500MB"
_MONTH: Final = 7
"""Characters of a date of which the day is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A record as it would be."""

    # Standardised.
    values: Mapping[str, str]
    # What was written where nothing could be made of it.
    unread: Mapping[str, str]
    # Rules that it breaks; those that compare records with each other are the next run's.
    breaks: frozenset[str]


def check(records: Mapping[str, Mapping[str, str]]) -> dict[str, Checked]:
    """Return what becomes of records.

    Args:
        records: values as they are written, by the record's key and the column.
    """
    today, names = localdate(), list(registry.columns())
    written = {key: _as_written(values, today) for key, values in records.items()}
    checked = {}
    for found in _few().look(written, today=today, wanted=_wanted()):
        values, unread = found.values[: len(names)], found.values[len(names) :]
        checked[found.record_id] = Checked(
            values={name: value for name, value in zip(names, values, strict=True) if value is not None},
            unread={name: value for name, value in zip(names, unread, strict=True) if value is not None}
            | {name: written[found.record_id][name] for name in found.formulas},
            breaks=found.breaks,
        )
    return checked


@cache
def _few() -> "Few":
    # Brings DuckDB along, which no other page needs.
    from lienthong.quality.few import Few  # noqa: PLC0415 - see above

    return Few(registry.described(), today=localdate(), units=registry.units(), memory=_MEMORY)


@cache
def _wanted() -> tuple[str, ...]:
    """Return the expressions of all values and of all that was not read."""
    from lienthong.office.members.loading.results import text_of  # noqa: PLC0415 - brings DuckDB along
    from lienthong.quality import few, tables  # noqa: PLC0415 - the same

    columns = registry.columns().values()
    known = {field.name for field in tables.fields(registry.described().registry)}
    values = [text_of(column, few.TABLE) for column in columns]
    unread = [tables.quoted(f"{column.name}_unread") for column in columns]
    return (*values, *(each if each.strip('"') in known else "NULL" for each in unread))


def _as_written(values: Mapping[str, str], today: date) -> dict[str, str]:
    # A change is written today, so codes of units mean those of today.
    dated = {column.as_of: today.isoformat() for column in registry.columns().values() if column.as_of}
    given = {**values, **dated}
    return {name: _written(name, given[name]) for name in registry.columns() if name in given}


def _written(name: str, value: str) -> str:
    """Return a kept value as somebody would write it: a date without a day month first."""
    if registry.columns()[name].kind is Kind.DATE and len(value) == _MONTH and value[4] == "-":
        return f"{value[5:]}/{value[:4]}"
    return value
