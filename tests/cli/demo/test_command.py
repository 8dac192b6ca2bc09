"""``lienthong demo`` as a user runs it: what it measures, what it leaves, and how it ends."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lienthong.cli.demo import command
from lienthong.cli.demo.command import SiteFailed, is_success
from lienthong.cli.main import main
from lienthong.embedded.child import spawn
from lienthong.kernel import i18n
from tests.cli.demo.conftest import ORGANS, Ran
from tests.support.demo import running

GOOD: dict[str, Any] = {
    "organs": 12,
    "receipts_verified": 12,
    "calls_ok": 1,
    "calls_refused": 1,
    "tampered_detected": True,
    "replayed_detected": True,
    "evidence_verified": True,
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG"):
        monkeypatch.delenv(name, raising=False)
    yield
    i18n.use("en")


def published(folder: Path) -> dict[Path, bytes]:
    """Everything that is published."""
    found = {path: path.read_bytes() for path in (folder / "published").rglob("*.json")}
    assert found
    return found


@pytest.mark.slow
def test_headless_it_prints_what_it_measured_and_nothing_else(ran: Ran) -> None:
    assert (ran.status, ran.err, ran.out.count("\n")) == (0, "", 1)
    result = ran.result
    assert (result["organs"], result["receipts_verified"]) == (ORGANS, ORGANS)
    assert result["receipts"] == {"delivered": ORGANS, "opened": ORGANS, "accepted": ORGANS}
    assert 0 < result["seconds"] == result["seconds_by_state"]["delivered"] < result["seconds_by_state"]["accepted"]
    assert (result["calls_ok"], result["calls_refused"]) == (1, 1)
    assert (result["container_verified"], result["message_verified"], result["event_verified"]) == (True, True, True)
    assert result["container_bytes"] == (ran.folder / "call.asice").stat().st_size > 10_000
    assert result["message_receipts"] == ["delivered", "opened", "accepted"]
    assert (result["event_sequence"], result["systems_seconds"] > 0) == (1, True)
    for what in ("tampered", "forged", "misdirected", "replayed"):
        assert result[f"{what}_detected"] is True
    assert result["evidence_verified"] is True
    # Of the one organ there: what has arrived (and was receipted), was opened, was accepted.
    assert result["evidence_entries"]["site-2"] == 3
    assert set(result["evidence_entries"]) == {"tw", "site-1", "site-2"}


@pytest.mark.slow
@pytest.mark.parametrize("site", ["tw", "site-1", "site-2"])
def test_every_site_can_be_verified_and_examined_by_itself(
    ran: Ran, site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(ran.state(site))
    assert main(["evidence", "verify", state, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["holds"], report["entries"]) == (True, ran.result["evidence_entries"][site])
    assert main(["evidence", "export", "0", "--state", state, "--output", str(tmp_path / "record.zip")]) == 0
    assert main(["evidence", "show", "0", "--state", state]) == 0
    assert "not checked" not in capsys.readouterr().out
    # Its carrier is gone; everything else is in order.
    assert main(["doctor", "--config", f"{state}/gateway.toml", "--json"]) == 1
    levels = {line["subject"]: line["level"] for line in json.loads(capsys.readouterr().out)["lines"]}
    assert {subject for subject, level in levels.items() if level == "fail"} == {"carrier"}
    assert levels["keys"] == "ok"


@pytest.mark.slow
def test_again_in_the_same_folder_until_ctrl_c(ran: Ran, tmp_path: Path) -> None:
    state = shutil.copytree(ran.folder, tmp_path / "state")
    keys = (state / "source/branches/01.json").read_bytes()
    with running("--organs", str(ORGANS), "--hosts", "2", "--state", str(state)) as demo:
        demo.wait_for("Ctrl-C ends it.")
        output = "\n".join(demo.lines)
        children = demo.children()
        assert len(children) == 3
        status, seconds = demo.stop(signal.SIGINT)
    assert (status, "Traceback" in "\n".join(demo.lines)) == (0, False)
    assert seconds < 20
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert (state / "source/branches/01.json").read_bytes() == keys
    assert re.search(rf"sealed and encrypted to {ORGANS} organs", output)
    assert re.search(r"│ 01 +│ Thành ủy Hà Nội +│ +127 │ +127 │ +127 │", output)
    assert re.search(r"^A call that is granted → 200$", output, re.MULTILINE)
    assert re.search(r"an ASiC container +│ [\d,]+ bytes; verified offline, 0 defects", output)
    assert re.search(r"the Python client +│ receipts: delivered, opened, accepted", output)
    # The second event: the first one was published in the run before.
    assert re.search(r"publishes an event +│ 2: unit-renamed/1 ", output)
    assert f"evidence verify {state}/call.asice" in output
    assert "the list → Server.ServerProxy.AccessDenied" in output
    assert re.search(r"a recorded call is sent a second time +│ .*replayed", output)
    for site, before in ran.result["evidence_entries"].items():
        found = re.search(rf"evidence of {site}: ([\d,]+) entries verified offline, 0 defects", output)
        assert found is not None
        assert int(found[1].replace(",", "")) > before
    assert f"lienthong evidence list --state {state}/sites/tw" in output


@pytest.mark.slow
def test_told_to_stop_while_it_works_it_leaves_nothing(tmp_path: Path) -> None:
    with running("--organs", "3", TMPDIR=str(tmp_path)) as demo:
        demo.wait_for("carrier: NATS at")
        children = demo.children()
        assert children
        status, _ = demo.stop(signal.SIGTERM)
    assert (status, "Traceback" in "\n".join(demo.lines)) == (130, False)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("organs", "hosts", "complaint"),
    [
        (12, 2, "13 at 2"),
        (ORGANS, 1, f"{ORGANS + 1} at 2"),
    ],
)
@pytest.mark.slow
def test_folder_of_another_country_is_refused(
    ran: Ran, organs: int, hosts: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published(ran.folder)
    options = ["--organs", str(organs), "--hosts", str(hosts), "--state", str(ran.folder)]
    assert main(["demo", "--headless", *options]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    there = f"{ran.folder} with {ORGANS + 1} organs at 3 sites"
    assert err.startswith(f"The folder holds another world: {there}, where {complaint} are asked for. Choose another")
    assert published(ran.folder) == before


@pytest.mark.parametrize("organs", ["0", "-1", "3356"])
def test_number_of_organs_there_cannot_be(organs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--headless", "--organs", organs]) == 1
    expected = f"The number of organs does not fit the country: {organs} of 3355. Ask for at least 1 and at most all"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize("options", [["--hosts", "0"], ["--port", "65536"], ["--state", __file__]])
def test_options_there_cannot_be(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--headless", *options]) == 2
    assert options[0] in capsys.readouterr().err


def test_what_was_cut_off_is_not_taken_for_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sites").mkdir()
    assert main(["demo", "--headless", "--organs", "1", "--state", str(tmp_path)]) == 1
    assert f"{tmp_path}: sites without root.json" in capsys.readouterr().err


def test_success_is_everything_as_it_should_be() -> None:
    assert is_success(GOOD)


@pytest.mark.parametrize(
    "change",
    [
        {"receipts_verified": 11},
        {"calls_ok": 2},
        {"calls_refused": 0},
        {"tampered_detected": False},
        {"replayed_detected": False},
        {"container_verified": False},
        {"message_verified": False},
        {"event_verified": False},
        {"evidence_verified": False},
    ],
)
def test_anything_else_is_none(change: dict[str, Any]) -> None:
    assert not is_success(GOOD | change)


@pytest.mark.parametrize(("found", "status"), [(GOOD, 0), (GOOD | {"forged_detected": False}, 1)])
def test_exit_status_says_whether_it_succeeded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: dict[str, Any], status: int
) -> None:
    monkeypatch.setattr(command, "run", lambda _: found)
    assert main(["demo", "--headless", "--json"]) == status
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize(
    ("program", "seconds", "complaint"),
    [("raise SystemExit(3)", 60, "ended with status 3"), ("import time; time.sleep(60)", 0.2, "not ready after 0.2 s")],
)
async def test_gateway_that_does_not_start_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, seconds: float, complaint: str
) -> None:
    monkeypatch.setattr(command, "_START_SECONDS", seconds)
    log = tmp_path / "gateway.log"
    with log.open("w") as file:
        process = await spawn([sys.executable, "-c", program], log=file.fileno(), keep=[])
    try:
        with pytest.raises(SiteFailed, match=f"{complaint}; see {re.escape(str(log))}"):
            await command._ready(process, log)
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 10)
