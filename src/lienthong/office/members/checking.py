"""What the engine says of values before they enter: each is standardised, and the rules look at the whole record.

The same description and the same rules as for a run of millions; here for as many records as somebody mends at once.
"""

import csv
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from django.utils.timezone import localdate

from lienthong.office.members import registry
from lienthong.quality.description import Kind

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
    # Brings DuckDB along, which no other page needs.
    from lienthong.quality import database, pipeline, tables  # noqa: PLC0415 - see above
    from lienthong.quality.pipeline import Job, Step  # noqa: PLC0415 - see above
    from lienthong.quality.validating.check import FAILURES  # noqa: PLC0415 - see above

    today = localdate()
    with tempfile.TemporaryDirectory(prefix="lienthong-check-") as name:
        folder = Path(name)
        _write(folder / "records.csv", records, today)
        pipeline.do(
            Job(
                described=registry.described(), source=folder / "records.csv", out=folder / "checked", command="check",
                steps=[Step.VALIDATE], today=today, units=registry.units(), memory=_MEMORY, threads=1,
            )
        )  # fmt: skip
        (folder / "scratch").mkdir()
        with database.connect(folder / "scratch", memory=_MEMORY, threads=1) as connection:
            made, failed = (
                f"read_parquet({tables.literal(str(folder / 'checked' / file))})"
                for file in (tables.STANDARDISED, FAILURES)
            )
            broken: dict[str, set[str]] = {}
            for key, rule in connection.execute(f"SELECT record_id, rule FROM {failed}").fetchall():
                if not registry.rules()[rule].unique:
                    broken.setdefault(key, set()).add(rule)
            rows = connection.execute(f"SELECT {_columns()} FROM {made} r").fetchall()
    names = list(registry.columns())
    return {
        key: Checked(
            values={name: value for name, value in zip(names, cells, strict=False) if value is not None},
            unread={name: value for name, value in zip(names, cells[len(names) :], strict=True) if value is not None},
            breaks=frozenset(broken.get(key, ())),
        )
        for key, *cells in rows
    }


def _columns() -> str:
    """Return key, all values and all that was not read."""
    from lienthong.office.members.loading.results import text_of  # noqa: PLC0415 - brings DuckDB along
    from lienthong.quality import tables  # noqa: PLC0415 - the same

    columns = registry.columns().values()
    known = {field.name for field in tables.fields(registry.described().registry)}
    values = [text_of(column, "r") for column in columns]
    unread = [f'r."{column.name}_unread"' if f"{column.name}_unread" in known else "NULL" for column in columns]
    return ", ".join(["record_id", *values, *unread])


def _write(path: Path, records: Mapping[str, Mapping[str, str]], today: date) -> None:
    # A change is written today, so codes of units mean those of today.
    dated = {column.as_of: today.isoformat() for column in registry.columns().values() if column.as_of}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("record_id", *registry.columns()))
        for key, values in records.items():
            given = {**values, **dated}
            writer.writerow((key, *(_written(name, given.get(name, "")) for name in registry.columns())))


def _written(name: str, value: str) -> str:
    """Return a kept value as somebody would write it: a date without a day month first."""
    if registry.columns()[name].kind is Kind.DATE and len(value) == _MONTH and value[4] == "-":
        return f"{value[5:]}/{value[:4]}"
    return value
