"""Peers: nginx as a backend, and two of it in a row with mutual TLS between them."""

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp2;
  fastcgi_temp_path {folder}/tmp3; uwsgi_temp_path {folder}/tmp4; scgi_temp_path {folder}/tmp5;
  keepalive_requests 1000000; proxy_http_version 1.1; proxy_set_header Connection "";
  {http}
}}
"""
BACKEND = """
  server {{ listen 127.0.0.1:{backend} backlog=1024; default_type application/octet-stream;
    location / {{ return 200 "{answer}"; }} }}
"""
_FIRST = """
  upstream next {{ server 127.0.0.1:{second}; keepalive 128; }}
  server {{ listen 127.0.0.1:{first} backlog=1024; location / {{ proxy_pass https://next;
    proxy_ssl_certificate {folder}/cert.pem; proxy_ssl_certificate_key {folder}/key.pem;
    proxy_ssl_trusted_certificate {folder}/cert.pem; proxy_ssl_verify on; proxy_ssl_name localhost;
    proxy_ssl_protocols TLSv1.3; }} }}
"""
_SECOND = """
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 128; }}
  server {{ listen 127.0.0.1:{second} ssl backlog=1024; ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem; ssl_client_certificate {folder}/cert.pem; ssl_verify_client on;
    ssl_protocols TLSv1.3; location / {{ proxy_pass http://backend; }} }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Addresses of what runs."""

    backend: str
    # The first of the two in a row.
    proxies: str


@contextlib.contextmanager
def peers(folder: Path, answer: bytes, template: str = BACKEND) -> Iterator[Peers]:
    """Run a backend that always gives the same answer, or another one, and two proxies with mutual TLS before it."""
    ports = {name: free_port() for name in ("backend", "first", "second")}
    _certificate(folder)
    with contextlib.ExitStack() as stack:
        for name, server in (("backend", template), ("second", _SECOND), ("first", _FIRST)):
            home = folder / name
            home.mkdir()
            for file in ("cert.pem", "key.pem"):
                shutil.copy(folder / file, home / file)
            http = server.format(folder=home, answer=answer.decode(), **ports)
            (home / "nginx.conf").write_text(_CONFIG.format(folder=home, http=http))
            stack.enter_context(_running(home, ports[name]))
        yield Peers(backend=f"http://127.0.0.1:{ports['backend']}", proxies=f"http://127.0.0.1:{ports['first']}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk measured."""

    per_second: float
    # Milliseconds.
    p50: float
    p99: float
    errors: int


def load(
    url: str, *, connections: int, seconds: int, headers: tuple[str, ...] = (), script: Path | None = None
) -> Load:
    """Ask an address again and again with wrk; a script of its own says what to send."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    command += [] if script is None else ["-s", str(script)]
    command += [part for header in headers for part in ("-H", header)]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Load(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", text)[1]),
        p50=_millis(text, "50"),
        p99=_millis(text, "99"),
        errors=int(failed[1] if failed else 0) + sum(map(int, broken.groups() if broken else ())),
    )


def _millis(text: str, percentile: str) -> float:
    number, unit = _found(rf"{percentile}%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _found(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk says something else than expected:\n{text}")
    return found


@contextlib.contextmanager
def _running(home: Path, port: int) -> Iterator[None]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise SystemExit("nginx is missing: apt-get install nginx-light wrk")
    command = [program, "-c", str(home / "nginx.conf"), "-e", str(home / "error.log"), "-p", str(home)]
    process = subprocess.Popen(command)
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise SystemExit(f"nginx does not listen on port {port}")


def _certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", "req", "-x509", *key, *subject, *files], check=True, capture_output=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
