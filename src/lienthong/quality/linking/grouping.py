"""From scored pairs to persons: links that hold, conflicts that part, decisions that outweigh both.

Two groupings are made. *Persons* are what is likeliest; *sure groups* within them are what is linked without asking
anybody. A person of several sure groups waits for people to say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from lienthong.quality.linking.components import Edges, Rows, connected, separated
from lienthong.quality.linking.conflicts import reasons
from lienthong.quality.linking.nodes import NODES, PAIRED, ROW
from lienthong.quality.linking.settings import Conflict, Link

GROUPS: Final = "link_groups"
_DECIDED_WEIGHT: Final = 10_000.0
_LARGEST: Final = 60
"""Records of one person beyond which only sure links count: so many are rarely one person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """What ``group`` made."""

    # row_id, label (of the person), sure (of the group within it): each the number of a record in it.
    table: str
    # Row numbers of two records, and the name of what parts them, within persons or across what was cut.
    conflicting: str
    persons: int


def group(  # noqa: PLR0913 - tables are named by who made them
    connection: DuckDBPyConnection,
    settings: Link,
    conflicts: Sequence[Conflict],
    *,
    scored: str,
    records: int,
    decided: str,
) -> Grouped:
    """Group records into persons.

    Args:
        connection: with all tables.
        settings: of the registry.
        conflicts: those that some records can be in.
        scored: pairs with their probabilities; gets a column ``reasons``.
        records: how many there are.
        decided: what people have decided.
    """
    _add_reasons(connection, conflicts, scored)
    edges, sure = _edges(connection, settings, scored, decided)
    label = _cautious(records, edges, sure)
    # Reasons to ask part sure groups only; reasons to stay apart part persons too.
    found = _conflicts_within(connection, conflicts, label)
    decided_apart = connection.execute(f"SELECT l, r FROM {decided} WHERE NOT same ORDER BY ALL").fetchall()
    together = {(row[0], row[1]) for row in connection.execute(f"SELECT l, r FROM {decided} WHERE same").fetchall()}
    apart = [*decided_apart, *((left, right) for left, right, effect in found if effect == "apart")]
    label, _cut = separated(label, edges, [pair for pair in apart if pair not in together])
    inner = edges.among(sure & (label[edges.left] == label[edges.right]))
    ask = [*apart, *((left, right) for left, right, effect in found if effect == "ask")]
    certain, _cut = separated(connected(records, inner), inner, [pair for pair in ask if pair not in together])
    made = pa.table({ROW: np.arange(records), "label": label, "sure": certain})
    connection.register("link_labels", made)
    connection.execute(f"CREATE OR REPLACE TABLE {GROUPS} AS FROM link_labels")
    connection.unregister("link_labels")
    return Grouped(table=GROUPS, conflicting="link_conflicting", persons=len(np.unique(label)))


def _add_reasons(connection: DuckDBPyConnection, conflicts: Sequence[Conflict], scored: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TABLE with_reasons AS SELECT s.*, {reasons(conflicts)} AS reasons FROM {scored} s"
        f" JOIN {PAIRED} l ON l.{ROW} = row_id_l JOIN {PAIRED} r ON r.{ROW} = row_id_r"
    )
    connection.execute(f"DROP TABLE {scored}")
    connection.execute(f"ALTER TABLE with_reasons RENAME TO {scored}")


def _edges(
    connection: DuckDBPyConnection, settings: Link, scored: str, decided: str
) -> tuple[Edges, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    columns = connection.execute(
        f"SELECT row_id_l::BIGINT AS l, row_id_r::BIGINT AS r, match_weight AS weight,"
        f" match_probability >= {settings.automatic} AS sure FROM {scored}"
        f" ANTI JOIN {decided} d ON d.l = row_id_l AND d.r = row_id_r"
        f" WHERE match_probability >= {settings.likely} AND len(reasons) = 0"
        f" UNION ALL SELECT l, r, {_DECIDED_WEIGHT}, true FROM {decided} WHERE same ORDER BY 1, 2"
    ).fetchnumpy()
    edges = Edges(np.asarray(columns["l"]), np.asarray(columns["r"]), np.asarray(columns["weight"], dtype=np.float64))
    return edges, np.asarray(columns["sure"], dtype=np.bool_)


def _cautious(records: int, edges: Edges, sure: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    label = connected(records, edges)
    sizes = np.bincount(label, minlength=records)
    huge = sizes[label[edges.left]] > _LARGEST
    return connected(records, edges.among(~huge | sure)) if huge.any() else label


def _conflicts_within(
    connection: DuckDBPyConnection, conflicts: Sequence[Conflict], label: Rows
) -> list[tuple[int, int, str]]:
    """Find conflicts between any two records of one person, compared before or not."""
    connection.register("link_labels", pa.table({ROW: np.arange(len(label)), "label": label}))
    apart = " OR ".join(f"coalesce({each.sql}, false)" for each in conflicts if each.effect == "apart") or "false"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE of_many AS SELECT row_id, label FROM link_labels"
        " QUALIFY count(*) OVER (PARTITION BY label) > 1"
    )
    connection.unregister("link_labels")
    connection.execute(
        f"CREATE OR REPLACE TABLE link_conflicting AS SELECT a.{ROW} AS l, b.{ROW} AS r, a.label,"
        f" CASE WHEN {apart} THEN 'apart' ELSE 'ask' END AS effect, {reasons(conflicts)} AS reasons"
        f" FROM of_many a JOIN of_many b ON a.label = b.label AND a.{ROW} < b.{ROW}"
        f" JOIN {NODES} l ON l.{ROW} = a.{ROW} JOIN {NODES} r ON r.{ROW} = b.{ROW} WHERE len(reasons) > 0"
    )
    return connection.execute("SELECT l, r, effect FROM link_conflicting ORDER BY l, r").fetchall()
