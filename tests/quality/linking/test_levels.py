"""Two dates of which one follows from the other are one piece of evidence, whichever of them is there."""

import duckdb
import pytest

from lienthong.quality.description import Title
from lienthong.quality.linking.engine import in_duckdb
from lienthong.quality.linking.levels import levels_of
from lienthong.quality.linking.settings import Compared, Likeness

DATES = Compared(
    name="membership",
    likeness=Likeness.DATES,
    columns=("first", "second"),
    title=Title(vi="Ngày", en="Dates", de="Daten"),
)


def level_of(connection: duckdb.DuckDBPyConnection, left: tuple[str, str], right: tuple[str, str]) -> str:
    """Return the label of the level of two pairs of dates, each a day, a year or nothing."""
    levels = levels_of(DATES)
    assert levels.columns == ("first", "second", "first_year", "second_year")
    columns = []
    for side, dates in (("l", left), ("r", right)):
        for name, text in zip(DATES.columns, dates, strict=True):
            columns.append(f"{f'DATE {text!r}' if len(text) > 4 else 'NULL::DATE'} AS {name}_{side}")
            columns.append(f"{text[:4] or 'NULL'}::SMALLINT AS {name}_year_{side}")
    cases = [f"WHEN {levels.unknown} THEN 'unknown'"]
    cases += [f"WHEN {in_duckdb(each.sql)} THEN '{each.label}'" for each in levels.levels[:-1]]
    query = f"SELECT CASE {' '.join(cases)} ELSE '{levels.levels[-1].label}' END FROM (SELECT {', '.join(columns)})"
    return str(connection.execute(query).fetchall()[0][0])


@pytest.mark.parametrize(
    ("left", "right", "label"),
    [
        (("1990-02-03", "1991-02-03"), ("1990-02-03", "1991-02-03"), "both same day"),
        (("1990-02-03", "1991-02-03"), ("1990-02-03", ""), "one same day"),
        (("1990-02-03", "1991-02-03"), ("1986", "1991-02-03"), "one same day"),
        (("1990-02-03", ""), ("1990-03-02", ""), "day and month swapped"),
        (("1990-02-03", "1991-02-03"), ("1990-03-10", "1991"), "days apart"),
        (("1990-12-20", ""), ("1991-01-10", ""), "days apart"),
        (("1990-02-03", "1991-02-03"), ("1990-11-10", "1992-01-10"), "same year"),
        (("1990", ""), ("1990-11-10", "1991-11-10"), "same year"),
        (("1990-02-03", "1991-02-03"), ("1986-02-03", "1987-02-03"), "different"),
        (("", "1991-02-03"), ("1990-02-03", ""), "unknown"),
    ],
)
def test_dates_that_go_together_count_once(
    connection: duckdb.DuckDBPyConnection, left: tuple[str, str], right: tuple[str, str], label: str
) -> None:
    assert level_of(connection, left, right) == label
