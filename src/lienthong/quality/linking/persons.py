"""Ids of persons that stay the same from run to run.

A new person's id is a digest of the smallest record id, so it does not depend on the order of anything. A person who
was there before keeps the id of most of the records; what came together or apart is listed.
"""

from duckdb import DuckDBPyConnection

from lienthong.quality.linking.nodes import NODES, ROW
from lienthong.quality.tables import RECORD_ID

PERSON_ID = "person_id"
CHANGES_TABLE = "link_person_changes"
"""Of the table ``name_persons`` makes beside: kind (new, joined, split, gone), person_id, other_id, records."""


def name_persons(connection: DuckDBPyConnection, *, groups: str, result: str, previous: str | None = None) -> None:
    """Give every group an id.

    Args:
        connection: with nodes and groups.
        groups: a table with ``row_id`` and ``label``.
        result: the table that is made: ``row_id``, ``record_id``, ``person_id``.
        previous: a table with ``record_id`` and ``person_id`` of the run before.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE named AS SELECT g.label, min(n.{RECORD_ID}) AS first, count(*) AS records"
        f" FROM {groups} g JOIN {NODES} n USING ({ROW}) GROUP BY g.label"
    )
    _keep(connection, groups, previous)
    _invent(connection)
    connection.execute(
        f"CREATE OR REPLACE TABLE {result} AS SELECT g.{ROW}, n.{RECORD_ID}, i.{PERSON_ID} FROM {groups} g"
        f" JOIN {NODES} n USING ({ROW}) JOIN identified i ON i.label = g.label"
    )
    _compare(connection, result, previous)


def _keep(connection: DuckDBPyConnection, groups: str, previous: str | None) -> None:
    if previous is None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE kept (label BIGINT, {PERSON_ID} VARCHAR)")
        return
    # The person with most of the records keeps the id, and each person has one id: both sides choose, the bigger
    # share first, then the smaller record id.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE claims AS"
        f" SELECT g.label, p.{PERSON_ID}, count(*) AS shared, min(n.{RECORD_ID}) AS first FROM {groups} g"
        f" JOIN {NODES} n USING ({ROW}) JOIN {previous} p ON p.{RECORD_ID} = n.{RECORD_ID} GROUP BY ALL"
    )
    best = "ORDER BY shared DESC, first"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE kept AS SELECT label, {PERSON_ID} FROM claims"
        f" QUALIFY row_number() OVER (PARTITION BY {PERSON_ID} {best}) = 1"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE kept AS SELECT label, {PERSON_ID} FROM kept"
        f" JOIN claims USING (label, {PERSON_ID}) QUALIFY row_number() OVER (PARTITION BY label {best}) = 1"
    )


def _invent(connection: DuckDBPyConnection) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE identified AS SELECT label, {PERSON_ID} FROM kept")
    attempt = 0
    while True:
        # The same digest is taken where a record left a person whose id was made from it: then try the next.
        connection.execute(
            f"INSERT INTO identified SELECT label, id FROM (SELECT arg_min(label, first) AS label, id"
            f" FROM (SELECT label, first, {digest('first', attempt)} AS id FROM named"
            " ANTI JOIN identified USING (label)) GROUP BY id) fresh"
            f" ANTI JOIN identified ON identified.{PERSON_ID} = fresh.id"
        )
        left = connection.execute("SELECT count(*) FROM named ANTI JOIN identified USING (label)").fetchall()
        if not left[0][0]:
            return
        attempt += 1


def digest(record_id: str, attempt: int = 0) -> str:
    """Return the expression of the id of a person whose smallest record id an expression gives."""
    again = f" || '#{attempt}'" if attempt else ""
    return f"'P' || upper(left(sha256({record_id}{again}), 16))"


def _compare(connection: DuckDBPyConnection, result: str, previous: str | None) -> None:
    connection.execute(
        f"CREATE OR REPLACE TABLE {CHANGES_TABLE} (kind VARCHAR, {PERSON_ID} VARCHAR, other_id VARCHAR, records BIGINT)"
    )
    if previous is None:
        return
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE moved AS SELECT r.{PERSON_ID} AS now, p.{PERSON_ID} AS was, count(*) AS records"
        f" FROM {result} r JOIN {previous} p USING ({RECORD_ID}) GROUP BY ALL"
    )
    connection.execute(
        f"INSERT INTO {CHANGES_TABLE}"
        # Records whose former id lives on elsewhere came apart from it; those whose id is gone were joined.
        f" SELECT CASE WHEN was IN (SELECT {PERSON_ID} FROM {result}) THEN 'split' ELSE 'joined' END, now, was, records"
        " FROM moved WHERE now <> was"
        f" UNION ALL SELECT 'gone', was, NULL, count(*) FROM (SELECT {PERSON_ID} AS was FROM {previous}) p"
        f" WHERE was NOT IN (SELECT {PERSON_ID} FROM {result}) AND was NOT IN (SELECT was FROM moved) GROUP BY was"
        f" UNION ALL SELECT 'new', {PERSON_ID}, NULL, count(*) FROM {result}"
        f" WHERE {PERSON_ID} NOT IN (SELECT {PERSON_ID} FROM {previous}) GROUP BY {PERSON_ID} ORDER BY ALL"
    )
