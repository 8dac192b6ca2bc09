"""The database keeps within its bounds."""

from pathlib import Path

import duckdb
import pytest

from lienthong.quality import database


def test_it_has_the_bounds_that_were_asked_for(tmp_path: Path) -> None:
    with database.connect(tmp_path, memory="100MB", threads=1) as connection:
        wanted = "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('TimeZone')"
        assert connection.execute(wanted).fetchall() == [(1, "95.3 MiB", "UTC")]


def test_it_brings_nothing_from_the_internet(tmp_path: Path) -> None:
    with database.connect(tmp_path) as connection, pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM read_csv('https://example.invalid/a.csv')")
