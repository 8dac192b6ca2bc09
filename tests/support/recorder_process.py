"""A service as a process of its own: writes down what it receives, byte for byte, and answers what it is told.

It is told over stdin and reports over stdout, in MessagePack behind a length of four bytes. The first
frame it writes is its port.
"""

import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

import msgspec

_LENGTH = 4


class Plan(msgspec.Struct, kw_only=True):
    """What to do with every request from now on."""

    # Sent one after the other: bytes as they are, numbers are seconds to wait.
    pieces: list[bytes | float] = []
    # Instead: answer with the body that came.
    mirror: bool = False
    # Close the connection afterwards.
    close: bool = False


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it arrived."""

    # Start line and headers with the empty line behind them, exactly.
    head: bytes
    # The bytes behind it, as framed on the wire.
    framed: bytes
    # The same without the framing of chunks.
    body: bytes
    # Counts the connections.
    connection: int

    @property
    def start(self) -> bytes:
        """The first line."""
        return self.head.partition(b"\r\n")[0]

    @property
    def method(self) -> str:
        """As sent."""
        return self.start.split(b" ")[0].decode()

    @property
    def target(self) -> str:
        """As sent; one character for a byte."""
        return self.start.split(b" ")[1].decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values in their order and case; one character for a byte."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return [(name, value[1:]) for name, _, value in (line.partition(":") for line in lines)]

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def header(self, name: str) -> str:
        """Return the value of a header that is there exactly once."""
        (value,) = self.all(name)
        return value


@dataclass(slots=True)
class Service:
    """Listens, reads, writes down, answers."""

    plan: Plan = field(default_factory=Plan)
    received: list[Received] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the process ends."""
        number = 0
        while True:
            connection, _ = listener.accept()
            number += 1
            threading.Thread(target=self._converse, args=(connection, number), daemon=True).start()

    def _converse(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while (request := _read(stream, number)) is not None:
                plan = self.plan
                self.received.append(request)
                if plan.mirror:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body))
                    connection.sendall(request.body)
                for piece in plan.pieces:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    else:
                        time.sleep(piece)
                if plan.close:
                    return

    def obey(self, commands: IO[bytes], reports: IO[bytes]) -> None:
        """Do what stdin says until it ends: a plan, or nothing for a report of what has come since the last."""
        while length := commands.read(_LENGTH):
            command = msgspec.msgpack.decode(commands.read(int.from_bytes(length)), type=Plan | None)
            if command is None:
                taken, self.received = self.received, []
                write_frame(reports, taken)
            else:
                self.plan = command
                write_frame(reports, None)


def write_frame(stream: IO[bytes], value: object) -> None:
    """Write one frame."""
    data = msgspec.msgpack.encode(value)
    stream.write(len(data).to_bytes(_LENGTH) + data)
    stream.flush()


def read_frame[T](stream: IO[bytes], type_: type[T]) -> T:
    """Read one frame."""
    return msgspec.msgpack.decode(stream.read(int.from_bytes(stream.read(_LENGTH))), type=type_)


def _read(stream: IO[bytes], number: int) -> Received | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    request = Received(head=head, framed=b"", body=b"", connection=number)
    if request.all("transfer-encoding"):
        framed, body = _chunks(stream)
    else:
        framed = body = stream.read(int((request.all("content-length") or ["0"])[0]))
    return msgspec.structs.replace(request, framed=framed, body=body)


def _chunks(stream: IO[bytes]) -> tuple[bytes, bytes]:
    framed, body = [], []
    while True:
        line = stream.readline()
        size = int(line.partition(b";")[0], 16)
        data = stream.read(size + 2) if size else b""
        framed += [line, data]
        body.append(data[:-2])
        if size == 0:
            break
    while (line := stream.readline()) not in {b"\r\n", b""}:
        framed.append(line)
    return b"".join([*framed, line]), b"".join(body)


def main() -> None:
    """Serve until stdin ends."""
    service = Service()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        threading.Thread(target=service.serve, args=(listener,), daemon=True).start()
        write_frame(sys.stdout.buffer, listener.getsockname()[1])
        service.obey(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
