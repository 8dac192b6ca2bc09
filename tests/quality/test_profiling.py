"""A profile shows forms and what is rare."""

from pathlib import Path

import duckdb
import pytest

from lienthong.quality import description
from lienthong.quality.profiling import PROFILE, pattern_of, profile

REGISTRY = description.load("person").registry


def test_forms_and_outliers(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    names = ", ".join(
        f"CAST(NULL AS VARCHAR) AS {column.name}" for column in REGISTRY.columns if column.name != "surname"
    )
    value = "CASE WHEN n = 7 THEN 'x9-!' WHEN n % 2 = 0 THEN 'Đỗ' ELSE 'Smith' END AS surname"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW records AS SELECT {value}, {names} FROM range(2000) t(n)")
    profile(connection, REGISTRY, tmp_path)
    connection.execute("DROP VIEW records")
    query = f"SELECT * EXCLUDE (\"column\") FROM '{tmp_path}/{PROFILE}' WHERE \"column\" = 'surname'"
    assert connection.execute(query).fetchall() == [
        (2000, 2000, 3, 2, 5, ["Aa", "a9-!"], ["Đỗ", "Smith", "x9-!"], ["x9-!"])
    ]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("Nguyễn Văn A", "Aa Aa A"), ("NGUYỄN văn a", "A a a"), ("012", "9"), ("01 2", "9 9"), ("١٢", "9"), ("1½", "9"),
        ("Số 7/2, P.3", "Aa 9/9, A.9"), ("", ""), ("7\n", "9\n"), ("-", "-"),
    ],
)  # fmt: skip
def test_forms(connection: duckdb.DuckDBPyConnection, value: str, form: str) -> None:
    assert connection.execute(f"SELECT {pattern_of('value')} FROM (SELECT ? AS value)", [value]).fetchall() == [(form,)]
