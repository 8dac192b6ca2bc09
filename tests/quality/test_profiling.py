"""A profile shows forms and what is rare."""

from pathlib import Path

import duckdb

from lienthong.quality import description
from lienthong.quality.profiling import PROFILE, profile

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
