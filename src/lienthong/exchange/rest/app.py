"""The web application of a gateway."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lienthong.exchange.gateway import Gateway
from lienthong.exchange.rest.members import list_clients
from lienthong.exchange.rest.r1 import PREFIX, R1
from lienthong.kernel.clock import iso


def build(gateway: Gateway, r1: R1) -> ASGIApp:
    """Return the ASGI application: calls go straight to ``r1``, everything else through routes."""

    async def clients(request: Request) -> Response:
        return list_clients(
            gateway.node.snapshot,
            instance=request.query_params.get("xRoadInstance", r1.instance),
            accept=",".join(request.headers.getlist("accept")),
        )

    async def status(_: Request) -> Response:
        return JSONResponse(status_of(gateway))

    other = Starlette(routes=[Route("/listClients", clients), Route("/v1/status", status)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Calls are many and need no routing: the prefix decides.
        if scope["type"] == "http" and (scope.get("raw_path") or b"").startswith(PREFIX):
            await r1(scope, receive, send)
        else:
            await other(scope, receive, send)

    return app


def status_of(gateway: Gateway) -> dict[str, object]:
    """Return how a gateway is doing, for people and probes; nothing in it is confidential."""
    node = gateway.node
    return {
        "site": node.site,
        "organs": len(node.snapshot.organs_at(node.site)),
        "carrier_connected": node.carrier.connected,
        "directory": {
            "version": node.snapshot.version,
            "standing": node.directory.standing(),
            "expires": iso(node.snapshot.expires),
        },
        "journal": {"entries": node.journal.size, "root": node.journal.root().hex()},
        "messages_waiting_for_receipt": gateway.store.waiting(),
    }
