"""One database for all tests of a process, as each would take its time to begin."""

from collections.abc import Iterator

import duckdb
import pytest

from lienthong.quality import database


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database with one thread: tests run beside others."""
    with database.connect(tmp_path_factory.mktemp("duckdb"), memory="500MB", threads=1) as connection:
        yield connection
