"""The card of four dimensions, unit by unit and rolled up the tree, from counts that are there already."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from lienthong.quality.tables import literal
from lienthong.quality.units import Units
from lienthong.quality.validating import duplicates
from lienthong.quality.validating.check import COUNTS

SCORES: Final = "scores.parquet"
"""unit, parent, tier, name, dimension, records, failures, score: from 0 to 100, weighted by rule; and, the same on each
row of a unit, exact_duplicates and estimated_duplicates: in percent of its records, NULL where not linked."""
SCORE_RULES: Final = "score_rules.parquet"
"""unit, rule, records, failures: the same sums by rule."""
WHOLE: Final = "*"
"""The unit above all: the whole registry."""
_OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"
_MOST_TIERS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card of the whole registry."""

    # Dimension to score.
    dimensions: dict[str, float]
    # ``exact``, and ``estimated`` if records were linked: in percent.
    duplicates: dict[str, float]


def score(connection: duckdb.DuckDBPyConnection, folder: Path, *, units: Units) -> Card:
    """Write ``scores.parquet`` and ``score_rules.parquet`` from the counts in the same folder.

    A record without a unit counts for the whole registry only.

    Args:
        connection: that does it; it has the table that ``duplicates.count`` makes.
        folder: with ``rule_counts.parquet``; takes both files.
        units: the tree.

    Returns:
        The card of the whole registry.
    """
    _paths(connection, units)
    counts = f"read_parquet({literal(str(folder / COUNTS))})"
    below = f"SELECT p.above AS unit, c.* EXCLUDE (unit) FROM {counts} c JOIN unit_paths p ON p.unit = c.unit"
    whole = f"SELECT {literal(WHOLE)} AS unit, * EXCLUDE (unit) FROM {counts}"
    rolled = (
        "SELECT unit, rule, dimension, any_value(weight) AS weight, CAST(sum(records) AS BIGINT) AS records,"
        f" CAST(sum(failures) AS BIGINT) AS failures FROM ({below} UNION ALL {whole}) GROUP BY unit, rule, dimension"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE rolled AS {rolled}")
    by_rule = "SELECT unit, rule, records, failures FROM rolled ORDER BY unit, rule"
    connection.execute(f"COPY ({by_rule}) TO {literal(str(folder / SCORE_RULES))} {_OPTIONS}")
    shares = (
        "SELECT r.unit, u.parent, u.tier, u.name, dimension, CAST(sum(records) AS BIGINT) AS records,"
        " CAST(sum(failures) AS BIGINT) AS failures,"
        " round(100 * (1 - sum(weight * failures) / nullif(sum(weight * records), 0)), 2) AS score,"
        " any_value(d.exact) AS exact_duplicates, any_value(d.estimated) AS estimated_duplicates"
        f" FROM rolled r LEFT JOIN unit_names_now u ON u.code = r.unit LEFT JOIN ({_rates()}) d ON d.unit = r.unit"
        " GROUP BY r.unit, u.parent, u.tier, u.name, dimension ORDER BY r.unit, dimension"
    )
    connection.execute(f"COPY ({shares}) TO {literal(str(folder / SCORES))} {_OPTIONS}")
    found = connection.execute(
        f"SELECT dimension, score FROM read_parquet({literal(str(folder / SCORES))}) WHERE unit = {literal(WHOLE)}"
    ).fetchall()
    rates = connection.execute(f"SELECT exact, estimated FROM ({_rates()}) WHERE unit = {literal(WHOLE)}").fetchall()
    return Card(
        dimensions={str(dimension): float(value) for dimension, value in found if value is not None},
        duplicates={
            name: float(rate)
            for row in rates
            for name, rate in zip(("exact", "estimated"), row, strict=True)
            if rate is not None
        },
    )


def _rates() -> str:
    """Return the query of the duplicates of every unit, of all units above it, and of the whole, in percent."""
    below = f"SELECT p.above AS unit, c.* EXCLUDE (unit) FROM {duplicates.TABLE} c JOIN unit_paths p ON p.unit = c.unit"
    whole = f"SELECT {literal(WHOLE)} AS unit, * EXCLUDE (unit) FROM {duplicates.TABLE}"
    rates = ", ".join(f"round(100 * sum({name}) / sum(records), 3) AS {name}" for name in ("exact", "estimated"))
    return f"SELECT unit, {rates} FROM ({below} UNION ALL {whole}) GROUP BY unit"


def _paths(connection: duckdb.DuckDBPyConnection, units: Units) -> None:
    """Make ``unit_paths``: every unit of today with itself and each unit above it; and ``unit_names_now``."""
    by_code = {version.code: version for version in units.present()}
    pairs: list[tuple[str, str]] = []
    for code in by_code:
        above: str | None = code
        for _ in range(_MOST_TIERS):
            if above is None or above not in by_code:
                break
            pairs.append((code, above))
            above = by_code[above].parent
    text = pa.string()
    paths = {"unit": pa.array([pair[0] for pair in pairs], text), "above": pa.array([pair[1] for pair in pairs], text)}
    rows = list(by_code.values())
    named = {
        "code": pa.array([row.code for row in rows], text),
        "parent": pa.array([row.parent for row in rows], text),
        "tier": pa.array([str(row.tier) for row in rows], text),
        "name": pa.array([row.full_name for row in rows], text),
    }
    for name, columns in (("unit_paths", paths), ("unit_names_now", named)):
        connection.register("unit_given", pa.table(columns))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM unit_given")
        connection.unregister("unit_given")
