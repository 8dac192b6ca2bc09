"""An empty database becomes an office; a second time, or by two processes at once, nothing is done twice."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgres import url_of

INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
NAME = f"prepare_{os.getpid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A database with nothing in it, and a folder for the office's secrets."""

    url: str
    folder: Path

    def prepare(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "lienthong.office.operation.prepare", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"DATABASE_URL": self.url, "LIENTHONG_OFFICE_STATE": str(self.folder)},
        )

    def all_of(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, options="-c lienthong.scope=all") as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def empty(database_server: Path, tmp_path: Path) -> Iterator[Empty]:
    url = url_of(database_server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}".encode())
    try:
        yield Empty(url=url.replace("/lienthong?", f"/{NAME}?"), folder=tmp_path / "office")
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)".encode())


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """What it did and what it complained of."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    first, second = out.splitlines()
    assert first == "migrated"
    done: dict[str, Any] = json.loads(second)
    return done, err


def test_empty_database_becomes_an_office_once(empty: Empty) -> None:
    at_once = [empty.prepare("--accounts", "everybody", "--persons", "50") for _ in range(2)]
    (first, err), (second, _) = sorted((ended(process) for process in at_once), key=lambda done: -done[0]["units"])
    assert first["units"] > 3000
    assert (second["units"], second["persons"], second["accounts"]) == (0, 0, [])
    accounts = first["accounts"]
    assert len(accounts) == 17
    assert empty.all_of("SELECT count(*) FROM accounts_person") == [(67,)]
    assert all(account["password"] not in err for account in accounts)
    hashes = [
        str(row[0]) for row in empty.all_of("SELECT password FROM accounts_person WHERE email LIKE '%example.test'")
    ]
    assert len(hashes) == len(accounts)
    assert all(each.startswith("argon2") for each in hashes)
    kept = list(empty.folder.rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_dir()} == {0o700}


def test_index_that_was_cut_off_is_made_again(empty: Empty) -> None:
    ended(empty.prepare())
    with psycopg.connect(empty.url, autocommit=True, options="-c lienthong.scope=all") as connection:
        # As a migration that did not get to its end leaves it: the name taken, the index not valid.
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON organs_unit (kind)")
        assert empty.all_of(INVALID) == [("broken",)]
    ended(empty.prepare())
    assert empty.all_of(INVALID) == []


def test_only_the_administrator(empty: Empty) -> None:
    done, _ = ended(empty.prepare())
    assert [account["email"] for account in done["accounts"]] == ["admin@example.test"]
    again, _ = ended(empty.prepare())
    assert (again["units"], again["accounts"]) == (0, [])
