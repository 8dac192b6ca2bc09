"""Administrative units, by code or by name, from before or after a reform."""

from collections.abc import Iterable, Iterator
from typing import Final

import duckdb
import pyarrow as pa

from lienthong.quality.standardising import vietnamese
from lienthong.quality.standardising.steps import key, spaces
from lienthong.quality.units import Units, UnitVersion

_ROWS: Final = "unit_rows"
_PROVINCE: Final = "^(tinh|thanh pho) "
_ABOVE: Final = 4
"""Tiers above a unit that its written name may list."""


def load(connection: duckdb.DuckDBPyConnection, units: Units) -> None:
    """Make the tables ``unit_now``, ``unit_then`` and ``unit_names`` that dictionaries are joined with."""
    rows = [*_rows(units.present(), former=False), *_rows(units.former(), former=True)]
    names = ("code", "former", "parts")
    types = (pa.string(), pa.bool_(), pa.list_(pa.string()))
    table = pa.table({name: pa.array([row[at] for row in rows], types[at]) for at, name in enumerate(names)})
    moves = pa.table(
        {
            "old": pa.array([move.old_code for move in units.successions], pa.string()),
            "new": pa.array([move.new_code for move in units.successions], pa.string()),
            "review": pa.array([move.needs_review for move in units.successions], pa.bool_()),
            "suggested": pa.array([move.suggested for move in units.successions], pa.bool_()),
        }
    )
    connection.register(_ROWS, table)
    connection.register("unit_moves", moves)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unit_now AS SELECT code FROM {_ROWS} WHERE NOT former")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unit_then AS SELECT code, arg_max(new, (suggested, new)) AS new,"
        f" coalesce(bool_or(review), false) AS review FROM {_ROWS} LEFT JOIN unit_moves ON code = old"
        " WHERE former GROUP BY code"
    )
    # Units share their names and those of the units above.
    keys = f"SELECT part, {_part('part')} AS key FROM (SELECT DISTINCT unnest(parts) AS part FROM {_ROWS})"
    each = f"SELECT code, former, unnest(parts) AS part, generate_subscripts(parts, 1) AS place FROM {_ROWS}"
    written = (
        f"SELECT code, former, string_agg(key, '|' ORDER BY place) AS name"
        f" FROM ({each}) JOIN ({keys}) USING (part) GROUP BY code, former"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unit_names AS SELECT name, former, any_value(code) AS code"
        f" FROM ({written}) GROUP BY ALL HAVING count(*) = 1"
    )
    connection.unregister(_ROWS)
    connection.unregister("unit_moves")


def treatment() -> str:
    """Return the query of ``texts`` (``dictionaries``) that finds units.

    It has ``now`` (the code, if units of today have it), ``past`` (the code of before the reform), ``future`` and
    ``review`` (where that unit went), and ``named`` (by name).
    """
    number = "regexp_replace(trim(raw), '[.]0$', '')"
    digits = f"CASE WHEN regexp_full_match({number}, '[0-9]{{1,5}}') THEN {number} END"
    # Each on its own level, so that what is used twice is computed once.
    split = f"SELECT *, {digits} AS number FROM texts"
    split = f"SELECT *, CASE WHEN number IS NULL THEN nfc_normalize(raw) END AS named FROM ({split})"
    split = f"SELECT * REPLACE ({spaces('named')} AS named) FROM ({split})"
    split = f"SELECT *, string_split_regex({vietnamese.places('named')}, ' ?[,;] ?| - ') AS parts FROM ({split})"
    written = f"array_to_string(list_transform(parts, lambda p: {_part('p')}), '|')"
    split = f"SELECT *, CASE WHEN number IS NULL THEN {written} END AS written FROM ({split})"
    codes = (
        "SELECT s.raw, s.used_by, s.number, coalesce(n1.code, n2.code, nn.code) AS now,"
        " coalesce(t1.code, t2.code, tn.code) AS past"
        f" FROM ({split}) s LEFT JOIN unit_now n1 ON n1.code = number"
        " LEFT JOIN unit_now n2 ON n2.code = lpad(number, 5, '0')"
        " LEFT JOIN unit_then t1 ON t1.code = number LEFT JOIN unit_then t2 ON t2.code = lpad(number, 5, '0')"
        " LEFT JOIN unit_names nn ON nn.name = written AND NOT nn.former"
        " LEFT JOIN unit_names tn ON tn.name = written AND tn.former"
    )
    return (
        "SELECT raw, used_by, now, past, new AS future, review, number IS NULL AS named"
        f" FROM ({codes}) LEFT JOIN unit_then ON past = unit_then.code"
    )


def _rows(versions: Iterable[UnitVersion], *, former: bool) -> Iterator[tuple[str, bool, list[str]]]:
    by_code = {version.code: version for version in versions}
    for version in by_code.values():
        parts: list[str] = []
        above: UnitVersion | None = version
        while above is not None and above.tier != "country" and len(parts) < _ABOVE:
            parts.append(above.full_name)
            above = by_code.get(above.parent or "")
        yield (version.code, former, parts)


def _part(x: str) -> str:
    """Return the key of one part of a written name: numbers without zeros, provinces without their type."""
    plain = f"regexp_replace({key(x, is_vietnamese=True)}, '(^| )0+([0-9])', '\\1\\2', 'g')"
    return f"regexp_replace({plain}, '{_PROVINCE}', '')"
