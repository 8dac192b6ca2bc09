"""The frame of the tests itself: nothing leaves this machine."""

import asyncio
import socket

import pytest


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")])
def test_a_connection_to_another_machine_is_refused(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as one, pytest.raises(RuntimeError, match=address):
        one.connect((address, 80))


async def test_looking_up_another_machine_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"example\.invalid"):
        await asyncio.get_running_loop().getaddrinfo("example.invalid", 80)


async def test_loopback_stays_open() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
