"""A wire that is tapped: what passes between a client and a server is handed on, and remembered."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Tap:
    """A port that leads to another one."""

    port: int
    # Everything that has passed, of all connections, in both directions.
    heard: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def tapped(port: int) -> AsyncGenerator[Tap]:
    """Listen in on a port of this machine; clients connect to the tap's."""
    tap = Tap(port=0)
    tasks: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                tap.heard += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            # Whoever goes away is gone for the other side, too.
            return
        finally:
            writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        for way in (pass_on(reader, far_writer), pass_on(far_reader, writer)):
            task = asyncio.create_task(way)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    tap.port = server.sockets[0].getsockname()[1]
    try:
        yield tap
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
