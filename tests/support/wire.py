"""An HTTP client that hides nothing: sends the bytes it is given and shows those that come back."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tests.support.sandbox import CONSUMER, PROVIDER

PATIENCE = 60.0
_FINAL = 200
_CHUNKED = re.compile(r"(?:^|,)\s*chunked\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, and the interim ones before it."""

    start: bytes
    # Names and values in their order and case; one character for a byte.
    headers: list[tuple[str, str]]
    body: bytes
    interim: tuple[bytes, ...] = ()

    @property
    def status(self) -> int:
        """The number."""
        return int(self.start.split(b" ")[1])

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def header(self, name: str) -> str:
        """Return the value of a header that is there exactly once."""
        (value,) = self.all(name)
        return value

    @property
    def names(self) -> set[str]:
        """Names of all headers, in lower case."""
        return {name.lower() for name, _ in self.headers}

    @property
    def error(self) -> str | None:
        """The type of an error the exchange itself has made, if it is one."""
        return self.header("x-road-error") if self.all("x-road-error") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One connection."""

    connection: socket.socket
    stream: IO[bytes]

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """Read the answer to a request of this method."""
        interim = []
        while (read := self._one(method)).status < _FINAL:
            interim.append(read.start)
        return Answer(start=read.start, headers=read.headers, body=read.body, interim=tuple(interim))

    def line(self) -> bytes:
        """Read the next line, whatever it is; empty at the end of the connection."""
        return self.stream.readline()

    def rest(self) -> bytes:
        """Read until the other side closes."""
        return self.stream.read()

    def _one(self, method: str) -> Answer:
        start = self.stream.readline().removesuffix(b"\r\n")
        assert re.fullmatch(rb"HTTP/1\.[01] \d{3} [^\r\n]*", start), start
        headers = []
        while (line := self.stream.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), line
            name, colon, value = line[:-2].decode("latin-1").partition(":")
            assert colon, line
            headers.append((name, value.strip(" \t")))
        read = Answer(start=start, headers=headers, body=b"")
        bodiless = method == "HEAD" or read.status < _FINAL or read.status in {204, 304}
        return read if bodiless else Answer(start=start, headers=headers, body=self._body(read))

    def _body(self, read: Answer) -> bytes:
        if any(map(_CHUNKED.search, read.all("transfer-encoding"))):
            pieces = []
            while size := int(self.stream.readline().partition(b";")[0], 16):
                pieces.append(self.stream.read(size))
                assert self.stream.readline() == b"\r\n"
            assert self.stream.readline() == b"\r\n"
            return b"".join(pieces)
        if read.all("content-length"):
            size = int(read.header("content-length"))
            body = self.stream.read(size)
            assert len(body) == size
            return body
        return self.stream.read()


@contextmanager
def wire(port: int, *, timeout: float = PATIENCE) -> Iterator[Wire]:
    """Connect to a port of this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Wire(connection=connection, stream=stream)


def request(
    target: str, *headers: str, method: str = "GET", body: bytes | None = None, client: str | None = CONSUMER
) -> bytes:
    """Write a call; a target without leading slash is a service of PROVIDER. One byte for a character."""
    path = target if target.startswith("/") else f"/r1/{PROVIDER}/{target}"
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", *headers]
    if client is not None:
        lines.append(f"X-Road-Client: {client}")
    if body is not None and not any(line.lower().startswith("transfer-encoding") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The REST interface of a gateway."""

    port: int

    def call(
        self, target: str, *headers: str, method: str = "GET", body: bytes | None = None, client: str | None = CONSUMER
    ) -> Answer:
        """Make one call on a connection of its own; see ``request``."""
        return self.send(request(target, *headers, method=method, body=body, client=client), method)

    def send(self, data: bytes, method: str = "GET") -> Answer:
        """Send bytes on a connection of their own and read one answer."""
        with wire(self.port) as connection:
            connection.send(data)
            return connection.answer(method)
