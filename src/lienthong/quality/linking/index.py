"""A linked registry made ready to be asked for one record, or for a few new ones: a file of DuckDB.

It holds what is compared of every record, with its person and how common its values are, and the keys of all rules in
order, so that a key is found by looking into a few blocks of the file.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import msgspec
from duckdb import DuckDBPyConnection

from lienthong.quality.description import Described
from lienthong.quality.errors import IndexUnusable
from lienthong.quality.linking import blocking, conflicts, nodes
from lienthong.quality.linking.engine import by_value
from lienthong.quality.linking.frequencies import share_of
from lienthong.quality.linking.levels import Levels, levels_of
from lienthong.quality.linking.nodes import NODES, ROW
from lienthong.quality.linking.settings import Conflict, Link, Rule, link_settings
from lienthong.quality.linking.weights import Weights, fingerprint
from lienthong.quality.tables import literal, quoted

FORMAT: Final = 1
_ROWS: Final = 20_480
"""Keys that DuckDB unpacks to find one, a sixth of what it does by itself; with fewer it has more pieces to skip."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What an index says about itself."""

    format: int = FORMAT
    registry: str
    # Of the settings it was made for.
    settings: str
    records: int
    # Rules in the order of their numbers in the keys, and columns that hold anything.
    rules: tuple[str, ...]
    filled: tuple[str, ...]
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An open index; use one cursor of ``connection`` per thread."""

    connection: DuckDBPyConnection
    about: About
    settings: Link
    comparisons: tuple[Levels, ...]
    conflicts: tuple[Conflict, ...]
    rules: tuple[Rule, ...]


def make_index(  # noqa: PLR0913 - tables are named by who made them
    connection: DuckDBPyConnection,
    described: Described,
    weights: Weights,
    path: Path,
    *,
    source: str,
    clusters: str,
    progress: Callable[[str], None] = lambda _step: None,
) -> About:
    """Write the index of a linked registry; it appears when it is complete.

    Args:
        connection: with the tables.
        described: the registry.
        weights: it was linked with.
        path: of the file; an earlier index there is replaced.
        source: standardised records.
        clusters: ``record_id`` and ``person_id``.
        progress: told the name of every step as it begins.
    """
    settings = link_settings(described)
    progress("prepare")
    made = nodes.prepare(connection, source, settings)
    names = [name for name, *_rest in connection.execute(f"DESCRIBE {NODES}").fetchall()]
    rules = blocking.usable(settings, made.filled, names)
    comparisons = _known(settings, made.filled, weights)
    about = About(
        registry=described.registry.name,
        settings=fingerprint(settings),
        records=made.records,
        rules=tuple(rule.name for rule in rules),
        filled=tuple(sorted(made.filled)),
        weights=weights,
    )
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    begun.unlink(missing_ok=True)
    try:
        connection.execute(f"ATTACH {literal(str(begun))} AS made_index")
        connection.execute(
            "CREATE TABLE made_index.about AS SELECT ?::VARCHAR AS json", [msgspec.json.encode(about).decode()]
        )
        progress("records")
        _write_records(connection, comparisons, clusters)
        progress("keys")
        connection.execute("DETACH made_index")
        # Of keys only: records are larger in small pieces, and are fetched one by one.
        connection.execute(f"ATTACH {literal(str(begun))} AS made_index (ROW_GROUP_SIZE {_ROWS})")
        _write_keys(connection, settings, rules)
        connection.execute("DETACH made_index")
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
    return about


def open_index(path: Path, described: Described, *, memory: str = "1GB", threads: int = 2) -> Index:
    """Open an index for reading.

    Raises:
        IndexUnusable: it is not there, or made for another registry or for other settings.
    """
    settings = link_settings(described)
    if not path.is_file():
        raise IndexUnusable(str(path))
    try:
        connection = duckdb.connect(path, read_only=True, config={"memory_limit": memory, "threads": threads})
        ((written,),) = connection.execute("SELECT json FROM about").fetchall()
        about = msgspec.json.decode(written, type=About)
    except (duckdb.Error, msgspec.DecodeError) as error:
        raise IndexUnusable(str(path)) from error
    if (about.format, about.registry, about.settings) != (FORMAT, described.registry.name, fingerprint(settings)):
        connection.close()
        raise IndexUnusable(f"{path}: {about.registry}, format {about.format}, settings {about.settings}")
    filled = frozenset(about.filled)
    by_name = {rule.name: rule for rule in settings.block}
    names = [name for name, *_rest in connection.execute("DESCRIBE records").fetchall()]
    return Index(
        connection=connection,
        about=about,
        settings=settings,
        comparisons=_known(settings, filled, about.weights),
        conflicts=conflicts.usable(settings, filled, names),
        rules=tuple(by_name[name] for name in about.rules if name in by_name),
    )


def keys_sql(rules: Sequence[Rule], source: str) -> str:
    """Return a query of the keys of all rules over records: ``row_id``, ``h`` and how far it is tightened.

    Args:
        rules: in the order of their numbers.
        source: a table with all columns of nodes.
    """
    parts = []
    for number, rule in enumerate(rules):
        for step in range(len(rule.tighten) + 1):
            key = small_key(number, [*rule.key, *rule.tighten[:step]])
            parts.append(f"SELECT {ROW}, {number} AS rule, {step} AS step, {key} AS h FROM {source}")
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE h IS NOT NULL"


def keys_of_one_sql(rules: Sequence[Rule], source: str) -> str:
    """Return a query of all keys of one record as a list: the union of ``keys_sql`` takes as long as all else together.

    Args:
        rules: in the order of their numbers.
        source: a table of one row with all columns of nodes.
    """
    keys = [
        small_key(number, [*rule.key, *rule.tighten[:step]])
        for number, rule in enumerate(rules)
        for step in range(len(rule.tighten) + 1)
    ]
    return f"SELECT [{', '.join(keys)}]::INTEGER[] FROM {source}"


def small_key(number: int, parts: Sequence[str]) -> str:
    """Return the expression of a key in 31 bits: the few that meet by chance are told apart by their weights."""
    present = " AND ".join(f"({part}) IS NOT NULL" for part in parts)
    return f"CASE WHEN {present} THEN (hash({number}, {', '.join(parts)}) >> 33)::INTEGER END"


def _known(settings: Link, filled: frozenset[str], weights: Weights) -> tuple[Levels, ...]:
    made = (levels_of(each) for each in settings.compare if filled.intersection(each.columns))
    return tuple(each for each in made if each.name in weights.comparisons)


def _write_records(connection: DuckDBPyConnection, comparisons: Sequence[Levels], clusters: str) -> None:
    frequencies, joins = "", ""
    for at, column in enumerate(by_value(comparisons)):
        name = quoted(column)
        frequencies += f", f{at}.share AS {share_of(column)}"
        joins += (
            f" LEFT JOIN (SELECT {name} AS value, count(*) / sum(count(*)) OVER () AS share FROM {NODES}"
            f" WHERE {name} IS NOT NULL GROUP BY 1) f{at} ON f{at}.value = n.{name}"
        )
    connection.execute(
        f"CREATE TABLE made_index.records AS SELECT n.*, c.person_id{frequencies} FROM {NODES} n"
        f" JOIN {clusters} c USING (record_id){joins} ORDER BY n.{ROW}"
    )
    # Without it DuckDB unpacks a block of every column for each record that is asked for.
    connection.execute(f"CREATE UNIQUE INDEX records_by_row ON made_index.records ({ROW})")


def _write_keys(connection: DuckDBPyConnection, settings: Link, rules: Sequence[Rule]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE index_keys ({ROW} INTEGER, h INTEGER)")
    most = settings.largest_block
    for number, rule in enumerate(rules):
        for step in range(len(rule.tighten) + 1):
            # What few share; what many share is found by the tightened key.
            loose = [small_key(number, [*rule.key, *rule.tighten[:at]]) for at in range(step)]
            crowded = "".join(f" AND count(*) OVER (PARTITION BY {key}) > {most}" for key in loose)
            key = small_key(number, [*rule.key, *rule.tighten[:step]])
            connection.execute(
                f"INSERT INTO index_keys SELECT {ROW}, h FROM (SELECT {ROW}, {key} AS h FROM {NODES}"
                f" {'QUALIFY true' + crowded if crowded else ''}) WHERE h IS NOT NULL"
                f" QUALIFY count(*) OVER (PARTITION BY h) <= {most}"
            )
    connection.execute(f"CREATE TABLE made_index.keys AS SELECT h, {ROW} FROM index_keys ORDER BY h, {ROW}")
    connection.execute("DROP TABLE index_keys")
