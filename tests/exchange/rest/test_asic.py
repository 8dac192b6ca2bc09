"""``/asic``: who gets which records, and what everybody else is told."""

import io
import json
import uuid
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from lienthong.exchange.asic.container import MEDIA_TYPE
from lienthong.exchange.asic.containers import Containers
from lienthong.exchange.policy import Connection
from lienthong.exchange.rest.asic import Asic
from lienthong.exchange.rest.faults import Codes
from tests.support.containers import Container, asking, containers_of, keeping, signer_in
from tests.support.gateways import HSO, LOW, SPY, World

OURS = "queryId=q1&xRoadInstance=VN&memberClass=PARTY&memberCode=A01&subsystemCode=hso"
THEIRS = "queryId=q1&xRoadInstance=VN&memberClass=PARTY&memberCode=U1&subsystemCode=reg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, type and message of an X-Road error."""
        told = json.loads(self.body)
        assert set(told) == {"type", "message", "detail"}
        assert told["type"] == self.headers["x-road-error"]
        return self.status, told["type"], told["message"]


@dataclass(slots=True, kw_only=True)
class Face:
    """The address as a web server asks it."""

    world: World
    containers: Containers
    connection: Connection = field(default_factory=Connection)

    async def get(self, query: str, *, accept: str = "*/*", method: str = "GET") -> Reply:
        asic = Asic(containers=self.containers, codes=Codes.CLASSIC, connection_of=lambda _: self.connection)

        async def answer(request: Request) -> Response:
            return await asic.answer(request)

        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": "/asic",
            "query_string": query.encode(),
            "headers": [(b"accept", accept.encode())],
        }
        await Starlette(routes=[Route("/asic", answer)])(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(status=sent[0]["status"], headers=headers, body=b"".join(each.get("body", b"") for each in sent))


@pytest.fixture
async def face(tmp_path: Path) -> AsyncGenerator[Face]:
    """The caller's gateway after one call."""
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        yield Face(world=world, containers=containers_of(world, "tw", signer_in(tmp_path, world)))


async def test_one_exchange_comes_as_a_container(face: Face) -> None:
    reply = await face.get(OURS)
    assert (reply.status, reply.headers["content-type"]) == (200, MEDIA_TYPE)
    exchange = face.world.entries("tw")[0].id
    assert reply.headers["content-disposition"] == f'attachment; filename="{exchange}-out.asice"'
    assert reply.headers["cache-control"] == "no-store"
    container = Container(data=reply.body)
    assert (container["request/body"], container["response/body"]) == (b"asked", b"hi")


@pytest.mark.parametrize("only", ["requestOnly", "requestOnly=true", "requestOnly&unique"])
@pytest.mark.line("Metaservices: asic")
async def test_one_message_of_it(face: Face, only: str) -> None:
    names = Container(data=(await face.get(f"{OURS}&{only}")).body).members
    assert "request/body" in names
    assert not any(name.startswith("response/") for name in names)
    names = Container(data=(await face.get(f"{OURS}&{only.replace('request', 'response')}")).body).members
    assert "response/body" in names
    assert not any(name.startswith("request/") for name in names)


@pytest.mark.line("Metaservices: asic")
async def test_several_exchanges_come_as_a_zip_of_containers(face: Face) -> None:
    await face.world.running["tw"].caller.call(asking(body=b"again"))
    reply = await face.get(OURS)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        names = archive.namelist()
        bodies = [Container(data=archive.read(name))["request/body"] for name in names]
    assert names == [f"0{n}-{entry.id}-out.asice" for n, entry in enumerate(face.world.entries("tw"), start=1)]
    assert bodies == [b"asked", b"again"]


@pytest.mark.line("Metaservices: asic")
async def test_several_are_refused_where_one_is_wanted(face: Face) -> None:
    await face.world.running["tw"].caller.call(asking())
    status, type_, message = (await face.get(f"{OURS}&unique")).error
    assert (status, type_) == (400, "Client.BadRequest")
    assert message.startswith("Several exchanges have this queryId: 2 of them")


@pytest.mark.parametrize(("known", "other"), [("q1", "q2"), ("hso", "low"), ("&subsystemCode=hso", "")])
async def test_what_is_not_there_is_not_found(face: Face, known: str, other: str) -> None:
    status, type_, message = (await face.get(OURS.replace(known, other))).error
    assert (status, type_) == (404, "Client.NotFound")
    assert message.startswith("No signed documents found")


async def test_an_error_comes_in_xml_where_it_is_asked_for(face: Face) -> None:
    reply = await face.get(OURS.replace("q1", "q2"), accept="text/xml")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/xml;charset=utf-8")
    assert reply.body.startswith(b"<error><type>Client.NotFound</type>")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "xRoadInstance is missing"),
        (OURS.replace("queryId", "id"), "queryId is missing"),
        (OURS.replace("q1", ""), "queryId is missing"),
        (OURS.replace("memberCode", "code"), "memberCode is missing"),
        (OURS.replace("q1", "q" * 1025), "queryId is too long"),
        (OURS.replace("hso", ".."), "'..'"),
        (OURS.replace("A01", "%00"), "x00"),
        (f"{OURS}&requestOnly&responseOnly", "exclude each other"),
    ],
)
async def test_a_bad_question_is_refused(face: Face, query: str, says: str) -> None:
    status, type_, message = (await face.get(query)).error
    assert (status, type_) == (400, "Client.BadRequest")
    assert says in message


@pytest.mark.parametrize("query", [OURS, OURS.replace("q1", "q2")])
async def test_a_connection_gets_what_its_own_systems_exchanged(face: Face, query: str) -> None:
    face.connection = Connection(clients=frozenset({str(LOW)}))
    # Whether there is something or not: it is told the same.
    status, type_, message = (await face.get(query)).error
    assert (status, type_) == (401, "Server.ClientProxy.AccessDenied")
    assert message.startswith(f"The connection does not belong to the sender: {HSO}")
    face.connection = Connection(clients=frozenset({str(LOW), str(HSO)}))
    assert (await face.get(OURS)).status == 200


@pytest.mark.parametrize("query", [THEIRS, OURS.replace("A01", "X9")])
async def test_others_organs_are_asked_elsewhere(face: Face, query: str) -> None:
    status, type_, _ = (await face.get(query)).error
    assert (status, type_) == (401, "Server.ClientProxy.UnknownMember")


async def test_the_provider_gets_its_own_copy(face: Face) -> None:
    signer = face.containers.signer
    theirs = Face(world=face.world, containers=containers_of(face.world, "p1", signer))
    reply = await theirs.get(THEIRS)
    assert reply.headers["content-disposition"].endswith('-in.asice"')
    assert Container(data=reply.body)["request/body"] == b"asked"
    assert (await theirs.get(OURS)).status == 401


async def test_two_callers_of_one_provider_are_kept_apart(face: Face) -> None:
    """A peer may choose the X-Road-Id of somebody else; the provider has both, each caller its own."""
    public = replace(asking(client=LOW, body=b"low"), method="GET", path="/public/x")
    await face.world.running["tw"].caller.call(public)
    ours = Container(data=(await face.get(OURS)).body)
    lows = Container(data=(await face.get(OURS.replace("hso", "low"))).body)
    assert (ours["request/body"], lows["request/body"]) == (b"asked", b"low")


async def test_an_exchange_with_the_id_of_another_is_kept_apart_from_it(face: Face) -> None:
    """A hostile caller may use the exchange's own id again, under its own name."""
    await face.world.start("p2")
    id_ = uuid.UUID(face.world.entries("tw")[0].id)
    spying = replace(asking(client=SPY, body=b"spy"), id=id_, path="/spied/x", purpose="audit")
    await face.world.running["p2"].caller.call(spying)
    theirs = Face(world=face.world, containers=containers_of(face.world, "p1", face.containers.signer))
    with zipfile.ZipFile(io.BytesIO((await theirs.get(THEIRS)).body)) as archive:
        assert archive.namelist() == [f"01-{id_}-in.asice", f"02-{id_}-in.asice"]
        found = [Container(data=archive.read(name)) for name in archive.namelist()]
    assert [each["request/body"] for each in found] == [b"asked", b"spy"]
    for each, other in ((found[0], SPY), (found[1], HSO)):
        assert not any(str(other).encode() in data for name, data in each.members.items() if "directory" not in name)


async def test_contents_that_are_not_the_sealed_ones_are_not_signed(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = face.containers.archive
    assert archive is not None
    await archive.settled()
    (kept,) = archive.find(HSO, "q1", face.containers.node.unwrap)
    for altered in (
        replace(kept, request=replace(kept.request, body=b"other")),
        replace(kept, response=replace(kept.response, head=b"other")),
    ):
        monkeypatch.setattr(archive, "find", lambda *_, altered=altered: [altered])
        status, type_, message = (await face.get(OURS)).error
        assert (status, type_) == (500, "Server.ClientProxy.InternalError")
        assert message.startswith("What was kept is not what was sealed")


async def test_what_the_journal_does_not_know_did_not_happen(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = face.containers.archive
    assert archive is not None
    await archive.settled()
    (kept,) = archive.find(HSO, "q1", face.containers.node.unwrap)
    for altered in (
        replace(kept, place=replace(kept.place, peer=str(SPY))),
        replace(kept, place=replace(kept.place, exchange=uuid.uuid4())),
    ):
        monkeypatch.setattr(archive, "find", lambda *_, altered=altered: [altered])
        assert (await face.get(OURS)).error[0] == 404


async def test_without_a_certificate_nothing_is_handed_out(face: Face) -> None:
    face.containers = containers_of(face.world, "tw", None)
    status, _, message = (await face.get(OURS)).error
    assert status == 500
    assert message.startswith("The key that signs containers cannot be used: none is set. Name `certificate`")


async def test_without_checkpoints_nothing_is_handed_out(face: Face) -> None:
    face.world.running["tw"].signer = None
    status, _, message = (await face.get(OURS)).error
    assert status == 500
    assert "No checkpoint covers it yet" in message


async def test_only_getting_is_possible(face: Face) -> None:
    assert (await face.get(OURS, method="POST")).status == 405


async def test_where_nothing_is_kept_nothing_is_found(tmp_path: Path, country: World) -> None:
    face = Face(world=country, containers=containers_of(country, "tw", signer_in(tmp_path, country)))
    await country.running["tw"].caller.call(asking())
    assert (await face.get(OURS)).error[:2] == (404, "Client.NotFound")
