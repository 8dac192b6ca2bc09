"""What the tests of the office share: a database server, and Django set up for it only where they are collected."""

from pathlib import Path

import pytest

from tests.support.postgres import ensure_server, run_folder


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> Path:
    """The folder of the run's database server, which runs."""
    folder = run_folder(request.config)
    ensure_server(folder)
    return folder
