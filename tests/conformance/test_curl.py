"""The interface as integrators try it first: with curl."""

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.conformance.test_headers import OURS
from tests.conformance.test_http_bodies import content
from tests.support.recorder import Recorder, answer
from tests.support.sandbox import CONSUMER, PROVIDER
from tests.support.wire import Face

pytestmark = pytest.mark.curl


def curl(gateway: Face, target: str, *options: str | Path, stdin: bytes = b"") -> bytes:
    """Run curl on a service of PROVIDER and return what it prints."""
    path = target if target.startswith("/") else f"/r1/{PROVIDER}/{target}"
    done = subprocess.run(
        [
            *("curl", "-sS", "--max-time", "30", "-H", f"X-Road-Client: {CONSUMER}"),
            *map(str, options),
            f"http://127.0.0.1:{gateway.port}{path}",
        ],
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.line("Call: address", "Call: not passed on", "Response: five headers")
def test_a_plain_call(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Content-Type: application/json", body=b"{}"))
    head, _, body = curl(gateway, "echo/a%20b?c=d", "-i").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert (lines[0], body) == ("HTTP/1.1 200 OK", b"{}")
    assert {line.partition(":")[0] for line in lines[1:]} >= OURS
    arrived = service.only()
    assert (arrived.target, arrived.header("accept"), arrived.all("user-agent")) == ("/base/a%20b?c=d", "*/*", [])


@pytest.mark.line("HTTP: bodies", "HTTP: interim answers")
def test_a_file_is_sent_and_fetched(gateway: Face, service: Recorder, tmp_path: Path) -> None:
    service.mirrors()
    (tmp_path / "sent").write_bytes(content(3_000_000))
    # Over a megabyte curl waits for `100 Continue`.
    options = ["-H", "Expect: 100-continue", "-H", "Content-Type: application/octet-stream"]
    sent = f"@{tmp_path / 'sent'}"
    assert curl(gateway, "echo", *options, "--data-binary", sent, "-o", tmp_path / "got") == b""
    assert (tmp_path / "got").read_bytes() == content(3_000_000)
    assert service.only().all("expect") == []


@pytest.mark.line("HTTP: bodies")
def test_a_stream_is_uploaded_in_chunks(gateway: Face, service: Recorder) -> None:
    service.mirrors()
    assert curl(gateway, "echo", "-T", "-", stdin=content(100_000)) == content(100_000)
    assert service.only().method == "PUT"


@pytest.mark.line("HTTP: bodies", "Call: all else passes")
def test_a_form_is_posted(gateway: Face, service: Recorder, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\0\xff")
    curl(gateway, "echo", "-F", f"file=@{tmp_path / 'f'}", "-F", "name=H\u00e0 N\u1ed9i")
    arrived = service.only()
    assert arrived.header("content-type").startswith("multipart/form-data; boundary=")
    assert b"\0\xff" in arrived.body
    assert "H\u00e0 N\u1ed9i".encode() in arrived.body


@pytest.mark.line("HTTP: answers without a body", "Call: methods")
def test_heads_options_and_deletions(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nX-A: 1\r\n\r\n")
    assert b"\r\nx-a: 1\r\n" in curl(gateway, "echo", "-I")
    service.answers(answer("204 No Content").replace(b"Content-Length: 0\r\n", b""))
    for method in ("OPTIONS", "DELETE"):
        assert curl(gateway, "echo", "-X", method, "-w", "%{http_code}") == b"204"
    assert [each.method for each in service.taken()] == ["HEAD", "OPTIONS", "DELETE"]


@pytest.mark.line("Response: as it is")
def test_compressed_content_is_unpacked_by_the_client(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"text")))
    assert curl(gateway, "echo", "--compressed") == b"text"
    assert "gzip" in service.only().header("accept-encoding")


@pytest.mark.line("Call: redirects", "Call: all else passes")
def test_redirects_and_cookies_are_the_client_s(gateway: Face, service: Recorder, tmp_path: Path) -> None:
    jar = tmp_path / "jar"
    here = f"http://127.0.0.1:{gateway.port}/r1/{PROVIDER}/echo/there"
    service.answers(answer("302 Found", f"Location: {here}", "Set-Cookie: a=1; Path=/"))
    assert curl(gateway, "echo", "-c", jar, "-w", "%{redirect_url}") == here.encode()
    service.answers(answer("200 OK", body=b"there"))
    assert curl(gateway, "echo/there", "-b", jar) == b"there"
    assert [(each.target, each.all("cookie")) for each in service.taken()] == [("/base", []), ("/base/there", ["a=1"])]


@pytest.mark.line("HTTP: connections")
@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_every_version_of_http_is_spoken(gateway: Face, service: Recorder, version: str) -> None:
    service.answers(answer("200 OK", "X-A: 1", body=b"x"))
    shown = curl(gateway, "echo/a%2Fb//?c", version, "-X", "PUT", "-d", "body", "-w", "%{http_code} %{num_connects}")
    assert shown == b"x200 1"
    arrived = service.only()
    assert (arrived.method, arrived.target, arrived.body) == ("PUT", "/base/a%2Fb//?c", b"body")
    held = {"upgrade", "http2-settings", "connection", "transfer-encoding"}
    assert held.isdisjoint(name for name, _ in arrived.headers)
    assert arrived.header("host") == service.url.removeprefix("http://")


@pytest.mark.line("Rights: no escape")
def test_dots_sent_as_they_are_lead_nowhere(gateway: Face, service: Recorder) -> None:
    shown = curl(gateway, "api/persons/../secret", "--path-as-is", "-o", "/dev/null", "-w", "%header{x-road-error}")
    assert shown == b"Server.ServerProxy.AccessDenied"
    assert service.taken() == []


@pytest.mark.line("Errors: XML by Accept")
def test_errors_in_both_forms(gateway: Face, service: Recorder) -> None:
    assert curl(gateway, "nope").startswith(b'{"type":"Server.ServerProxy.UnknownService",')
    xml = curl(gateway, "nope", "-H", "Accept: text/xml")
    assert xml.startswith(b"<error><type>Server.ServerProxy.UnknownService</type>")


@pytest.mark.line("Metaservices: listClients")
def test_clients_are_listed(gateway: Face) -> None:
    assert curl(gateway, "/listClients", "-H", "Accept: application/json").startswith(b'{"member":[{"id":{')
