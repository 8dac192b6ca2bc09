"""``lienthong sandbox`` as an integrator runs it: a process, its two outputs, its end."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import (
    CONSUMER,
    PATIENCE,
    PROVIDER,
    Backend,
    Reply,
    Sandbox,
    answer,
    backend,
    refused,
    sandbox,
    spawn,
)

_MEMBER = "EE/BUSINESS/a%2Fb"
CONFIG = """
[[consumer]]
id = "{consumer}"
[[provider]]
id = "{provider}"
[[provider.service]]
code = "echo"
url = "{url}"
"""


@pytest.fixture
def system() -> Iterator[Backend]:
    with backend() as running:
        yield running


def _config(system: Backend, **changes: str) -> str:
    return CONFIG.format(**{"consumer": CONSUMER, "provider": PROVIDER, "url": system.url} | changes)


def test_without_a_file_there_is_an_echo_and_a_line_to_try(tmp_path: Path) -> None:
    with sandbox(tmp_path) as running:
        reply = running.call("echo/a%20b?c=d", "X-Some: 1", "X-Some: 2", method="POST", body="ö".encode())
        seen = json.loads(reply.body)
        assert (seen["method"], seen["path"], seen["query"], seen["body"]) == ("POST", "/a%20b", "c=d", "ö")
        assert seen["headers"]["x-some"] == "1, 2"
        assert seen["headers"]["x-road-client"] == CONSUMER
        assert json.loads(running.call("echo", method="PUT", body=b"\xff").body)["body_base64"] == "/w=="
        running.process.send_signal(signal.SIGTERM)
        out, err = running.process.communicate(timeout=PATIENCE)
        assert out == ""
        line = re.search(r"^ +(curl .+)$", err, re.MULTILINE)
        assert line is not None
        assert shlex.split(line[1]) == [
            "curl",
            "-H",
            f"X-Road-Client: {CONSUMER}",
            f"{running.url}/r1/{PROVIDER}/echo",
        ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_soon_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox(tmp_path) as running:
        children = running.children()
        assert [Path(f"/proc/{pid}/comm").read_text() for pid in children] == ["nats-server\n"]
        status, out, seconds = running.stop(number)
        assert (status, out) == (0, "")
        assert seconds < 10
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)


@pytest.mark.slow
def test_slow_service_does_not_hold_it_up(tmp_path: Path, system: Backend) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(_: object) -> bytes:
        asked.set()
        release.wait(PATIENCE)
        return answer()

    system.answer = slow
    with sandbox(tmp_path, _config(system)) as running:
        replies: list[Reply] = []
        caller = threading.Thread(target=lambda: replies.append(running.call("echo")))
        caller.start()
        assert asked.wait(PATIENCE)
        status, _, seconds = running.stop()
        release.set()
        caller.join(PATIENCE)
    assert status == 0
    assert seconds < 10
    assert [reply.header("x-road-error") for reply in replies] == ["Server.ServerProxy.ServiceFailed"]


@pytest.mark.slow
def test_half_a_request_does_not_hold_it_up(tmp_path: Path) -> None:
    with sandbox(tmp_path) as running, socket.create_connection(("127.0.0.1", running.port)) as half:
        half.sendall(f"GET /r1/{PROVIDER}/echo HTTP/1.1\r\nHost".encode())
        # The server takes connections in their order: this one is being read.
        running.call("echo")
        status, _, seconds = running.stop()
    assert status == 0
    assert seconds < 10


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = spawn("--port", str(port))
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert f"127.0.0.1:{port}" in err
    assert err.count("\n") == 1


def test_port_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with sandbox(tmp_path, None, "--port", str(port)) as running:
        assert running.port == port


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ("instance = = 1", "line 1"),
        ('[[consumer]]\nid = "VN/PARTY"', "consumer[0].id"),
        (f'[[provider]]\nid = "{PROVIDER}"\n[[provider.service]]\ncode = "x"', "provider[0].service[0].url"),
    ],
)
def test_mistake_in_the_file_is_one_line_with_the_place(tmp_path: Path, config: str, place: str) -> None:
    complaint = refused(tmp_path, config)
    assert str(tmp_path / "sandbox.toml") in complaint
    assert place in complaint


def test_file_that_is_missing_is_one_line(tmp_path: Path) -> None:
    process = spawn("--port", "0", "--config", str(tmp_path / "nothing.toml"))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1)
    assert "nothing.toml" in err


def test_any_instance_and_class_and_members_on_both_sides(tmp_path: Path, system: Backend) -> None:
    config = f"""
    instance = "EE"
    [[consumer]]
    id = "{_MEMBER}/C"
    [[consumer]]
    id = "EE/GOV/%C3%B6"
    [[provider]]
    id = "{_MEMBER}/P"
    service = [{{ code = "one", url = "{system.url}/1" }}, {{ code = "two", url = "{system.url}/2" }}]
    [[provider]]
    id = "{_MEMBER}/C"
    service = [{{ code = "self", url = "{system.url}/3" }}]
    [[provider]]
    id = "EE/GOV/elsewhere/P"
    service = [{{ code = "one", url = "{system.url}/4" }}]
    """
    with sandbox(tmp_path, config) as running:
        for client in (f"{_MEMBER}/C", "EE/GOV/%C3%B6"):
            for service in (f"{_MEMBER}/P/one", f"{_MEMBER}/P/two", f"{_MEMBER}/C/self", "EE/GOV/elsewhere/P/one"):
                reply = running.call(f"/r1/{service}", client=client)
                assert (reply.status, reply.header("x-road-service")) == (200, service)
                assert reply.header("x-road-id").startswith("EE-")
        assert [seen.target for seen in system.seen] == ["/1", "/2", "/3", "/4"] * 2
        # Who is no consumer may call nothing, whoever else its member is.
        refusal = running.call(f"/r1/{_MEMBER}/P/one", client=f"{_MEMBER}/P")
        assert refusal.header("x-road-error") == "Server.ServerProxy.AccessDenied"


def test_only_consumers_and_nothing_to_call_is_a_sandbox_too(tmp_path: Path) -> None:
    with sandbox(tmp_path, f'[[consumer]]\nid = "{CONSUMER}"') as running:
        assert CONSUMER.rpartition("/")[2] in running.call("/listClients", client=None).body.decode()


def test_error_codes_are_those_of_7_8_where_asked_for(tmp_path: Path, system: Backend) -> None:
    services = '[[provider.service]]\ncode = "soap"\ntype = "SOAP"\n[[provider.service]]\ncode = "no"\n'
    more = f'{services}url = "http://127.0.0.1:1"\ngrants = []\n'
    with sandbox(tmp_path, 'error-codes = "7.8"\n' + _config(system) + more) as running:
        soap, closed = running.call("soap"), running.call("no")
        assert (soap.status, soap.header("x-road-error")) == (500, "server.serverproxy.service_type")
        assert json.loads(soap.body)["type"] == "server.serverproxy.service_type"
        assert json.loads(soap.body)["message"] == "Invalid service type: REST"
        assert (closed.status, closed.header("x-road-error")) == (500, "server.serverproxy.access_denied")
        missing = running.call("echo", client=None)
        assert (missing.status, missing.header("x-road-error")) == (500, "server.clientproxy.internal_error")


def _keys(folder: Path) -> dict[str, list[str]]:
    branch = json.loads((folder / "state/world/source/branches/sandbox.json").read_bytes())
    return {organ["id"]: [key["public"] for key in organ["keys"]] for organ in branch["organs"]}


def _entries(running: Sandbox) -> int:
    return int(json.loads(running.call("/v1/status").body)["journal"]["entries"])


@pytest.mark.slow
def test_state_is_kept_and_follows_the_file(tmp_path: Path, system: Backend) -> None:
    state = ("--state", str(tmp_path / "state"))
    with sandbox(tmp_path, _config(system), *state) as running:
        assert running.call("echo").status == 200
        before = _entries(running)
    keys = _keys(tmp_path)
    with sandbox(tmp_path, _config(system), *state) as running:
        assert running.call("echo").status == 200
        assert _entries(running) > before
    assert _keys(tmp_path) == keys

    # The consumer loses its grant; a new one comes; the provider's member is to call, too, and moves.
    changed = f"""
    [[consumer]]
    id = "{CONSUMER}"
    [[consumer]]
    id = "VN/PARTY/NEW/Consumer"
    [[consumer]]
    id = "VN/STATE/G22/Own"
    [[provider]]
    id = "{PROVIDER}"
    [[provider.service]]
    code = "echo"
    url = "{system.url}/moved"
    grants = [{{ to = "VN/PARTY/NEW/Consumer" }}, {{ to = "VN/STATE/G22/Own" }}]
    """
    with sandbox(tmp_path, changed, *state) as running:
        assert running.call("echo").header("x-road-error") == "Server.ServerProxy.AccessDenied"
        assert running.call("echo", client="VN/PARTY/NEW/Consumer").status == 200
        assert running.call("echo", client="VN/STATE/G22/Own").status == 200
        assert system.last.target == "/moved"
    now = _keys(tmp_path)
    assert now["VN/PARTY/A01"] == keys["VN/PARTY/A01"]
    # Its private keys stayed at the other gateway; the old public ones still verify what they have sealed.
    assert now["VN/STATE/G22"][: len(keys["VN/STATE/G22"])] == keys["VN/STATE/G22"]
    assert len(now["VN/STATE/G22"]) == 2 * len(keys["VN/STATE/G22"])

    # Who is no more is refused, and known again when it comes back.
    with sandbox(tmp_path, _config(system, consumer="VN/PARTY/B02/Consumer"), *state) as running:
        assert running.call("echo").header("x-road-error") == "Server.ClientProxy.UnknownMember"
        assert running.call("echo", client="VN/PARTY/B02/Consumer").status == 200
    assert _keys(tmp_path)["VN/PARTY/A01"] == keys["VN/PARTY/A01"]
    with sandbox(tmp_path, _config(system), *state) as running:
        assert running.call("echo").status == 200
    assert _keys(tmp_path)["VN/PARTY/A01"] == keys["VN/PARTY/A01"]

    complaint = refused(tmp_path, 'instance = "EE"', *state)
    assert "of the instance VN, not EE" in complaint


def test_first_start_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "state/world/sites/consumer").mkdir(parents=True)
    (tmp_path / "state/world/passphrase").write_text("half")
    with sandbox(tmp_path, None, "--state", str(tmp_path / "state")) as running:
        assert running.call("echo").status == 200


def test_state_is_one_sandbox_s_at_a_time(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with sandbox(tmp_path, None, "--state", str(state)) as running:
        process = spawn("--port", "0", "--state", str(state))
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err.count("\n")) == (1, "", 1)
        assert str(state) in err
        assert running.call("echo").status == 200


def test_state_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    process = spawn("--port", "0", "--state", str(tmp_path / "file/below"))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1)
    assert "file/below" in err


def test_told_to_stop_while_it_starts_it_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lienthong", "sandbox", "--port", "0", "--state", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lock = tmp_path / "lock"
    deadline = time.monotonic() + PATIENCE
    while not lock.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert out in {"", f"READY http://127.0.0.1:{out.rpartition(':')[2]}"}
