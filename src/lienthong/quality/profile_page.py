"""The profile of a registry as a page that any browser shows, without the office and without the internet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import jinja2

from lienthong.kernel.i18n import _, language
from lienthong.quality.description import Registry, Title
from lienthong.quality.profiling import PROFILE
from lienthong.quality.profiling_units import UNIT_PROFILE
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
    titles = {column.name: _title(column.title) for column in registry.columns}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lienthong.quality", "pages"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template(PAGE).render(
        language=language(),
        title=_title(registry.title),
        titles=titles,
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
    """Return units and how full their columns are, those with the most gaps first."""
    rows = connection.execute(
        'SELECT unit, any_value(records), map(list("column"), list(100 * filled / greatest(records, 1)))'
        f" FROM read_parquet({literal(str(folder / UNIT_PROFILE))}) GROUP BY unit"
        f" ORDER BY sum(filled) / greatest(any_value(records), 1), unit LIMIT {_MOST_UNITS}"
    ).fetchall()
    return [
        {
            "name": names.get(unit, unit) or _("without a unit"),
            "records": records,
            "shares": {
                column.name: Share(value=shares[column.name], mandatory=column.mandatory) for column in registry.columns
            },
        }
        for unit, records, shares in rows
    ]


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
        "unit": _("Unit"),
        "records": _("Records"),
        "withheld": _("sensitive: values are not shown"),
    }
