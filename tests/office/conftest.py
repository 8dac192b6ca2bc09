"""What the tests of the office share: a database server, and Django set up for it only where they are collected."""

import os
from pathlib import Path

import pytest

from tests.support.postgres import ensure_server, run_folder, url_of


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up before any module of these tests is imported. Other tests run without it."""
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        # The process that only hands tests out: what it set would reach the others before they are asked.
        return
    folder = run_folder(config)
    os.environ["DATABASE_URL"] = url_of(folder)
    os.environ["LIENTHONG_OFFICE_STATE"] = str(folder / "office")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lienthong.office.settings"
    import django  # noqa: PLC0415 - only now

    django.setup()


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> Path:
    """The folder of the run's database server, which runs."""
    folder = run_folder(request.config)
    ensure_server(folder)
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_server: Path, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have the server run before pytest-django makes this process's own database."""
    del database_server, django_db_modify_db_settings_parallel_suffix
