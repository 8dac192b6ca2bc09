"""The two gateways of a world with their web faces on real sockets, and clients that ask them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lienthong.exchange import policy
from lienthong.exchange.rest.app import build
from lienthong.exchange.rest.r1 import R1
from lienthong.exchange.rest.server import WebServer
from lienthong.exchange.rest.v1.endpoint import Face
from lienthong.kernel.identifiers import ClientId, OrganId, SubsystemId
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, World

REG = SubsystemId("VN", "PARTY", "U1", "reg")
NOWHERE = OrganId("VN", "PARTY", "X9")


@dataclass(slots=True, kw_only=True)
class Faces:
    """Where the gateways' web faces are."""

    world: World
    urls: dict[str, str] = field(default_factory=dict)
    faces: dict[str, Face] = field(default_factory=dict)
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def client(self, caller: ClientId | str | None = CENTRE, *, site: str | None = None) -> httpx2.AsyncClient:
        """A client that speaks for an information system at a site; the province's for the commune's."""
        at = site or ("p1" if isinstance(caller, OrganId | SubsystemId) and caller.organ == COMMUNE else "tw")
        headers = {} if caller is None else {"X-Road-Client": str(caller)}
        made = httpx2.AsyncClient(base_url=self.urls[at], headers=headers, timeout=30, trust_env=False)
        self.clients.append(made)
        return made

    async def message(self, **fields: object) -> str:
        """Send a message from the centre to the commune; returns its id once it has arrived."""
        body = {"receivers": [str(COMMUNE)], "subject": "Subject", "contents": [{"data": "dGV4dA=="}]} | fields
        known = len(self.world.arrivals)
        answer = await self.client().post("/v1/messages", json=body)
        assert answer.status_code == 201, answer.text
        await eventually(lambda: len(self.world.arrivals) > known)
        return str(answer.json()["id"])


@asynccontextmanager
async def faces(world: World, *, connection: policy.Connection | None = None) -> AsyncGenerator[Faces]:
    """Serve the web faces of all gateways that run."""
    allowed = connection or policy.Connection()
    made = Faces(world=world)
    async with AsyncExitStack() as stack:
        for site, gateway in world.running.items():
            face = made.faces[site] = Face(gateway=gateway, connection_of=lambda _: allowed, published=world.published)
            r1 = R1(
                caller=gateway.caller,
                instance="VN",
                directory=gateway.node.directory,
                limiter=gateway.limiting.subsystems,
            )
            app = build(gateway, r1, face=face)
            server = WebServer(app, host="127.0.0.1", port=0, resolve=lambda _: allowed, on_stop=gateway.bell.close)
            made.urls[site] = (await stack.enter_async_context(server)).url
        try:
            yield made
        finally:
            for client in made.clients:
                await client.aclose()


def problem(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and place of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"] == f"urn:lienthong:problem:{told['code']}"
    assert told["title"]
    assert told["hint"]
    return answer.status_code, told["code"], told["detail"]
