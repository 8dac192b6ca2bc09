"""Where descriptions come from, and ``getOpenAPI`` from end to end."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lienthong.directory.entries import ServiceEntry
from lienthong.exchange import descriptions as module
from lienthong.exchange.descriptions import Descriptions, source_of
from lienthong.exchange.errors import DescriptionUnreadable, ServiceUnknown
from lienthong.exchange.openapi import anonymised
from lienthong.exchange.rest.faults import type_of
from lienthong.kernel.identifiers import ServiceId
from tests.support.asgi import ask_web, r1
from tests.support.gateways import COMMUNE, LOW, World
from tests.support.whole import whole

PETS = ServiceId("VN", "PARTY", "U1", "reg", "pets")
GET = ServiceId("VN", "PARTY", "U1", "reg", "getOpenAPI")
TEXT = b"openapi: 3.0.0\nservers:\n- url: http://internal.example\n"
HIDDEN = b"openapi: 3.0.0\nservers:\n- url: /\n"


@dataclass(slots=True)
class Site:
    """A web server with one page."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = TEXT
    asked: list[str] = field(default_factory=list)


@contextmanager
def site() -> Iterator[Site]:
    """Run it."""
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            self.send_response(state.status)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        state.url = f"http://127.0.0.1:{listener.server_address[1]}"
        try:
            yield state
        finally:
            listener.shutdown()


async def read(source: str | Path) -> bytes:
    described = Descriptions(sources={PETS: source}, timeout=5)
    try:
        return await whole((await described.of(PETS)).body)
    finally:
        await described.close()


async def test_a_file_is_read_anew_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def counted(data: bytes) -> tuple[bytes, str]:
        made.append(data)
        return anonymised(data)

    monkeypatch.setattr(module, "anonymised", counted)
    path = tmp_path / "pets.yaml"
    path.write_bytes(TEXT)
    described = Descriptions(sources={PETS: path})
    answers = await asyncio.gather(*(described.of(PETS) for _ in range(20)))
    assert {answer.body for answer in answers} == {HIDDEN}
    # Twenty at once, read once.
    assert len(made) == 1
    path.write_bytes(TEXT + b"paths: {}\n")
    assert (await described.of(PETS)).body == HIDDEN + b"paths: {}\n"
    await described.close()


async def test_an_address_is_fetched_as_it_stands() -> None:
    with site() as server:
        assert await read(f"{server.url}/api/pets.yaml?v=1") == HIDDEN
        assert await read(server.url) == HIDDEN
        assert server.asked == ["/api/pets.yaml?v=1", "/"]


@pytest.mark.parametrize(
    "change",
    [
        lambda server: setattr(server, "status", 404),
        lambda server: setattr(server, "body", b"no description"),
        lambda server: setattr(server, "body", b" " * (5 * 1024 * 1024)),
        lambda server: setattr(server, "headers", {"Content-Length": "nonsense"}),
    ],
)
@pytest.mark.line("Errors: description not fetched")
async def test_what_cannot_be_fetched_is_said_in_x_roads_words(
    change: Callable[[Site], None], caplog: pytest.LogCaptureFixture
) -> None:
    with site() as server:
        change(server)
        with pytest.raises(DescriptionUnreadable) as caught:
            await read(server.url)
        assert str(caught.value).startswith(f"Failed reading service description from {PETS}. ")
        # Where it is inside the organ is in the log only.
        assert server.url not in str(caught.value)
        assert server.url in caplog.text


async def test_a_redirect_is_not_followed() -> None:
    with site() as server, site() as other:
        server.status, server.headers = 302, {"Location": f"{other.url}/pets.yaml"}
        with pytest.raises(DescriptionUnreadable):
            await read(server.url)
        assert other.asked == []


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        described = Descriptions(sources={PETS: f"http://127.0.0.1:{silent.getsockname()[1]}/"}, timeout=0.05)
        with pytest.raises(DescriptionUnreadable):
            await described.of(PETS)
        await described.close()


@pytest.mark.parametrize("name", ["none.yaml", ".", "x" * 300])
async def test_a_file_that_cannot_be_read_is_said_in_x_roads_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(DescriptionUnreadable, match="Failed reading service description from"):
        await read(tmp_path / name)
    with pytest.raises(DescriptionUnreadable):
        await read("http://127.0.0.1:1/")


async def test_a_service_without_one_has_none() -> None:
    described = Descriptions(sources={})
    with pytest.raises(ServiceUnknown, match="has no description"):
        await described.of(PETS)
    await described.close()


def test_a_setting_is_an_address_or_a_path_from_its_file(tmp_path: Path) -> None:
    assert source_of("pets.yaml", base=tmp_path) == tmp_path / "pets.yaml"
    assert source_of("/etc/pets.yaml", base=tmp_path) == Path("/etc/pets.yaml")
    assert source_of("http://127.0.0.1/pets", base=tmp_path) == "http://127.0.0.1/pets"
    for wrong in ("file:///etc/passwd", "ftp://x/y", "http://"):
        with pytest.raises(ValueError, match="no HTTP address"):
            source_of(wrong, base=tmp_path)


def test_its_type_is_that_of_a_providers_internal_error() -> None:
    assert type_of(DescriptionUnreadable("x")) == "Server.ClientProxy.InternalError"


@pytest.fixture
async def described(country: World, tmp_path: Path) -> World:
    """A world in which the registry has a described service that nobody may call."""
    (tmp_path / "pets.yaml").write_bytes(TEXT)
    services = country.source.branches["01"].organs[0].services
    country.change(COMMUNE, services=(*services, ServiceEntry(subsystem="reg", code="pets", type="OPENAPI")))
    country.descriptions[PETS] = tmp_path / "pets.yaml"
    await country.restart("p1")
    return country


async def ask(world: World, query: str) -> tuple[int, str, bytes]:
    reply = await ask_web(world.running["tw"], "GET", r1(GET, query), headers={"x-road-client": str(LOW)})
    return reply.status, reply.headers.get("x-road-error", reply.headers["content-type"]), reply.body


@pytest.mark.parametrize("query", ["?serviceCode=pets", "/?a=b&servicecode=pets", "?serviceCode=%70ets"])
async def test_it_is_a_sealed_call_that_needs_no_grant(described: World, query: str) -> None:
    assert await ask(described, query) == (200, "application/yaml;charset=utf-8", HIDDEN)
    assert described.evidence("tw") == [("out", "request", "ok")]
    assert described.evidence("p1") == [("in", "request", "ok"), ("out", "response", "ok")]


@pytest.mark.parametrize(
    ("query", "type_", "says"),
    [
        ("", "BadRequest", b"the parameter serviceCode is missing"),
        ("?serviceCode=", "BadRequest", b"the parameter serviceCode is missing"),
        ("?serviceCode=..", "BadRequest", b"'..'"),
        ("?serviceCode=%ff", "BadRequest", b"serviceCode"),
        ("?" + "a=b&" * 40 + "serviceCode=pets", "BadRequest", b"serviceCode"),
        ("?serviceCode=none", "UnknownService", b"There is no such service: VN/PARTY/U1/reg/none"),
        ("?serviceCode=units", "ServiceType", b'"message":"Invalid service type: REST"'),
        ("?serviceCode=old", "ServiceType", b'"message":"Invalid service type: REST"'),
    ],
)
async def test_other_services_have_none(described: World, query: str, type_: str, says: bytes) -> None:
    status, told, body = await ask(described, query)
    assert (status, told) == (500, f"Server.ServerProxy.{type_}")
    assert says in body


@pytest.mark.line("Errors: description not fetched")
async def test_a_description_that_is_gone_is_a_sealed_refusal(described: World, tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").unlink()
    status, told, body = await ask(described, "?serviceCode=pets")
    assert (status, told) == (500, "Server.ServerProxy.InternalError")
    assert b'"message":"Failed reading service description from VN/PARTY/U1/reg/pets. ' in body
    assert described.evidence("p1")[-1] == ("in", "failure", "description_unreadable")
