"""The web application of a gateway."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lienthong.exchange.asic.containers import Containers
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.rest.asic import Asic
from lienthong.exchange.rest.members import list_clients
from lienthong.exchange.rest.peers import connection_of
from lienthong.exchange.rest.r1 import PREFIX, R1
from lienthong.exchange.rest.v1.app import routes
from lienthong.exchange.rest.v1.endpoint import Face
from lienthong.exchange.rest.verificationconf import verification_conf


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is handed out to prove exchanges elsewhere."""

    containers: Containers
    # Root metadata of the directory that this gateway was given to trust.
    root: bytes


def build(gateway: Gateway, r1: R1, proof: Proof | None = None, face: Face | None = None) -> ASGIApp:
    """Return the ASGI application: calls go straight to ``r1``, everything else through routes.

    Args:
        gateway: what it is the face of.
        r1: answers calls.
        proof: what ``/asic`` and ``/verificationconf`` hand out; without it they are not there.
        face: what the endpoints under ``/v1`` share; made for the gateway unless given.
    """

    async def clients(request: Request) -> Response:
        return list_clients(
            gateway.node.snapshot,
            instance=request.query_params.get("xRoadInstance", r1.instance),
            accept=",".join(request.headers.getlist("accept")),
        )

    published = None if proof is None else proof.containers.published
    face = face or Face(gateway=gateway, connection_of=connection_of, published=published)
    found = [Route("/listClients", clients), *routes(face)]
    if proof is not None:
        found += _proving(proof, r1)
    other = Starlette(routes=found)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Calls are many and need no routing: the prefix decides.
        if scope["type"] == "http" and (scope.get("raw_path") or b"").startswith(PREFIX):
            await r1(scope, receive, send)
        else:
            await other(scope, receive, send)

    return app


def _proving(proof: Proof, r1: R1) -> list[Route]:
    asic = Asic(containers=proof.containers, codes=r1.codes, connection_of=lambda request: connection_of(request.scope))

    async def records(request: Request) -> Response:
        return await asic.answer(request)

    async def conf(_: Request) -> Response:
        return verification_conf(proof.containers, root=proof.root)

    return [Route("/asic", records), Route("/verificationconf", conf)]
