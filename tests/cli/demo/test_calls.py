"""Calls of the demo are those that anyone could make with curl."""

import asyncio
import shlex

import pytest

from lienthong.cli.demo.calls import call
from lienthong.kernel.identifiers import ServiceId, SubsystemId
from tests.support.sandbox import answer, backend

CLIENT = SubsystemId("VN", "PARTY", "A01", "office")
SERVICE = ServiceId("VN", "PARTY", "U01", "registry", "units")


async def test_call_and_its_answer() -> None:
    with backend() as gateway:
        gateway.answer = answer(body="Hà Nội".encode())
        called = await call(gateway.url, CLIENT, SERVICE, "/00004")
        assert (called.status, called.error, called.body) == (200, "", "Hà Nội")
        assert (gateway.last.method, gateway.last.target) == ("GET", f"/r1/{SERVICE}/00004")
        assert gateway.last.header("x-road-client") == str(CLIENT)


async def test_refusal_names_its_type() -> None:
    with backend() as gateway:
        gateway.answer = answer("500 Internal Server Error", "X-Road-Error: Server.ServerProxy.AccessDenied")
        called = await call(gateway.url, CLIENT, SERVICE, "")
    assert (called.status, called.error) == (500, "Server.ServerProxy.AccessDenied")


async def test_line_to_type_makes_the_same_call() -> None:
    with backend() as gateway:
        gateway.answer = answer(body=b"same")
        called = await call(gateway.url, CLIENT, SERVICE, "/00004")
        try:
            typed = await asyncio.create_subprocess_exec(*shlex.split(called.curl), stdout=asyncio.subprocess.PIPE)
        except FileNotFoundError:
            pytest.skip("curl is not installed")
        out, _ = await asyncio.wait_for(typed.communicate(), 20)
        assert (typed.returncode, out.decode()) == (0, called.body)
        first, second = gateway.seen
    assert (first.method, first.target, first.header("x-road-client")) == (
        second.method,
        second.target,
        second.header("x-road-client"),
    )
