"""How many records are somebody's once more: exactly, by what must be unique, and estimated, by linking.

Of n records of one person each counts as (n−1)/n of a duplicate: so the sum is n−1, no record is the original, and
units that share a person share the duplicates.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import duckdb

from lienthong.quality.tables import quoted
from lienthong.quality.validating.check import dated
from lienthong.quality.validating.rules import Rule

TABLE: Final = "duplicate_counts"
"""unit ('' where a record has none), records, exact, estimated (NULL: not linked): counts, with fractions."""


def count(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], *, source: str, clusters: str | None, today: date
) -> None:
    """Make the table ``duplicate_counts``.

    Args:
        connection: that does it.
        rules: of the registry; those that say what is unique are used.
        source: standardised records.
        clusters: ``record_id`` and ``person_id``; None: not linked.
        today: what tests call ``$today``.
    """
    unit = "coalesce(unit, '') AS unit"
    shares = " UNION ALL ".join(_of_rule(rule, source, today) for rule in rules if rule.unique)
    exact = f"SELECT record_id, {unit}, max(share) AS share FROM ({shares or _NOTHING}) GROUP BY ALL"
    made = _NOTHING
    if clusters is not None:
        made = (
            f"SELECT record_id, {unit}, 1 - 1 / n AS share FROM {source} JOIN {clusters} USING (record_id)"
            f" JOIN (SELECT person_id, count(*) AS n FROM {clusters} GROUP BY 1 HAVING n > 1) USING (person_id)"
        )
    estimated = "coalesce(e.sum, 0)" if clusters is not None else "NULL::DOUBLE"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT r.unit, records, coalesce(x.sum, 0) AS exact,"
        f" {estimated} AS estimated FROM (SELECT {unit}, count(*) AS records FROM {source} GROUP BY 1) r"
        f" LEFT JOIN (SELECT unit, sum(share) AS sum FROM ({exact}) GROUP BY 1) x USING (unit)"
        f" LEFT JOIN (SELECT unit, sum(share) AS sum FROM ({made}) GROUP BY 1) e USING (unit)"
    )


_NOTHING: Final = "SELECT NULL::VARCHAR AS record_id, NULL::VARCHAR AS unit, NULL::DOUBLE AS share WHERE false"


def _of_rule(rule: Rule, source: str, today: date) -> str:
    name = quoted(rule.columns[0])
    about = f"(SELECT * FROM {source} WHERE {name} IS NOT NULL AND ({dated(rule.applies or 'true', today)}))"
    return (
        f"SELECT record_id, unit, 1 - 1 / n AS share FROM {about}"
        f" JOIN (SELECT {name}, count(*) AS n FROM {about} GROUP BY 1 HAVING n > 1) USING ({name})"
    )
