"""A web server in this process, an application that shows what it got, and clients that send bytes."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.server import WebServer

PATIENCE = 20.0
HEAD = b"Host: x\r\n"


@dataclass(slots=True)
class Shown:
    """Answers with what came; remembers it."""

    requests: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    # Requests are answered only while this is set.
    open: asyncio.Event = field(default_factory=asyncio.Event)
    # Bytes that have reached the application.
    taken: int = 0
    # Set once a client has gone before its request was whole.
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                self.left.set()
                return
            body += event["body"]
            self.taken += len(event["body"])
            if not event["more_body"]:
                break
        await self.open.wait()
        self.requests.append((scope["method"], scope["raw_path"], body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["raw_path"] + b" " + body})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, type and message of an error of the exchange."""
        said = json.loads(self.body)
        assert self.headers["x-road-error"] == said["type"]
        assert said["detail"]
        return self.status, said["type"], said["message"]


def answers(data: bytes) -> list[Told]:
    """Take several answers apart, each with its length."""
    told = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("content-length", "0"))
        told.append(Told(status=int(first.split(" ")[1]), headers=headers, body=data[:length]))
        data = data[length:]
    return told


async def say(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send pieces and read until the server ends the connection, as soon as anything comes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sending = asyncio.create_task(_send(writer, pieces, pause))
        data = b""
        try:
            while piece := await reader.read(1 << 16):
                data += piece
        except ConnectionError:
            # Whoever is refused while it still sends may be cut off after it has read why.
            if not data:
                raise
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.close()
        return data


async def _send(writer: asyncio.StreamWriter, pieces: tuple[bytes, ...], pause: float) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


async def ask(port: int, *pieces: bytes, pause: float = 0.0) -> Told:
    """Send pieces and read the one answer before the connection's end."""
    (told,) = answers(await say(port, *pieces, pause=pause))
    return told


def port_of(server: WebServer) -> int:
    """The port it listens on."""
    return int(server.url.rpartition(":")[2])


@asynccontextmanager
async def serving(app: Shown, **bounds: float) -> AsyncGenerator[int]:
    """Serve an application within these bounds; yields the port."""
    async with WebServer(app, host="127.0.0.1", port=0, bounds=Bounds(**bounds)) as server:  # type: ignore[arg-type]  # numbers of either kind
        yield port_of(server)
