"""The profile of a registry as a page that any browser shows, without the office and without the internet."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import duckdb
import jinja2

from lienthong.kernel.i18n import _, language
from lienthong.quality.description import Registry, Title
from lienthong.quality.profiling import PROFILE
from lienthong.quality.profiling_units import SHARED, UNIT_PROFILE
from lienthong.quality.tables import literal
from lienthong.quality.units import Units

PAGE: Final = "profile.html"
_MOST_UNITS: Final = 200
"""Units on the page, those with the most gaps first; the table has all."""
_STEPS: Final = ((99.5, "full"), (95.0, "good"), (80.0, "fair"), (0.0, "poor"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a column is filled."""

    # In percent.
    value: float
    mandatory: bool

    @property
    def css(self) -> str:
        """Its colour, where gaps are a fault; the number says the same."""
        return next(name for least, name in _STEPS if self.value >= least) if self.mandatory else ""

    def __str__(self) -> str:
        """Write it with one decimal."""
        return f"{self.value:.1f} %"


def write_page(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path, *, units: Units) -> None:
    """Write ``profile.html`` from the tables of the same folder.

    Args:
        connection: that reads them.
        registry: whose columns they are about.
        folder: with ``unit_profile.parquet``, and ``profile.parquet`` where the input was read anew; takes the page.
        units: names of the units.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lienthong.quality", "pages"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template(PAGE).render(
        language=language(),
        title=_title(registry.title),
        titles=[_title(column.title) for column in registry.columns],
        columns=_columns(connection, registry, folder),
        units=_units(connection, registry, folder, {version.code: version.full_name for version in units.present()}),
        texts=_texts(),
    )
    (folder / PAGE).write_text(text, encoding="utf-8")


def _columns(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path) -> list[dict[str, Any]]:
    if not (folder / PROFILE).is_file():
        return []
    found = connection.execute(f"FROM read_parquet({literal(str(folder / PROFILE))})")
    names = [each[0] for each in found.description]
    rows = {row["column"]: row for row in (dict(zip(names, row, strict=True)) for row in found.fetchall())}
    return [
        {
            **rows[column.name],
            "title": _title(column.title),
            "share": Share(
                value=100 * rows[column.name]["filled"] / max(rows[column.name]["records"], 1),
                mandatory=column.mandatory,
            ),
            "sensitive": column.sensitive,
        }
        for column in registry.columns
    ]


def _units(
    connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return units and what is in their columns, those with the most gaps first."""
    table = f"read_parquet({literal(str(folder / UNIT_PROFILE))})"
    shares = f"SELECT unit, sum(filled) / sum(records) AS share FROM {table} GROUP BY unit"
    rows = connection.execute(
        'SELECT unit, records, "column", filled, distinct_values, patterns, top, rare'
        f" FROM {table} JOIN ({shares} ORDER BY share, unit LIMIT {_MOST_UNITS}) USING (unit) ORDER BY share, unit"
    ).fetchall()
    return [
        _unit(registry, names.get(unit, unit) or _("without a unit"), records, {row[2]: row[3:] for row in own})
        for (unit, records), own in groupby(rows, itemgetter(0, 1))
    ]


def _unit(registry: Registry, name: str, records: int, rows: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Return a unit as the page shows it, from its rows by column."""
    columns: list[dict[str, Any]] = []
    for column in registry.columns:
        filled, distinct, patterns, top, rare = rows[column.name]
        share = Share(value=100 * filled / records, mandatory=column.mandatory)
        columns.append({
            "title": _title(column.title),
            "share": share,
            "distinct_values": distinct,
            "patterns": patterns,
            "top": top,
            "rare": rare,
            "sensitive": column.sensitive,
        })  # fmt: skip
    return {"name": name, "records": records, "columns": columns}


def _title(title: Title) -> str:
    return str(getattr(title, language()))


def _texts() -> dict[str, str]:
    return {
        "profile": _("Profile"),
        "columns": _("Columns of the input"),
        "column": _("Column"),
        "filled": _("Filled"),
        "distinct": _("Different values"),
        "length": _("Length"),
        "patterns": _("Forms, the most frequent first"),
        "patterns_said": _("A stands for capitals, a for small letters, 9 for digits."),
        "top": _("Most frequent values"),
        "rare": _("Values of rare forms"),
        "units": _("How full columns are, by unit"),
        "units_said": _("Units with the most gaps first, at most {number}.").format(number=_MOST_UNITS),
        "inside": _("Forms and values, by unit"),
        "inside_said": _(
            "Frequent values are those that several records of the unit have. What could not be read stands before"
            " values of forms that are rare in the whole registry. Of sensitive columns only forms are listed that at"
            " least {number} records of the unit have."
        ).format(number=SHARED),
        "unit": _("Unit"),
        "records": _("Records"),
        "withheld": _("sensitive: values are not shown"),
    }
