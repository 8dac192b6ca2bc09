"""The names of standardised columns: one convention by kind, the same for every registry.

A standardised table (``standardised.parquet``) always has all columns of the registry, in its order; those
that the input did not have are NULL throughout, and the manifest says so (``runs.Manifest.present``).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lienthong.quality.description import Column, Kind, Registry

STANDARDISED: Final = "standardised.parquet"
CHANGES: Final = "changes.parquet"
RECORD_ID: Final = "record_id"
UNIT: Final = "unit"

_TEXT: Final = "VARCHAR"
_STATEMENTS: Final = re.compile(r";|--|/\*", re.ASCII)
_TABLES: Final = re.compile(
    r"\b(select|from|read_\w+|copy|attach|install|load|pragma|set|getenv|glob)\b", re.IGNORECASE
)


class Field(NamedTuple):
    """A column of a standardised table: its name and its type in DuckDB."""

    name: str
    type: str


CHANGE_FIELDS: Final = (
    Field(RECORD_ID, _TEXT),
    # The column of the registry.
    Field("field", _TEXT),
    # As it stood in the input; never NULL.
    Field("raw", _TEXT),
    # As it stands now, as text; NULL where it could not be read.
    Field("value", _TEXT),
    # What changed it, in order, with "+" between: nfc+case.
    Field("rule", _TEXT),
    # The id of the run, as in its manifest.
    Field("run", _TEXT),
)

# By kind: what follows the column's name, and its type. ``_unread`` keeps what was written where nothing
# could be made of it, and is NULL everywhere else.
_SUFFIXES: Final[dict[Kind, tuple[tuple[str, str], ...]]] = {
    Kind.NAME: (("", _TEXT), ("_family", _TEXT), ("_middle", _TEXT), ("_given", _TEXT), ("_key", _TEXT)),
    Kind.TEXT: (("", _TEXT), ("_key", _TEXT)),
    Kind.PLACE: (("", _TEXT), ("_key", _TEXT)),
    # The year also where only the year is known, and then "year" as the precision.
    Kind.DATE: (("", "DATE"), ("_year", "SMALLINT"), ("_precision", _TEXT), ("_unread", _TEXT)),
    Kind.SEX: (("", _TEXT), ("_unread", _TEXT)),
    Kind.PERSONAL_NUMBER: (("", _TEXT), ("_unread", _TEXT)),
    # The present code, the code of before the reform, and whether the present one is only a suggestion.
    Kind.UNIT: (("", _TEXT), ("_old", _TEXT), ("_review", "BOOLEAN"), ("_unread", _TEXT)),
    Kind.NUMBER: (("", "DOUBLE"), ("_unread", _TEXT)),
    Kind.CODE: (("", _TEXT),),
    Kind.PHONE: (("", _TEXT), ("_unread", _TEXT)),
    Kind.EMAIL: (("", _TEXT), ("_unread", _TEXT)),
    Kind.CHOICE: (("", _TEXT), ("_unread", _TEXT)),
}


def fields_of(column: Column) -> tuple[Field, ...]:
    """Return the standardised columns that one column of a registry makes."""
    return tuple(Field(column.name + suffix, kind) for suffix, kind in _SUFFIXES[column.kind])


def fields(registry: Registry) -> tuple[Field, ...]:
    """Return all columns of a registry's standardised table, in their order: record_id and unit first."""
    return tuple(_fields(registry))


def _fields(registry: Registry) -> Iterator[Field]:
    yield Field(RECORD_ID, _TEXT)
    yield Field(UNIT, _TEXT)
    for column in registry.columns:
        yield from fields_of(column)


def quoted(name: str) -> str:
    """Return a name as SQL writes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def is_expression(text: str) -> bool:
    """Return whether SQL of a description speaks of columns alone: no statements, no tables, no files."""
    return not (_STATEMENTS.search(text) or _TABLES.search(text))
