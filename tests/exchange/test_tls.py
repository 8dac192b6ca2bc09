"""Towards services: which servers are believed, and what they learn of the gateway, over real TLS."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from lienthong.exchange.backend import HttpBackend
from lienthong.exchange.errors import BackendUnavailable
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.settings import ConfigInvalid, ServiceTrust, Tls
from lienthong.exchange.tls import ServiceContexts
from lienthong.kernel.identifiers import ServiceId
from tests.support.certificates import Identity, identity
from tests.support.whole import whole

SERVICE = ServiceId("VN", "STATE", "G22", "Provider", "echo")
EMPTY = HttpMessage(headers=(), body=b"")


@asynccontextmanager
async def service(own: Identity, clients: Identity | None = None) -> AsyncGenerator[str]:
    """A service behind HTTPS that answers with the name in the client's certificate; it insists on one of these."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.certificate)
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            subject = (writer.get_extra_info("peercert") or {}).get("subject", ())
            name = dict(pair for group in subject for pair in group).get("commonName", "nobody").encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)


def tls(own: Identity) -> Tls:
    return Tls(certificate=own.certificate, key=own.key)


async def asked(url: str, contexts: ServiceContexts) -> bytes:
    backend = HttpBackend(urls={SERVICE: url}, tls=contexts.of, timeout=5)
    try:
        status, message = await backend.call(SERVICE, "GET", "/", EMPTY)
        body = await whole(message.body)
    finally:
        await backend.close()
    assert status == 200
    return body


def trusting(own: Tls | None = None, **how: object) -> ServiceContexts:
    return ServiceContexts({SERVICE: ServiceTrust(**how)}, own)  # type: ignore[arg-type]  # as ServiceTrust has it


async def test_the_gateway_shows_its_certificate_to_a_service_that_asks(tmp_path: Path) -> None:
    server, gateway = identity(tmp_path, "server"), identity(tmp_path, "gateway")
    async with service(server, clients=gateway) as url:
        assert await asked(url, trusting(tls(gateway), pinned=(server.certificate,))) == b"gateway"
        with pytest.raises(BackendUnavailable):
            await asked(url, trusting(pinned=(server.certificate,)))
        with pytest.raises(BackendUnavailable):
            await asked(url, trusting(tls(identity(tmp_path, "other")), pinned=(server.certificate,)))


async def test_a_server_is_known_by_its_authority(tmp_path: Path) -> None:
    authority = identity(tmp_path, "authority", authority=True)
    server = identity(tmp_path, "server", by=authority)
    async with service(server) as url:
        assert await asked(url, trusting(ca=authority.certificate)) == b"nobody"
        # The name is asked for, too.
        with pytest.raises(BackendUnavailable):
            await asked(url.replace("127.0.0.1", "localhost"), trusting(ca=authority.certificate))


async def test_a_pinned_server_may_have_any_name(tmp_path: Path) -> None:
    server = identity(tmp_path, "server")
    async with service(server) as url:
        assert await asked(url.replace("127.0.0.1", "localhost"), trusting(pinned=(server.certificate,))) == b"nobody"


@pytest.mark.parametrize("how", ["pinned", "ca", "nothing"])
async def test_another_server_is_not_believed(tmp_path: Path, how: str) -> None:
    server, expected = identity(tmp_path, "server"), identity(tmp_path, "expected")
    ways = {
        "pinned": trusting(pinned=(expected.certificate,)),
        "ca": trusting(ca=expected.certificate),
        "nothing": trusting(),
    }
    async with service(server) as url:
        with pytest.raises(BackendUnavailable, match="SSLCertVerificationError"):
            await asked(url, ways[how])


async def test_a_service_of_which_nothing_is_said_is_known_by_the_system_s_authorities(tmp_path: Path) -> None:
    async with service(identity(tmp_path, "server")) as url:
        with pytest.raises(BackendUnavailable, match="SSLCertVerificationError"):
            await asked(url, ServiceContexts({}, None))


async def test_an_ended_certificate_is_not_believed(tmp_path: Path) -> None:
    server = identity(tmp_path, "server", begins=timedelta(days=-9), ends=timedelta(days=-1))
    async with service(server) as url:
        with pytest.raises(BackendUnavailable, match="SSLCertVerificationError"):
            await asked(url, trusting(pinned=(server.certificate,)))


async def test_certificates_are_renewed_without_a_restart(tmp_path: Path) -> None:
    server, expected = identity(tmp_path, "server"), identity(tmp_path, "expected")
    contexts = trusting(pinned=(expected.certificate,))
    async with service(server) as url:
        backend = HttpBackend(urls={SERVICE: url}, tls=contexts.of)
        with pytest.raises(BackendUnavailable):
            await backend.call(SERVICE, "GET", "/", EMPTY)
        shutil.copy(server.certificate, expected.certificate)
        contexts.renew()
        assert (await backend.call(SERVICE, "GET", "/", EMPTY))[0] == 200
        await backend.close()


def test_what_cannot_be_read_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = identity(tmp_path, "server")
    contexts = trusting(pinned=(server.certificate,))
    before = contexts.of(SERVICE)
    contexts.renew()
    assert contexts.of(SERVICE) is before
    server.certificate.write_text("half")
    contexts.renew()
    assert contexts.of(SERVICE) is before
    assert "stay as they were" in caplog.text


@pytest.mark.parametrize("how", ["ca", "pinned", "own"])
def test_what_cannot_be_read_at_the_start_is_named(tmp_path: Path, how: str) -> None:
    missing = tmp_path / "missing.pem"
    make: dict[str, Callable[[], object]] = {
        "ca": lambda: trusting(ca=missing),
        "pinned": lambda: trusting(pinned=(missing,)),
        "own": lambda: trusting(Tls(certificate=missing, key=missing)),
    }
    with pytest.raises(ConfigInvalid, match="missing"):
        make[how]()


def test_a_key_under_a_passphrase_is_refused_not_asked_for(tmp_path: Path) -> None:
    own = identity(tmp_path, "gateway", passphrase=b"secret")
    with pytest.raises(ConfigInvalid, match=r"gateway\.key"):
        trusting(tls(own))
