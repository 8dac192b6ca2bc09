"""Rows in few statements: all of them, in order."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.mail.rows import in_chunks, inserted, keyed


@given(count=st.integers(0, 300))
def test_chunks_are_all_and_of_few_sizes(count: int) -> None:
    chunks = [list(chunk) for chunk in in_chunks(range(count))]
    assert [number for chunk in chunks for number in chunk] == list(range(count))
    assert {len(chunk) for chunk in chunks} <= {64, 16, 4, 1}


@given(rows=st.lists(st.tuples(st.integers(0, 1000), st.text("ab", max_size=3)), max_size=90))
def test_rows_are_inserted_and_found_by_key(rows: list[tuple[int, str]]) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    for sql, parameters in inserted("INSERT INTO t (a, b)", rows):
        database.execute(sql, parameters)
    assert database.execute("SELECT a, b FROM t").fetchall() == rows
    if rows:
        query = f"SELECT count(*) FROM {keyed(2, 1)} CROSS JOIN t ON a = key.column1 AND b = key.column2"  # noqa: S608 - placeholders
        assert database.execute(query, rows[0]).fetchone() == (rows.count(rows[0]),)
    database.close()
