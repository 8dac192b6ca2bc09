"""What the tests of the office share: a database server, and Django set up for it only where they are collected."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.support.postgres import ensure_server, run_folder, url_of

if TYPE_CHECKING:
    from tests.office.api.programs import Programs
    from tests.office.people import House


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up before any module of these tests is imported. Other tests run without it."""
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        # The process that only hands tests out: what it set would reach the others before they are asked.
        return
    folder = run_folder(config)
    os.environ["DATABASE_URL"] = url_of(folder)
    # Each process has a database of its own, so also files of its own: who sweeps takes what others just wrote.
    worker = getattr(config, "workerinput", {}).get("workerid", "only")
    os.environ["LIENTHONG_OFFICE_STATE"] = str(folder / f"office-{worker}")
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


@pytest.fixture
def house(db: None) -> "House":
    """A small country with one person of each kind, gone after the test."""
    from tests.office.people import build  # noqa: PLC0415 - needs Django set up

    del db
    return build()


@pytest.fixture
def programs(house: "House") -> "Programs":
    """Makes programs that use the API, for persons of the house."""
    from tests.office.api.programs import Programs  # noqa: PLC0415 - its models need Django set up

    return Programs(house=house)


@pytest.fixture
def lasting_house(trail_restored: None, transactional_db: None) -> Iterator["House"]:
    """The same for tests with several connections or with background work: really committed."""
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from tests.office.people import build  # noqa: PLC0415 - needs Django set up

    del trail_restored, transactional_db
    yield build()
    # What clears the tables after the test must get past the trail's protection.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER no_truncate")
        # Django does not know these as its own, and leaves them.
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def trail_restored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Protect the audit trail again after the tables were cleared."""
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    del django_db_setup
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER no_truncate")
