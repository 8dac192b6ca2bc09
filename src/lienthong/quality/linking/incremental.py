"""New and changed records linked against a linked registry, without running it all again.

Nobody who is known changes their id here: a new record joins the likeliest person, or is a person of its own. That it
may bring two persons together is for people, or for the next whole run, to say.
"""

from typing import Final

import msgspec

from lienthong.quality.linking import nodes
from lienthong.quality.linking.arithmetic import scored_sql
from lienthong.quality.linking.index import Index, keys_sql
from lienthong.quality.linking.persons import digest

ARRIVED: Final = "arrived"
ASSIGNED: Final = "assigned"
PAIRS: Final = "arrived_pairs"


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of new records."""

    records: int
    # Joined somebody who was known, without asking and likely.
    sure: int
    likely: int
    # Could be of several persons, or perhaps of one: pairs for people.
    review: int


def assign(index: Index, source: str) -> Assigned:
    """Say whose new or changed records are.

    Args:
        index: of the registry; its connection holds ``source`` and gets the results.
        source: a table of the connection with standardised columns, each record once. A record of the registry with the
            same ``record_id`` is the one that changed: it is not compared with.

    Returns:
        Counts; the tables ``assigned`` (``record_id``, ``person_id``, ``probability``, ``certain``) and
        ``arrived_pairs`` (``record_id``, ``known_id``, ``person_id``, ``weight``, ``probability``, ``reasons``) are in
        the connection.
    """
    connection, settings = index.connection, index.settings
    nodes.prepare(connection, source, settings, name=ARRIVED, temporary=True)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE meeting AS SELECT DISTINCT a.row_id AS new_row, k.row_id AS old_row"
        f" FROM ({keys_sql(index.rules, ARRIVED)}) a JOIN keys k ON k.h = a.h"
    )
    scored = scored_sql(
        index.comparisons,
        index.about.weights,
        index.conflicts,
        f"meeting JOIN {ARRIVED} l ON l.row_id = new_row JOIN records r ON r.row_id = old_row"
        " AND r.record_id <> l.record_id",
    )
    apart = ", ".join(f"'{each.name}'" for each in index.conflicts if each.effect == "apart")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PAIRS} AS SELECT a.record_id, r.record_id AS known_id, r.person_id, s.weight,"
        f" s.probability, s.reasons FROM ({scored}) s JOIN {ARRIVED} a ON a.row_id = left_row"
        f" JOIN records r ON r.row_id = right_row WHERE s.probability >= {settings.doubtful}"
        f" AND NOT (s.reasons && [{apart}]::VARCHAR[])"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ASSIGNED} AS SELECT a.record_id,"
        f" coalesce(p.person_id, o.person_id, {digest('a.record_id')}) AS person_id, p.probability,"
        f" coalesce(p.probability >= {settings.automatic}, false) AS certain FROM {ARRIVED} a LEFT JOIN"
        f" (FROM {PAIRS} WHERE probability >= {settings.likely} AND len(reasons) = 0"
        " QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY weight DESC, known_id) = 1) p USING (record_id)"
        " LEFT JOIN records o ON o.record_id = a.record_id"
    )
    counts = connection.execute(
        f"SELECT count(*), count(*) FILTER (certain), count(*) FILTER (probability IS NOT NULL AND NOT certain),"
        f" (SELECT count(DISTINCT (p.record_id, p.person_id)) FROM {PAIRS} p JOIN {ASSIGNED} a USING (record_id)"
        f" WHERE NOT a.certain OR p.person_id <> a.person_id) FROM {ASSIGNED}"
    ).fetchall()
    records, sure, likely, review = counts[0]
    return Assigned(records=records, sure=sure, likely=likely, review=review)
