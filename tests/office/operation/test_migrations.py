"""Migrations beside a release that serves: they take their time, but make nobody wait for a lock."""

import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from lienthong.office.operation import migrations


def value(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        row = cursor.fetchone()
    assert row
    return str(row[0])


@pytest.mark.django_db
def test_nothing_is_pending_once_all_were_applied() -> None:
    assert migrations.pending() == []


@pytest.mark.django_db
def test_pages_have_limits_and_migrations_others() -> None:
    assert (value("statement_timeout"), value("lock_timeout")) == ("30s", "5s")
    migrations.be_careful("default")
    assert (value("statement_timeout"), value("lock_timeout")) == ("0", f"{migrations.LOCK_SECONDS}s")
    migrations.be_quick_again("default")
    assert (value("statement_timeout"), value("lock_timeout")) == ("30s", "5s")


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    """Another process's connection to the same database."""
    database = connection.settings_dict
    with psycopg.connect(host=database["HOST"], dbname=database["NAME"], user=database["USER"]) as other:
        yield other


@pytest.mark.django_db
def test_a_table_in_use_is_left_alone(other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.2)
    other.execute("SELECT count(*) FROM django_migrations")
    migrations.be_careful("default")
    begun = time.monotonic()
    with (
        pytest.raises(OperationalError, match="lock timeout"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("ALTER TABLE django_migrations ADD COLUMN spare int")
    assert time.monotonic() - begun < 3


@pytest.mark.django_db
def test_index_beside_the_work_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def execute(*_: object) -> None:
        seen.append(value("lock_timeout"))

    migrations.be_careful("default")
    for sql in ("CREATE INDEX CONCURRENTLY a ON b (c)", "CREATE INDEX a ON b (c)"):
        migrations._with_patience(execute, sql, None, False, {"connection": connection})  # noqa: FBT003 - Django's way
    migrations.be_quick_again("default")
    assert seen == ["0", f"{migrations.LOCK_SECONDS}s"]
    assert migrations._with_patience not in connection.execute_wrappers


@pytest.mark.django_db
def test_only_one_process_prepares_at_a_time(other: psycopg.Connection) -> None:
    migrations.alone()
    got = "SELECT pg_try_advisory_lock(%s)"
    assert other.execute(got, [migrations._ADVISORY]).fetchone() == (False,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [migrations._ADVISORY])
    assert other.execute(got, [migrations._ADVISORY]).fetchone() == (True,)
