"""A sandbox as a process of its own, a backend that shows what reached it, and a client that sends bytes."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import IO

CONSUMER = "VN/PARTY/A01/Consumer"
PROVIDER = "VN/STATE/G22/Provider"
PATIENCE = 60.0
_READY = re.compile(r"READY http://127\.0\.0\.1:(\d+)\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: names of headers in lower case, in their order."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What reached the backend."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def answer(status: str = "200 OK", *headers: str, body: bytes = b"") -> bytes:
    """Return an HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass(slots=True)
class Backend:
    """An information system: answers on real sockets with the bytes a test gives it."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    seen: list[Seen] = field(default_factory=list)
    answer: bytes | Callable[[Seen], bytes] = field(default_factory=answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while (seen := _read(stream)) is not None:
                self.seen.append(seen)
                reply = self.answer(seen) if callable(self.answer) else self.answer
                # An answer to HEAD has headers only, the length of what GET would bring among them.
                connection.sendall(reply.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if seen.method == "HEAD" else reply)
                if not reply or b"\r\nConnection: close" in reply:
                    return


def _read(stream: IO[bytes]) -> Seen | None:
    start = stream.readline()
    if not start:
        return None
    method, target, _ = start.decode("latin-1").split(" ", 2)
    headers: list[tuple[str, str]] = []
    while (line := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    lengths = [int(value) for name, value in headers if name == "content-length"]
    assert not any(name == "transfer-encoding" for name, _ in headers)
    return Seen(method=method, target=target, headers=headers, body=stream.read(lengths[0] if lengths else 0))


@contextmanager
def backend() -> Iterator[Backend]:
    """Run a backend."""
    running = Backend()
    thread = threading.Thread(target=running.serve, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        # Closing alone does not wake a thread that waits in accept.
        with suppress(OSError):
            running.listener.shutdown(socket.SHUT_RDWR)
        running.listener.close()
        thread.join(PATIENCE)


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """A running ``lienthong sandbox``."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(
        self,
        target: str,
        *headers: str,
        method: str = "GET",
        body: bytes | None = None,
        client: str | None = CONSUMER,
        timeout: float = PATIENCE,
    ) -> Reply:
        """Send one request, written out as given; a target without leading slash is a service of PROVIDER."""
        path = target if target.startswith("/") else f"/r1/{PROVIDER}/{target}"
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
        if client is not None:
            lines.append(f"X-Road-Client: {client}")
        if body is not None and not any(line.lower().startswith("transfer-encoding") for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""), method, timeout=timeout)

    def send(self, request: bytes, method: str = "GET", *, timeout: float = PATIENCE) -> Reply:
        """Send bytes on a connection of their own and read one answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(request)
            response = HTTPResponse(connection, method=method)
            response.begin()
            headers = [(name.lower(), value) for name, value in response.getheaders()]
            return Reply(status=response.status, headers=headers, body=response.read())

    def children(self) -> list[int]:
        """Return the processes it has started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, float]:
        """End it; returns its exit status, what else it wrote to stdout, and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, time.monotonic() - begun


def spawn(*arguments: str) -> subprocess.Popen[str]:
    """Start ``lienthong sandbox``."""
    return subprocess.Popen(
        [sys.executable, "-m", "lienthong", "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"LIENTHONG_LANG": "en"},
    )


@contextmanager
def sandbox(folder: Path, config: str | None = None, *arguments: str) -> Iterator[Sandbox]:
    """Run a sandbox with that configuration (TOML) until the context ends."""
    options = ["--port", "0", *arguments]
    if config is not None:
        file = folder / "sandbox.toml"
        file.write_text(config)
        options += ["--config", str(file)]
    process = spawn(*options)
    try:
        yield Sandbox(process=process, port=_port(process))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE)


def refused(folder: Path, config: str, *arguments: str) -> str:
    """Start a sandbox that must not come up; returns its complaint."""
    file = folder / "sandbox.toml"
    file.write_text(config)
    process = spawn("--port", "0", "--config", str(file), *arguments)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, ""), err
    assert err.count("\n") == 1, err
    return err


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    found = _READY.match(line)
    if found is None:
        process.kill()
        _, err = process.communicate()
        raise AssertionError(f"{line!r} instead of READY: {err}")
    return int(found[1])
