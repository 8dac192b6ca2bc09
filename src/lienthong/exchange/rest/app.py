"""The web application of a gateway."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lienthong.exchange.gateway import Gateway
from lienthong.exchange.rest.members import list_clients
from lienthong.exchange.rest.r1 import PREFIX, R1
from lienthong.exchange.rest.v1.app import routes
from lienthong.exchange.rest.v1.endpoint import Face


def build(gateway: Gateway, r1: R1, face: Face | None = None) -> ASGIApp:
    """Return the ASGI application: calls go straight to ``r1``, everything else through routes.

    Args:
        gateway: the gateway.
        r1: what answers calls.
        face: what the endpoints under ``/v1`` share; made for the gateway and the connection of ``r1`` unless given.
    """

    async def clients(request: Request) -> Response:
        return list_clients(
            gateway.node.snapshot,
            instance=request.query_params.get("xRoadInstance", r1.instance),
            accept=",".join(request.headers.getlist("accept")),
        )

    face = face or Face(gateway=gateway, connection_of=lambda _: r1.connection)
    other = Starlette(routes=[Route("/listClients", clients), *routes(face)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Calls are many and need no routing: the prefix decides.
        if scope["type"] == "http" and (scope.get("raw_path") or b"").startswith(PREFIX):
            await r1(scope, receive, send)
        else:
            await other(scope, receive, send)

    return app
