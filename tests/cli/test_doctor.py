"""``lienthong doctor``: the same lines for people and for programs, and the exit status."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lienthong.cli.main import main
from lienthong.kernel import i18n
from tests.support.doctor import surroundings


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    yield
    i18n.use("en")


async def examined(folder: Path, *arguments: str) -> int:
    """Run the command beside a real server."""
    async with surroundings(folder) as around:
        return await asyncio.to_thread(main, [*arguments[:2], "doctor", "--config", str(around.file), *arguments[2:]])


async def test_a_healthy_gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await examined(tmp_path) == 0
    out = capsys.readouterr().out
    assert "✓ ok" in out
    assert "! warning" in out
    assert "→ Have the centre issue a credential" in out
    assert "ok: 7, warnings: 1, failed: 0" in out


async def test_for_programs_and_in_another_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await examined(tmp_path, "--lang", "vi", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["works"] is True
    assert {line["subject"] for line in found["lines"]} >= {"clock", "keys", "carrier", "directory", "disk"}
    assert any("phiên bản" in line["text"].lower() for line in found["lines"] if line["subject"] == "directory")


def test_a_gateway_that_cannot_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(
        'site = "a"\nstate = "state"\nnats = ["nats://127.0.0.1:1"]\ncredential = "c"\nkeys = "k"\nroot = "r"\n'
        'passphrase-file = "p"\n'
    )
    assert main(["doctor", "--config", str(config)]) == 1
    assert "✗ failed" in capsys.readouterr().out
    assert main(["doctor", "--config", str(config), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["works"] is False


def test_a_configuration_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(tmp_path / "nowhere.toml")]) == 1
    assert capsys.readouterr().err.startswith("The gateway's configuration is not in order: ")
