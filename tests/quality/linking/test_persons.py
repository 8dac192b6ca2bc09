"""Ids of persons stay with most of their records."""

import duckdb

from lienthong.quality.linking.nodes import NODES
from lienthong.quality.linking.persons import CHANGES_TABLE, name_persons

Groups = dict[str, int]


def named(
    connection: duckdb.DuckDBPyConnection, groups: Groups, previous: dict[str, str] | None = None
) -> dict[str, str]:
    connection.execute(f"CREATE OR REPLACE TABLE {NODES} (row_id INTEGER, record_id VARCHAR)")
    connection.execute("CREATE OR REPLACE TABLE grouped (row_id INTEGER, label BIGINT)")
    for at, (record, label) in enumerate(groups.items()):
        connection.execute(f"INSERT INTO {NODES} VALUES (?, ?)", [at, record])
        connection.execute("INSERT INTO grouped VALUES (?, ?)", [at, label])
    if previous is not None:
        connection.execute("CREATE OR REPLACE TABLE before_it (record_id VARCHAR, person_id VARCHAR)")
        connection.executemany("INSERT INTO before_it VALUES (?, ?)", list(previous.items()))
    name_persons(
        connection, groups="grouped", result="named_persons", previous=None if previous is None else "before_it"
    )
    return dict(connection.execute("SELECT record_id, person_id FROM named_persons").fetchall())


def changes(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None, int]]:
    return connection.execute(f"FROM {CHANGES_TABLE}").fetchall()


def test_ids_do_not_depend_on_the_order(connection: duckdb.DuckDBPyConnection) -> None:
    one = named(connection, {"a": 1, "b": 1, "c": 2})
    other = named(connection, {"c": 7, "b": 3, "a": 3})
    assert one == other
    assert one["a"] == one["b"] != one["c"]


def test_who_splits_off_gets_an_id_of_their_own(connection: duckdb.DuckDBPyConnection) -> None:
    before = named(connection, {"a": 1, "b": 1, "c": 1})
    after = named(connection, {"a": 1, "b": 2, "c": 2}, before)
    # Most of the records keep it, though it was made from the one that left.
    assert after["b"] == after["c"] == before["a"]
    assert after["a"] not in before.values()
    assert ("split", after["a"], before["a"], 1) in changes(connection)
    assert ("new", after["a"], None, 1) in changes(connection)


def test_who_is_joined_keeps_the_id_of_most(connection: duckdb.DuckDBPyConnection) -> None:
    before = named(connection, {"a": 1, "b": 2, "c": 2})
    after = named(connection, {"a": 1, "b": 1, "c": 1}, before)
    assert set(after.values()) == {before["b"]}
    assert changes(connection) == [("joined", before["b"], before["a"], 1)]


def test_of_equal_claims_the_smaller_record_wins(connection: duckdb.DuckDBPyConnection) -> None:
    before = {"a": "P1", "b": "P2"}
    assert set(named(connection, {"b": 1, "a": 1}, before).values()) == {"P1"}
    assert set(named(connection, {"a": 1, "b": 2}, {"a": "P1", "b": "P1"}).values()) >= {"P1"}


def test_a_person_whose_records_are_gone_is_listed(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, {"a": 1}, {"a": "P1", "z": "P2"})
    assert changes(connection) == [("gone", "P2", None, 1)]
