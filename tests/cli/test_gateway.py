"""``lienthong gateway`` as an operator runs it: a process, its readiness, its end."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lienthong.cli.main import main
from lienthong.cli.world import World
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.http_client import fetch
from lienthong.kernel.clock import SystemClock
from tests.support.nationwide import HSO, UNITS, plan

PATIENCE = 60.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    """What gateways need, with the carrier running and a configuration of each."""
    made = World.create(tmp_path / "world", plan(2))
    async with made.carried():
        for site, port in (("tw", 0), ("p1", None)):
            config = made.config(site, port=port)
            (config.state / "gateway.toml").write_text(config.to_toml())
        yield made


@dataclass(slots=True)
class Process:
    """A gateway that has said it is ready."""

    process: asyncio.subprocess.Process
    ready: str

    async def stop(self, number: signal.Signals) -> tuple[int, str]:
        """End it; returns its exit status and what else it said."""
        self.process.send_signal(number)
        _, err = await asyncio.wait_for(self.process.communicate(), PATIENCE)
        assert self.process.returncode is not None
        return self.process.returncode, err.decode()


async def spawn(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "lienthong", *arguments],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"LIENTHONG_LANG": "en", "COLUMNS": "200"},
    )


@asynccontextmanager
async def gateway(world: World, site: str, *options: str) -> AsyncGenerator[Process]:
    """Run the gateway of a site."""
    process = await spawn("gateway", "--config", str(world.config(site).state / "gateway.toml"), *options)
    try:
        assert process.stderr is not None
        line = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
        yield Process(process, line.decode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_says_where_it_is_and_what_it_serves(world: World) -> None:
    async with gateway(world, "tw") as running:
        found = re.fullmatch(r"Gateway tw serves 1 organ · (http://\S+)\. Ctrl-C ends it\.\n", running.ready)
        assert found is not None
        status = json.loads((await fetch(f"{found[1]}/v1/status", ())).body)
        assert status["site"] == "tw"
        # The other gateway does not run: that, too, is evidence.
        answer = await fetch(f"{found[1]}/r1/{UNITS}/open/a", (("x-road-client", str(HSO)),))
        assert answer.header("x-road-error") == "Server.ClientProxy.NetworkError"
        assert (await running.stop(signal.SIGTERM))[0] == 0
    # The last thing it does is to sign the head of its journal.
    report = verify(world.config("tw").state, world.root.read_bytes(), SystemClock().now())
    assert (report.ok, report.entries > 0, report.checkpoints) == (True, True, 1)


async def test_without_a_web_face_until_ctrl_c(world: World) -> None:
    async with gateway(world, "p1", "--verbose") as running:
        assert running.ready == "Gateway p1 serves 2 organs. Ctrl-C ends it.\n"
        status, said = await running.stop(signal.SIGINT)
    assert (status, "Traceback" in said) == (0, False)


async def test_told_to_stop_before_it_is_ready(world: World) -> None:
    config = world.config("tw")
    process = await spawn("gateway", "--config", str(config.state / "gateway.toml"))
    # The journal is opened first of all that takes a while.
    async with asyncio.timeout(PATIENCE):
        while not config.journal.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, b"Traceback" in err) == (0, False)


def test_what_it_needs_and_has_not_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = World.create(tmp_path / "world", plan(1)).config("tw")
    file = config.state / "gateway.toml"
    file.write_text(config.to_toml())
    config.keys.unlink()
    assert main(["gateway", "--config", str(file)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"The key store cannot be used: {config.keys}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (None, "No such file"),
        ("site = = 1", "line 1"),
        ('site = "a"', "state"),
        ('site = "a"\nunknown = 1', "unknown"),
        (
            'site = "a"\nstate = "s"\nnats = []\ncredential = "c"\nkeys = "k"\nroot = "r"\nlisten = "nowhere"',
            "HOST:PORT",
        ),
    ],
)
def test_mistake_in_the_configuration_is_one_line_with_the_place(
    tmp_path: Path, text: str | None, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    if text is not None:
        file.write_text(text)
    assert main(["gateway", "--config", str(file)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"The gateway's configuration is not in order: {file}")
    assert place in err


def test_without_a_configuration_it_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway"]) == 2
    assert "--config" in "".join(capsys.readouterr())
