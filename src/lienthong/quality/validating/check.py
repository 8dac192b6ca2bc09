"""All rules in one pass over the data, each a bit of a number; what is counted comes from those numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.description import Described
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.tables import literal, quoted
from lienthong.quality.validating.rules import Rule, Rules

FAILURES: Final = "failures.parquet"
"""record_id, unit, rule: one row per record and rule that it breaks."""
COUNTS: Final = "rule_counts.parquet"
"""unit, rule, dimension, weight, records, failures: records are those the rule is about."""
_OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What was found."""

    records: int
    # Records that break at least one rule.
    failing: int
    # Of a record and a rule.
    failures: int


def validate(  # noqa: PLR0913 - what, by which rules, into where, as of when
    connection: duckdb.DuckDBPyConnection,
    described: Described,
    rules: Rules,
    folder: Path,
    *,
    source: Path,
    today: date,
) -> Validated:
    """Write ``failures.parquet`` and ``rule_counts.parquet``.

    Args:
        connection: that does it.
        described: the registry, named by errors.
        rules: those to check.
        folder: for both files.
        source: the standardised table.
        today: what tests call ``$today``.

    Raises:
        RegistryInvalid: a test is not SQL on the standardised columns; the error names the rule.
    """
    table = f"read_parquet({literal(str(source))})"
    refuse_wrong(connection, described, rules.rules, table, today)
    failed = failed_of(rules.rules, table)
    about = " | ".join(["0::UBIGINT", *(_bit(at, _about(rule)) for at, rule in enumerate(rules.rules))])
    query = f"SELECT record_id, coalesce(unit, '') AS unit, {failed} AS failed, {about} AS about FROM {table}"
    connection.execute("CREATE OR REPLACE TEMP TABLE checked AS " + dated(query, today))
    names = ", ".join(f"({at}, {literal(rule.id)})" for at, rule in enumerate(rules.rules)) or "(0, '')"
    # Most records break one of few sets of rules.
    sets = (
        "SELECT failed, list(id ORDER BY place) AS rules FROM (SELECT DISTINCT failed FROM checked)"
        f" JOIN (VALUES {names}) names(place, id) ON (failed >> place) & 1 = 1 GROUP BY failed"
    )
    broken = f"SELECT record_id, unit, unnest(rules) AS rule FROM checked JOIN ({sets}) USING (failed)"
    failures = connection.execute(f"COPY ({broken}) TO {literal(str(folder / FAILURES))} {_OPTIONS}").fetchall()
    connection.execute(f"COPY ({_counts(rules.rules)}) TO {literal(str(folder / COUNTS))} {_OPTIONS}")
    total = connection.execute("SELECT count(*), count_if(failed <> 0) FROM checked").fetchall()[0]
    connection.execute("DROP TABLE checked")
    return Validated(records=int(total[0]), failing=int(total[1]), failures=int(failures[0][0]))


def failed_of(rules: Sequence[Rule], table: str) -> str:
    """Return the expression of a number in which bit *i* says that a record of a table breaks rule *i*."""
    return " | ".join(["0::UBIGINT", *(_bit(at, _fails(rule, table)) for at, rule in enumerate(rules))])


def _bit(at: int, test: str) -> str:
    return f"CASE WHEN {test} THEN {1 << at}::UBIGINT ELSE 0 END"


def _about(rule: Rule) -> str:
    # What nothing is known of is not judged, and not counted as judged.
    judged = f"({rule.test}) IS NOT NULL" if rule.test is not None else f"{quoted(rule.columns[0])} IS NOT NULL"
    return f"({rule.applies}) AND {judged}" if rule.applies is not None else judged


def _fails(rule: Rule, table: str) -> str:
    if rule.test is not None:
        fails = f"NOT ({rule.test})"
    else:
        name = quoted(rule.columns[0])
        fails = f"{name} IN (SELECT {name} FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 HAVING count(*) > 1)"
    return f"({rule.applies}) AND {fails}" if rule.applies is not None else fails


def _counts(rules: Sequence[Rule]) -> str:
    """A row per unit and what its records break, of which there are few; then one per unit; then per unit and rule."""
    if not rules:
        return _NO_COUNTS
    sums = "".join(
        f", CAST(sum(((about >> {at}) & 1) * n) AS BIGINT) AS a{at}"
        f", CAST(sum(((failed >> {at}) & 1) * n) AS BIGINT) AS f{at}"
        for at, _ in enumerate(rules)
    )
    rows = ", ".join(
        f"{{'rule': {literal(rule.id)}, 'dimension': {literal(rule.dimension)}, 'weight': {rule.weight},"
        f" 'records': a{at}, 'failures': f{at}}}"
        for at, rule in enumerate(rules)
    )
    alike = "SELECT unit, failed, about, count(*)::UBIGINT AS n FROM checked GROUP BY ALL"
    counted = f"SELECT unit{sums} FROM ({alike}) GROUP BY unit"
    return f"SELECT unit, unnest([{rows}], recursive := true) FROM ({counted}) ORDER BY unit"


_NO_COUNTS: Final = (
    "SELECT '' AS unit, '' AS rule, '' AS dimension, 0 AS weight, 0::BIGINT AS records, 0::BIGINT AS failures"
    " WHERE false"
)


def dated(query: str, today: date) -> str:
    """Return SQL of a rule with the day in the place of ``$today``."""
    return query.replace("$today", f"DATE '{today}'")


def refuse_wrong(
    connection: duckdb.DuckDBPyConnection, described: Described, rules: Sequence[Rule], table: str, today: date
) -> None:
    """Refuse rules that are not about the columns of a standardised table.

    Raises:
        RegistryInvalid: the error names the rule.
    """
    for rule in rules:
        for text in (rule.test, rule.applies):
            if text is None:
                continue
            try:
                connection.execute(dated(f"EXPLAIN SELECT CAST(({text}) AS BOOLEAN) FROM {table}", today)).fetchall()
            except duckdb.Error as error:
                what = str(error).partition("\n")[0][:200]
                where = f"{described.registry.rules}: rule {rule.id}: {what}"
                raise RegistryInvalid(where, hint="Write SQL on the standardised columns.") from error
