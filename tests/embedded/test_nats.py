"""The embedded server: it starts, says why when it does not, keeps what it stored and never outlives its parent."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

from lienthong.embedded import child
from lienthong.embedded.errors import AlreadyRunning, BinaryMissing, DiskFull, EmbeddedError, PortTaken
from lienthong.embedded.nats import EmbeddedNats, Trust
from lienthong.exchange.errors import CarrierUnavailable, ExchangeError
from lienthong.exchange.transport import nats
from lienthong.exchange.transport.auth import Operator
from lienthong.exchange.transport.base import Outgoing
from lienthong.exchange.transport.permissions import Role
from tests.support.carriers import Broker, eventually, mail, trust_of
from tests.support.processes import alive


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator.create()


@pytest.fixture(scope="module")
def trust(operator: Operator) -> Trust:
    return trust_of(operator)


async def test_start_and_stop(tmp_path: Path, trust: Trust) -> None:
    server = EmbeddedNats(tmp_path / "nats", trust)
    await server.start()
    pid = server.pid
    assert pid is not None
    host, _, port = server.url.removeprefix("nats://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert (await reader.readline()).startswith(b"INFO ")
    writer.close()
    await writer.wait_closed()
    assert "Server is ready" in server.log.read_text()
    await server.stop()
    assert server.pid is None
    assert not alive(pid)
    assert await server.wait() >= 0
    await server.stop()


async def test_what_it_keeps_is_its_owners(tmp_path: Path, trust: Trust) -> None:
    async with EmbeddedNats(tmp_path / "nats", trust) as server:
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        for name in ("nats.conf", "nats.log"):
            assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600


async def test_nobody_gets_in_without_a_credential(tmp_path: Path, trust: Trust) -> None:
    async with EmbeddedNats(tmp_path, trust) as server:
        host, _, port = server.url.removeprefix("nats://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await reader.readline()
        writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
        assert b"Authorization Violation" in await reader.readline()
        writer.close()


async def test_restart_keeps_port_and_acknowledged_mail(tmp_path: Path, operator: Operator, trust: Trust) -> None:
    async with EmbeddedNats(tmp_path, trust) as server:
        broker = Broker(server, operator)
        await broker.provision("b")
        url, carrier = server.url, await broker.connect("s", ["b"])
        subject = mail("b", "s", "b", "s")
        messages = [Outgoing(subject=subject, data=b"%d" % n, id=f"{n}") for n in range(500)]
        assert await carrier.publish_many(messages) == list(range(1, 501))
        await broker.kill()
        assert await server.wait() == -signal.SIGKILL
        await server.start()
        assert server.url == url
        await eventually(lambda: carrier.connected)
        assert await carrier.publish_durable(subject, b"", msg_id="next") == 501
        await carrier.close()


async def test_full_store_refuses_and_keeps_what_it_acknowledged(
    tmp_path: Path, operator: Operator, trust: Trust
) -> None:
    async with EmbeddedNats(tmp_path, trust, max_store=1024 * 1024) as server:
        broker = Broker(server, operator)
        await broker.provision("b")
        carrier = await broker.connect("s", ["b"])
        subject = mail("b", "s", "b", "s")
        messages = [Outgoing(subject=subject, data=bytes(100_000), id=f"{n}") for n in range(20)]
        results = await carrier.publish_many(messages)
        stored = [result for result in results if isinstance(result, int)]
        refused = [result for result in results if isinstance(result, CarrierUnavailable)]
        assert 0 < len(stored) < 20
        assert len(stored) + len(refused) == 20
        assert "resource" in str(refused[0])
        info = await broker.ask("STREAM.INFO.MAIL_b")
        assert info["state"]["messages"] == len(stored)
        await carrier.close()


async def test_second_server_in_the_same_folder(tmp_path: Path, trust: Trust) -> None:
    async with EmbeddedNats(tmp_path, trust) as server:
        with pytest.raises(AlreadyRunning, match=str(tmp_path)):
            await EmbeddedNats(tmp_path, trust).start()
        with pytest.raises(AlreadyRunning):
            await server.start()
    async with EmbeddedNats(tmp_path, trust) as again:
        assert again.pid


async def test_port_that_is_taken(tmp_path: Path, trust: Trust) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = EmbeddedNats(tmp_path, trust, port=port)
        with pytest.raises(PortTaken, match=str(port)):
            await server.start()
        assert server.pid is None


async def test_program_that_is_missing(tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryMissing, match=r"lienthong\[embedded\]"):
        await EmbeddedNats(tmp_path, trust).start()


async def test_program_that_is_only_on_the_path(tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    found = child.find_program("nats-server")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(found.parent))
    assert child.find_program("nats-server") == found


async def test_too_little_space(tmp_path: Path, trust: Trust) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(DiskFull, match="MiB"):
        await EmbeddedNats(tmp_path, trust, min_free=free * 2).start()


async def test_disk_that_fills_up_while_it_runs(
    tiny_disk: Path, operator: Operator, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server without space for its streams gives no answer at all.
    monkeypatch.setattr(nats, "STORE_SECONDS", 0.5)
    async with EmbeddedNats(tiny_disk, trust, min_free=0) as server:
        broker = Broker(server, operator)
        await broker.provision("b")
        carrier = await broker.connect("s", ["b"])
        subject = mail("b", "s", "b", "s")
        messages = [Outgoing(subject=subject, data=os.urandom(100_000), id=f"{n}") for n in range(20)]
        results = await carrier.publish_many(messages)
        stored = [result for result in results if isinstance(result, int)]
        assert 0 < len(stored) < 20
        assert all(isinstance(result, int | ExchangeError) for result in results)
        await carrier.close()


async def test_disk_that_is_full_at_the_start(tiny_disk: Path, trust: Trust) -> None:
    with contextlib.suppress(OSError), (tiny_disk / "filler").open("wb") as filler:
        filler.write(bytes(2 * 1024 * 1024))
    with pytest.raises(DiskFull):
        await EmbeddedNats(tiny_disk, trust).start()


async def test_configuration_the_server_does_not_take(tmp_path: Path, trust: Trust) -> None:
    broken = Trust(operator="not a JWT", system_account=trust.system_account, accounts=trust.accounts)
    server = EmbeddedNats(tmp_path, broken)
    with pytest.raises(EmbeddedError, match="ended with status 1") as raised:
        await server.start()
    assert str(server.log) in str(raised.value)
    assert server.pid is None


async def test_server_that_is_never_ready(tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "bin" / "nats-server"
    sleeper.parent.mkdir()
    # It does not end on SIGTERM either.
    sleeper.write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.05; done\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(sleeper.parent))
    server = EmbeddedNats(tmp_path / "nats", trust, start_timeout=0.3, grace=0.2)
    with pytest.raises(EmbeddedError, match=r"not ready after 0.3 s"):
        await server.start()
    assert await server.wait() == -signal.SIGKILL


async def test_start_that_is_cancelled_leaves_nothing(
    tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedNats(tmp_path, trust)
    starting = asyncio.create_task(server.start())
    await eventually(lambda: server.pid is not None)
    pid = server.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert pid is not None
    assert not alive(pid)


async def test_waiting_for_what_was_not_started(tmp_path: Path, trust: Trust) -> None:
    with pytest.raises(EmbeddedError, match="Start it first"):
        await EmbeddedNats(tmp_path, trust).wait()


PARENT = """
    import asyncio, sys
    from pathlib import Path
    from lienthong.embedded.nats import EmbeddedNats
    from lienthong.exchange.transport.auth import Operator
    from tests.support.carriers import trust_of

    async def main():
        async with EmbeddedNats(Path(sys.argv[1]), trust_of(Operator.create())) as server:
            print(server.pid, flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_server_ends_with_its_parent(tmp_path: Path, project: Path, end: signal.Signals) -> None:
    parent = subprocess.Popen(  # noqa: ASYNC220 - its end is what the test brings about
        [sys.executable, "-c", textwrap.dedent(PARENT), tmp_path], stdout=subprocess.PIPE, text=True, cwd=project
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(end)
    parent.wait()
    await eventually(lambda: not alive(pid))


async def test_folder_stays_locked_while_an_orphan_still_runs(tmp_path: Path) -> None:
    """The lock belongs to the server, not to the one who started it."""
    lock = child.lock_folder(tmp_path)
    orphan = await child.spawn(["sleep", "60"], log=lock, keep=[lock])
    os.close(lock)
    with pytest.raises(AlreadyRunning):
        child.lock_folder(tmp_path)
    await child.stop(orphan, grace=5)
    os.close(child.lock_folder(tmp_path))


async def test_role_names_stand_for_accounts(tmp_path: Path, operator: Operator, trust: Trust) -> None:
    """The three accounts are loaded from the configuration: each role signs in right after the start."""
    async with EmbeddedNats(tmp_path, trust) as server:
        broker = Broker(server, operator)
        for role in Role:
            carrier = await broker.connect("s", ["b"], role)
            assert carrier.connected
            await carrier.close()
