"""Who may speak over which connection, over real TLS."""

import asyncio
import contextlib
import json
import os
import shutil
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from lienthong.exchange.rest import hall
from lienthong.exchange.rest.access import Access
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.peers import NOBODY, Peer, connection_of
from lienthong.exchange.rest.server import WebServer
from lienthong.exchange.settings import ConfigInvalid, Subsystem, Tls, Way
from lienthong.kernel.clock import DAY, ManualClock, SystemClock
from lienthong.kernel.identifiers import parse_client
from tests.support.certificates import Identity, identity
from tests.support.web import PATIENCE, answers

DESK, SHOP, OPEN, PLAIN = (f"VN/PARTY/A01/{name}" for name in ("desk", "shop", "open", "plain"))
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with whom the connection may speak for."""
    await receive()
    clients = connection_of(scope).clients
    said = json.dumps([scope["scheme"], None if clients is None else sorted(clients)]).encode()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
def server(tmp_path: Path) -> Identity:
    return identity(tmp_path, "gateway")


def systems(**certificates: Identity) -> list[Subsystem]:
    """The systems of a site: one of each way, and those with a certificate."""
    own = [
        Subsystem(id=parse_client(f"VN/PARTY/A01/{name}"), certificates=(each.certificate,))
        for name, each in certificates.items()
    ]
    return [
        *own,
        Subsystem(id=parse_client(OPEN), way=Way.HTTPS),
        Subsystem(id=parse_client(PLAIN), way=Way.HTTP),
    ]


def access_of(server: Identity, *subsystems: Subsystem) -> Access:
    return Access(subsystems, Tls(certificate=server.certificate, key=server.key), SystemClock())


@asynccontextmanager
async def listening(access: Access, *, tls: bool = True, bounds: Bounds | None = None) -> AsyncGenerator[int]:
    secure = access.context if tls else None
    async with WebServer(
        who, host="127.0.0.1", port=0, secure=secure, resolve=access.resolve, bounds=bounds
    ) as running:
        yield int(running.url.rpartition(":")[2])


def client(server: Identity, own: Identity | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=server.certificate)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


async def ask(port: int, tls: ssl.SSLContext | None, data: bytes = REQUEST) -> list[object]:
    """Ask who one is taken for."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        try:
            writer.write(data)
            await writer.drain()
            read = await reader.read()
        finally:
            writer.transport.abort()
        if not read:
            raise ConnectionResetError("ended without a word")
        return list(json.loads(answers(read)[0].body))


async def test_a_certificate_speaks_for_its_own_system_only(tmp_path: Path, server: Identity) -> None:
    desk, shop = identity(tmp_path, "desk"), identity(tmp_path, "shop")
    async with listening(access_of(server, *systems(desk=desk, shop=shop))) as port:
        assert await ask(port, client(server, desk)) == ["https", [DESK, OPEN, PLAIN]]
        assert await ask(port, client(server, shop)) == ["https", [OPEN, PLAIN, SHOP]]


async def test_without_a_certificate_only_those_speak_that_need_none(tmp_path: Path, server: Identity) -> None:
    access = access_of(server, *systems(desk=identity(tmp_path, "desk")))
    async with listening(access) as port, listening(access, tls=False) as plain:
        assert await ask(port, client(server)) == ["https", [OPEN, PLAIN]]
        assert await ask(plain, None) == ["http", [PLAIN]]


async def test_who_is_not_configured_speaks_for_nobody(tmp_path: Path, server: Identity) -> None:
    desk = identity(tmp_path, "desk")
    only = Subsystem(id=parse_client(DESK), certificates=(desk.certificate,))
    access = access_of(server, only)
    async with listening(access) as port, listening(access, tls=False) as plain:
        assert await ask(port, client(server)) == ["https", []]
        assert await ask(plain, None) == ["http", []]


async def test_without_a_list_anybody_speaks_in_plain_and_nobody_otherwise() -> None:
    access = Access(None, None, SystemClock())
    assert access.resolve(Peer()).clients is None
    assert access.resolve(Peer(secure=True)) is NOBODY
    with pytest.raises(ConfigInvalid):
        access.context()


def test_a_scope_of_another_server_speaks_for_nobody() -> None:
    assert connection_of({"type": "http"}) is NOBODY


@pytest.mark.parametrize("days", [(-9, -1), (1, 9)])
async def test_a_certificate_out_of_its_term_opens_nothing(
    tmp_path: Path, server: Identity, days: tuple[int, int]
) -> None:
    late = identity(tmp_path, "desk", begins=timedelta(days=days[0]), ends=timedelta(days=days[1]))
    async with listening(access_of(server, *systems(desk=late))) as port:
        with pytest.raises(OSError):  # noqa: PT011 - the text depends on who notices first
            await ask(port, client(server, late))


def test_a_certificate_that_ends_while_its_connection_lives_counts_no_more(tmp_path: Path, server: Identity) -> None:
    desk = identity(tmp_path, "desk")
    clock = ManualClock(SystemClock().now())
    tls = Tls(certificate=server.certificate, key=server.key)
    access = Access(systems(desk=desk), tls, clock)
    pin = access._table.pins[0][0]
    peer = Peer(secure=True, fingerprint=pin.fingerprint, not_before=clock.now(), not_after=clock.now() + DAY)
    assert access.resolve(peer).clients == frozenset({DESK, OPEN, PLAIN})
    clock.advance(DAY)
    assert access.resolve(peer).clients == frozenset({OPEN, PLAIN})


@pytest.mark.parametrize("forged", ["same name", "signed by the pinned one", "unknown"])
async def test_only_the_very_certificate_of_the_list_counts(tmp_path: Path, server: Identity, forged: str) -> None:
    # Careless, and common: what is listed is an authority's certificate.
    desk = identity(tmp_path, "desk", authority=True)
    (other := tmp_path / "other").mkdir()
    match forged:
        case "same name":
            shown = identity(other, "desk", authority=True)
        case "signed by the pinned one":
            shown = identity(other, "desk", by=desk)
        case _:
            shown = identity(other, "stranger")
    async with listening(access_of(server, *systems(desk=desk))) as port:
        try:
            said = await ask(port, client(server, shown))
        except OSError:
            return
        # A handshake may succeed; the name of the system is not to be had for it.
        assert said == ["https", [OPEN, PLAIN]]


async def test_old_versions_of_tls_are_refused(server: Identity) -> None:
    old = client(server)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with listening(access_of(server, *systems())) as port:
        with pytest.raises(OSError):  # noqa: PT011 - the text depends on who notices first
            await ask(port, old)
        # The same client with no bound of its own is let in: it was the version.
        assert await ask(port, client(server)) == ["https", [OPEN, PLAIN]]


async def test_certificates_are_renewed_without_a_restart(
    tmp_path: Path, server: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    desk = identity(tmp_path, "desk")
    access = access_of(server, *systems(desk=desk))
    async with listening(access) as port:
        old = client(server, desk)
        assert DESK in (await ask(port, old))[1]  # type: ignore[operator]  # a list of names
        (folder := tmp_path / "new").mkdir()
        new_server, new = identity(folder, "gateway"), identity(folder, "desk")
        for made, place in ((new_server, server), (new, desk)):
            shutil.copy(made.certificate, place.certificate)
            shutil.copy(made.key, place.key)
        access.renew()
        assert DESK in (await ask(port, client(new_server, new)))[1]  # type: ignore[operator]  # a list of names
        # The gateway is the new one, and who shows the old certificate is not let in.
        with pytest.raises(OSError):  # noqa: PT011 - the text depends on who notices first
            await ask(port, old)
    assert "read again" in caplog.text


async def test_what_cannot_be_read_changes_nothing(
    tmp_path: Path, server: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    desk = identity(tmp_path, "desk")
    access = access_of(server, *systems(desk=desk))
    async with listening(access) as port:
        tls = client(server, desk)
        for path, text in ((desk.certificate, "half a cert"), (server.key, ""), (server.certificate, None)):
            before = path.read_bytes()
            path.unlink() if text is None else path.write_text(text)
            access.renew()
            path.write_bytes(before)
            assert DESK in (await ask(port, tls))[1]  # type: ignore[operator]  # a list of names
    assert caplog.text.count("stay as they were") == 3


def test_a_removed_certificate_ends_what_its_open_connections_may(tmp_path: Path, server: Identity) -> None:
    desk, shop = identity(tmp_path, "desk"), identity(tmp_path, "shop")
    access = access_of(server, *systems(desk=desk))
    fingerprint = access._table.pins[0][0].fingerprint
    peer = Peer(secure=True, fingerprint=fingerprint, not_before=0, not_after=1 << 50)
    assert DESK in (access.resolve(peer).clients or ())
    shutil.copy(shop.certificate, desk.certificate)
    os.utime(desk.certificate, ns=(1, 1))
    access.renew()
    assert access.resolve(peer).clients == frozenset({OPEN, PLAIN})


@pytest.mark.parametrize("what", ["certificate", "key", "pair", "pin"])
def test_what_cannot_be_read_at_the_start_is_named(tmp_path: Path, server: Identity, what: str) -> None:
    desk = identity(tmp_path, "desk")
    match what:
        case "certificate":
            server.certificate.write_text("")
        case "key":
            server.key.unlink()
        case "pair":
            shutil.copy(desk.key, server.key)
        case _:
            desk.certificate.write_text("text")
    with pytest.raises(ConfigInvalid) as caught:
        access_of(server, *systems(desk=desk))
    assert (desk if what == "pin" else server).certificate.name in str(caught.value)


# -- hostile


async def test_a_handshake_that_does_not_come_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Identity
) -> None:
    monkeypatch.setattr(hall, "TICK", 0.02)
    bounds = Bounds(head_seconds=0.3, connections_per_address=3)
    async with listening(access_of(server, *systems()), bounds=bounds) as port, asyncio.timeout(PATIENCE):
        waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        await asyncio.sleep(0.1)
        # They count although they have not said a word.
        with pytest.raises(OSError):  # noqa: PT011 - the text depends on who notices first
            await ask(port, client(server))
        for reader, writer in waiting:
            assert await reader.read() == b""
            writer.close()
        assert await ask(port, client(server)) == ["https", [OPEN, PLAIN]]


@pytest.mark.parametrize("data", [REQUEST, b"\x16\x03\x01\x02\x00\x01", b"\x00" * 1000])
async def test_what_is_no_tls_is_ended(server: Identity, data: bytes) -> None:
    async with listening(access_of(server, *systems())) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        writer.write_eof()
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP" not in await reader.read()
        writer.close()
        assert (await ask(port, client(server)))[0] == "https"


async def test_a_request_right_behind_the_handshake_is_not_lost(server: Identity) -> None:
    async with listening(access_of(server, *systems())) as port:
        for _ in range(20):
            assert (await ask(port, client(server), REQUEST))[0] == "https"


def test_all_of_it_works_under_uvloop(tmp_path: Path, server: Identity) -> None:
    desk = identity(tmp_path, "desk")

    async def talk() -> None:
        async with listening(access_of(server, *systems(desk=desk))) as port:
            for _ in range(5):
                assert await ask(port, client(server, desk)) == ["https", [DESK, OPEN, PLAIN]]
            with pytest.raises(OSError):  # noqa: PT011 - the text depends on who notices first
                await ask(port, client(server, identity(tmp_path, "stranger")))

    uvloop.run(talk())
