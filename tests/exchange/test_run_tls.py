"""A gateway whose information systems connect in their own ways, put together from its configuration."""

import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.http_client import Answer, HttpClient, Origin
from lienthong.exchange.run import Running, running
from lienthong.exchange.settings import ConfigInvalid, Subsystem, Tls, Way
from lienthong.kernel.identifiers import SubsystemId
from tests.support.certificates import Identity, identity
from tests.support.nationwide import HSO, UNITS, Nation, nation

DESK = SubsystemId("VN", "PARTY", "A01", "desk")


@pytest.fixture
async def country(tmp_path: Path) -> AsyncGenerator[Nation]:
    async with nation(tmp_path) as made:
        yield made


@asynccontextmanager
async def centre(country: Nation, server: Identity, *subsystems: Subsystem) -> AsyncGenerator[Running]:
    tls = Tls(certificate=server.certificate, key=server.key, listen=("127.0.0.1", 0))
    config = replace(country.world.config("tw", port=0), tls=tls, subsystems=subsystems)
    async with running(config, clock=country.clock) as gateway, country.gateway("p1"):
        yield gateway


async def ask(url: str | None, server: Identity, own: Identity | None = None, client: object = HSO) -> Answer:
    assert url is not None
    context = ssl.create_default_context(cafile=server.certificate)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    http = HttpClient(tls=context)
    try:
        headers = (("x-road-client", str(client)),)
        return await http.request(Origin.of(url), "GET", f"/r1/{UNITS}/open/a", headers, b"")
    finally:
        http.close()


async def test_each_system_speaks_over_its_own_connection_only(country: Nation, tmp_path: Path) -> None:
    server, hso, desk = (identity(tmp_path, name) for name in ("gateway", "hso", "desk"))
    systems = (
        Subsystem(id=HSO, certificates=(hso.certificate,)),
        Subsystem(id=DESK, certificates=(desk.certificate,)),
    )
    async with centre(country, server, *systems) as gateway:
        assert (await ask(gateway.secure_url, server, hso)).body == b"hi"
        for refused in (
            await ask(gateway.secure_url, server, desk),
            await ask(gateway.secure_url, server),
            await ask(gateway.url, server),
        ):
            assert refused.status == 500
            assert json.loads(refused.body)["type"] == "Server.ClientProxy.AccessDenied"
            assert "does not belong to the sender" in json.loads(refused.body)["message"]
        assert len(country.service.asked) == 1
        # However often strangers come, it is one entry a minute.
        node = gateway.gateway.node
        before = node.journal.size
        await gateway.gateway.limiting.record()
        (entry,) = node.journal.entries(before, 10)
        assert (entry.verdict, entry.peer, entry.detail[:8]) == ("connection_mismatch", "(others)", "3 calls,")


async def test_ways_that_ask_for_less_take_more(country: Nation, tmp_path: Path) -> None:
    server = identity(tmp_path, "gateway")
    async with centre(country, server, Subsystem(id=HSO, way=Way.HTTPS)) as gateway:
        assert (await ask(gateway.secure_url, server)).status == 200
        assert (await ask(gateway.url, server)).status == 500
    async with centre(country, server, Subsystem(id=HSO, way=Way.HTTP)) as gateway:
        assert (await ask(gateway.secure_url, server)).status == 200
        assert (await ask(gateway.url, server)).status == 200


async def test_without_its_certificates_it_does_not_start(country: Nation, tmp_path: Path) -> None:
    server = identity(tmp_path, "gateway")
    server.key.unlink()
    with pytest.raises(ConfigInvalid, match=r"gateway\.key"):
        async with centre(country, server, Subsystem(id=HSO, way=Way.HTTPS)):
            pass
