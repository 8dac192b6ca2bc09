"""Records of former places say other things than those of today, and lose what identifies a member together."""

from typing import Any

import duckdb
import pytest

from lienthong.quality.generating.chance import Chance
from lienthong.quality.generating.copies import left_behind

COUNT = 20_000
# Every second one is a record of today.
RECORDS = (
    f"SELECT k, k % 2 AS c, DATE '2006-01-01' + CAST(k % 7000 AS INTEGER) AS updated, 'Đỗ Thị Mỹ Hảo' AS name,"
    " DATE '1960-03-09' AS born, DATE '1990-02-03' AS admitted, DATE '1991-02-03' AS official,"
    " 'Xã A, Huyện B, Tỉnh C' AS native, '001160123456' AS number, '123456789' AS old, '123456AB' AS file,"
    f" '00000003' AS card, '50000001' AS new_card, 912345678 AS phone, 12 AS house FROM range({COUNT}) t(k)"
)
KNOWN = ("name", "born", "admitted", "official", "native", "number", "old", "file", "phone", "house")


@pytest.fixture(scope="module")
def made(connection: duckdb.DuckDBPyConnection) -> str:
    connection.execute(f"CREATE OR REPLACE TABLE copies_made AS {left_behind(Chance(3), RECORDS)}")
    return "copies_made"


def share(connection: duckdb.DuckDBPyConnection, table: str, holds: str, among: str = "c = 1") -> float:
    """Return the share of some records for which a predicate holds."""
    query = f"SELECT avg(CAST(coalesce({holds}, false) AS INTEGER)) FROM {table} WHERE {among}"
    return float(connection.execute(query).fetchall()[0][0])


def test_a_record_of_today_stays_as_it_is(connection: duckdb.DuckDBPyConnection, made: str) -> None:
    columns = ", ".join(KNOWN)
    given: Any = connection.execute(f"SELECT DISTINCT {columns} FROM ({RECORDS})").fetchall()
    assert connection.execute(f"SELECT DISTINCT {columns} FROM {made} WHERE c = 0").fetchall() == given
    assert share(connection, made, "vague", "c = 0") == 0
    # But for the card, which everybody exchanged who was seen since.
    assert share(connection, made, "card = '00000003'", "c = 0 AND updated < DATE '2025-07-01'") == 1
    later = RECORDS.replace("2006-01-01", "2025-07-01")
    assert connection.execute(
        f"SELECT DISTINCT card FROM ({left_behind(Chance(3), later)}) WHERE c = 0"
    ).fetchall() == [("50000001",)]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("name = 'Do Thi My Hao'", 0.10),
        ("name = 'Đổ Thị Mỹ Hảo' OR name = 'Đổ Thị Mỷ Hão'", 0.09),
        ("name = 'Đỗ Hảo'", 0.04),
        ("born = DATE '1960-09-03'", 0.15),
        ("born = DATE '1961-03-09'", 0.045),
        ("vague", 0.08),
        ("admitted <> DATE '1990-02-03'", 0.24),
        ("native = 'Huyện B, Tỉnh C'", 0.20),
        ("old <> '123456789'", 0.50),
        ("file IS NULL", 0.30),
        ("file <> '123456AB'", 0.10),
        ("card IS NULL", 0.30),
        ("phone <> 912345678", 0.70),
    ],
)
def test_what_is_lost_is_lost_so_often(
    connection: duckdb.DuckDBPyConnection, made: str, holds: str, expected: float
) -> None:
    assert share(connection, made, holds) == pytest.approx(expected, abs=0.025)


def test_before_there_were_personal_numbers_there_is_an_old_one_or_none(
    connection: duckdb.DuckDBPyConnection, made: str
) -> None:
    early = "c = 1 AND updated < DATE '2016-01-01'"
    assert share(connection, made, "number = '123456789'", early) == pytest.approx(0.5, abs=0.03)
    assert share(connection, made, "number IS NULL", early) == pytest.approx(0.5, abs=0.03)
    assert share(connection, made, "length(number) = 12", "c = 1 AND updated >= DATE '2016-01-01'") > 0.6


def test_what_identifies_a_member_is_lost_together(connection: duckdb.DuckDBPyConnection, made: str) -> None:
    with_card = share(connection, made, "file IS NULL", "c = 1 AND card IS NOT NULL")
    assert share(connection, made, "file IS NULL", "c = 1 AND card IS NULL") > 2 * with_card


def test_the_same_seed_wears_the_same_records(connection: duckdb.DuckDBPyConnection, made: str) -> None:
    again = left_behind(Chance(3), RECORDS)
    assert connection.execute(f"SELECT count(*) FROM ((FROM {made}) EXCEPT ({again}))").fetchall() == [(0,)]
    other = left_behind(Chance(4), RECORDS)
    assert connection.execute(f"SELECT count(*) FROM ((FROM {made}) EXCEPT ({other}))").fetchall()[0][0] > COUNT / 10
