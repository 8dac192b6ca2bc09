"""What speaks against two records being of one person, whatever the weights say."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from lienthong.quality.linking.expressions import mentions
from lienthong.quality.linking.nodes import PAIRED, ROW
from lienthong.quality.linking.settings import Conflict, Link


def usable(settings: Link, columns: frozenset[str], names: Sequence[str]) -> tuple[Conflict, ...]:
    """Return the conflicts that some records can be in."""
    missing = set(names) - columns
    return tuple(each for each in settings.conflict if not mentions(each.sql, missing))


def drop_apart(connection: DuckDBPyConnection, conflicts: Sequence[Conflict], pairs: str) -> int:
    """Take the candidates away that can't be of one person; so training does not learn from them either.

    Returns:
        How many there were.
    """
    apart = any_of(conflicts, "apart")
    if apart is None:
        return 0
    before = _count(connection, pairs)
    connection.execute(
        f"CREATE OR REPLACE TABLE link_kept AS SELECT p.* FROM {pairs} p JOIN {PAIRED} l ON l.{ROW} = join_key_l"
        f" JOIN {PAIRED} r ON r.{ROW} = join_key_r WHERE NOT ({apart})"
    )
    connection.execute(f"DROP TABLE {pairs}")
    connection.execute(f"ALTER TABLE link_kept RENAME TO {pairs}")
    return before - _count(connection, pairs)


def reasons(conflicts: Sequence[Conflict]) -> str:
    """Return an expression over records l and r: the names of all conflicts they are in, as a list."""
    if not conflicts:
        return "[]::VARCHAR[]"
    cases = ", ".join(f"CASE WHEN {each.sql} THEN '{each.name}' END" for each in conflicts)
    return f"list_filter([{cases}], lambda reason: reason IS NOT NULL)"


def any_of(conflicts: Sequence[Conflict], effect: str) -> str | None:
    """Return a predicate over records l and r: they are in a conflict of that effect; None: there is no such one."""
    found = [f"coalesce({each.sql}, false)" for each in conflicts if each.effect == effect]
    return " OR ".join(found) or None


def _count(connection: DuckDBPyConnection, table: str) -> int:
    (row,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(row[0])
