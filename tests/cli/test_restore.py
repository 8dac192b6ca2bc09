"""Backup and restore of a whole office: every row comes back, all at once or not at all."""

import asyncio
import contextlib
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lienthong.cli import backup_run, office_database
from lienthong.cli.backup_file import BackupInvalid, BackupWriter
from lienthong.cli.backup_run import BackupFailed, NothingToBackUp, elsewhere, write_backup
from lienthong.cli.main import main
from lienthong.cli.restore_run import OfficeTaken, RestoreFailed, check_backup, restore_backup
from lienthong.embedded.postgres import Postgres, running_url

pytestmark = pytest.mark.slow
# Keeps files in an office: of each number so many times "mật".
KEEP = """
import sys, django
django.setup()
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.organs.models import Unit
from lienthong.office.vault.actions.files import store
with scope.system():
    unit = Unit.objects.earliest("pk").pk
for count in sys.argv[1:]:
    store(unit_id=unit, chunks=["mật".encode() * int(count)], limit=1 << 40, actor=SYSTEM)
"""
PASSPHRASE = b"correct horse battery"
SEE_ALL = "-c lienthong.scope=all -c lienthong.clearance=4 -c lienthong.audit=1"
# Journals that are open as long as the office is.
OPEN: list[sqlite3.Connection] = []
# Not in a backup.
LEFT_OUT = {"core_cache", "django_session"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An office with something in it, and its backup."""

    state: Path
    backup: Path
    content: dict[str, Any]


def contents(url: str) -> dict[str, Any]:
    """What a database holds: a digest of each table, and what guards it."""
    with psycopg.connect(url, options=SEE_ALL) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query.encode()).fetchall()

        tables = [str(row[0]) for row in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        digest = "SELECT count(*), md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} t"
        return {
            "rows": {table: rows(digest.format(table))[0] for table in tables if table not in LEFT_OUT},
            "sequences": rows("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"),
            "policies": rows("SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2"),
            "forced": rows("SELECT relname, relrowsecurity FROM pg_class WHERE relforcerowsecurity ORDER BY 1"),
            "triggers": rows("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
            "constraints": rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"),
            "indexes": rows(
                # Not by their text: conditions are written with more casts the second time.
                "SELECT i.indexrelid::regclass::text, indisunique, indisvalid FROM pg_index i"
                " JOIN pg_indexes n ON n.schemaname = 'public' AND n.indexname = i.indexrelid::regclass::text"
                " ORDER BY 1"
            ),
            "extensions": rows("SELECT extname FROM pg_extension ORDER BY 1"),
        }


@pytest.fixture(autouse=True, scope="module")
def no_server_elsewhere() -> Iterator[None]:
    """Forget the database that the office's own tests run with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        yield
    for journal in OPEN:
        journal.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return asyncio.run(_source(tmp_path_factory.mktemp("source")))


async def _source(folder: Path) -> Source:
    state, backup = folder / "state", folder / "office.backup"
    async with Postgres(state / "postgres", durable=False) as server:
        command = ["-m", "lienthong.office.operation.prepare", "--accounts", "everybody"]
        assert await ran(state, server.url, *command, "--persons", "30")
        await ran(state, server.url, "-c", KEEP, "1", "1000000")
        _trail(state / "office" / "trail")
        # While it runs, as it is done every night.
        assert running_url(state / "postgres") == server.url
        size = await write_backup(backup, state, PASSPHRASE)
        assert size == backup.stat().st_size
        return Source(state=state, backup=backup, content=contents(server.url))


async def ran(state: Path, url: str, *arguments: str) -> str:
    """Run Python as a part of an office and return what it said."""
    env = {"DATABASE_URL": url, "LIENTHONG_OFFICE_STATE": str(state / "office")}
    env |= {"DJANGO_SETTINGS_MODULE": "lienthong.office.settings", "LIENTHONG_LANGUAGE": "en"}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, *arguments], env=os.environ | env, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


async def checked(state: Path, url: str) -> str:
    """Read all files of an office to their ends; return what the command says, with their number first."""
    return await ran(state, url, "-m", "django", "vault", "check")


def _trail(folder: Path) -> None:
    """Write what the office's trail consists of: its keys, and a journal that is open while it is copied."""
    folder.mkdir()
    (folder / "root.json").write_text("root")
    (folder / "keys").write_bytes(b"keys")
    journal = sqlite3.connect(folder / "journal.sqlite", autocommit=True)
    journal.execute("PRAGMA journal_mode=WAL")
    journal.execute("CREATE TABLE entries (idx INTEGER)")
    journal.execute("INSERT INTO entries VALUES (1), (2)")
    # What was written last is not in the file itself yet.
    assert (folder / "journal.sqlite-wal").stat().st_size > 0
    OPEN.append(journal)


def entries(journal: Path) -> list[tuple[int]]:
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        return connection.execute("SELECT idx FROM entries").fetchall()


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[str]:
    """A server elsewhere with an empty database."""
    async with Postgres(tmp_path / "elsewhere", durable=False) as server:
        yield server.url


async def test_every_row_comes_back(source: Source, tmp_path: Path) -> None:
    assert source.content["rows"]["accounts_person"][0] == 47
    assert source.content["rows"]["organs_unit"][0] > 3000
    assert source.content["forced"]
    made = await restore_backup(source.backup, tmp_path / "new", PASSPHRASE)
    assert made == check_backup(source.backup, PASSPHRASE)
    async with Postgres(tmp_path / "new" / "postgres") as server:
        restored = contents(server.url)
        assert re.findall(r"\d+", await checked(tmp_path / "new", server.url)) == ["2", "0"]
    for name, content in source.content.items():
        assert restored[name] == content, name
    old, new = source.state / "office", tmp_path / "new" / "office"
    for name in ("secret-key", "metrics-token", "trail/root.json", "trail/keys"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
        assert stat.S_IMODE((new / name).stat().st_mode) == 0o600
    assert entries(new / "trail" / "journal.sqlite") == entries(old / "trail" / "journal.sqlite") != []


async def test_files_that_come_while_it_is_written_are_in_it_as_far_as_their_rows_are(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = backup_run._dump

    async def meanwhile(url: str, writer: BackupWriter) -> None:
        await ran(source.state, url, "-c", KEEP, "2")
        await dump(url, writer)
        await ran(source.state, url, "-c", KEEP, "3")

    monkeypatch.setattr(backup_run, "_dump", meanwhile)
    await write_backup(tmp_path / "b", source.state, PASSPHRASE)
    await restore_backup(tmp_path / "b", tmp_path / "new", PASSPHRASE)
    async with Postgres(tmp_path / "new" / "postgres") as server:
        assert re.findall(r"\d+", await checked(tmp_path / "new", server.url)) == ["3", "0"]
    assert not (tmp_path / "new" / ".restoring").exists()


def test_what_lies_elsewhere_is_named() -> None:
    assert elsewhere({"LIENTHONG_VAULT_S3": "https://s3.test/b", "LIENTHONG_VAULT_KEYS": "", "X": "1"}) == [
        "LIENTHONG_VAULT_S3"
    ]


async def test_office_that_does_not_run_is_started_for_it(source: Source, tmp_path: Path) -> None:
    assert running_url(source.state / "postgres") is None
    await write_backup(tmp_path / "b", source.state, PASSPHRASE)
    assert check_backup(tmp_path / "b", PASSPHRASE)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


async def test_server_elsewhere(source: Source, tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", empty)
    await restore_backup(source.backup, tmp_path / "new", PASSPHRASE)
    assert contents(empty)["rows"] == source.content["rows"]
    assert not (tmp_path / "new" / "postgres").exists()
    await write_backup(tmp_path / "again", tmp_path / "new", PASSPHRASE)
    with pytest.raises(OfficeTaken):
        await restore_backup(source.backup, tmp_path / "third", PASSPHRASE)


async def test_folder_with_an_office_is_left_alone(source: Source) -> None:
    with pytest.raises(OfficeTaken, match=str(source.state)):
        await restore_backup(source.backup, source.state, PASSPHRASE)


@pytest.mark.parametrize("spoil", ["cut", "altered", "passphrase"])
async def test_backup_that_is_spoiled_changes_nothing(source: Source, tmp_path: Path, spoil: str) -> None:
    data = bytearray(source.backup.read_bytes())
    if spoil == "cut":
        del data[-1000:]
    elif spoil == "altered":
        data[len(data) // 2] ^= 1
    (tmp_path / "spoiled").write_bytes(data)
    with pytest.raises(BackupInvalid):
        await restore_backup(
            tmp_path / "spoiled", tmp_path / "new", b"another passphrase" if spoil == "passphrase" else PASSPHRASE
        )
    assert not (tmp_path / "new" / "office").exists()
    assert not (tmp_path / "new" / "postgres").exists()
    assert not (tmp_path / "new" / ".restoring").exists()


async def test_database_that_refuses_a_row_stays_empty(
    source: Source, tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        # Not a table, so not in the way until the very end of the restore.
        connection.execute("CREATE VIEW procrastinate_workers AS SELECT 1 AS one")
    with pytest.raises(RestoreFailed, match="procrastinate_workers"):
        await restore_backup(source.backup, tmp_path / "new", PASSPHRASE)
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    assert not (tmp_path / "new" / "office").exists()


async def test_file_that_is_there_is_not_overwritten(source: Source, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    with pytest.raises(BackupFailed, match="is there already"):
        await write_backup(tmp_path / "b", source.state, PASSPHRASE)
    assert (tmp_path / "b").read_text() == "precious"


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_backup_that_fails_leaves_no_file(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(BackupFailed, match="pg_dump ended with status 1"):
        await write_backup(tmp_path / "b", source.state, PASSPHRASE)
    assert names(tmp_path) == []


async def test_folder_without_an_office(tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp, match=str(tmp_path)):
        await write_backup(tmp_path / "b", tmp_path, PASSPHRASE)
    assert names(tmp_path) == []


def test_as_commands(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    monkeypatch.setenv("LIENTHONG_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("LIENTHONG_LANG", "en")
    file = str(tmp_path / "b")
    assert main(["backup", file, "--state", str(source.state)]) == 0
    assert main(["restore", file, "--check"]) == 0
    assert main(["restore", file, "--state", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    assert "is whole" in out
    assert "Restored as it was at 20" in out
    assert main(["restore", file]) == 2


def test_password_of_a_server_is_in_no_list_of_processes() -> None:
    environment = office_database.environment_of(
        "postgresql://office:s3cret@db.example.test:5433/lt?sslmode=verify-full"
    )
    assert environment["PGPASSWORD"] == "s3cret"
    assert (environment["PGHOST"], environment["PGPORT"], environment["PGDATABASE"]) == (
        "db.example.test",
        "5433",
        "lt",
    )
    assert environment["PGSSLMODE"] == "verify-full"
