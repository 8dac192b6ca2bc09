"""The endpoints put together: routes, and the description of them all."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from lienthong.exchange.limits import OTHERS
from lienthong.exchange.rest.v1 import (
    afterwards,
    events,
    evidence,
    mailbox,
    messages,
    standings,
    status,
    topic_stream,
    topics,
    uploads,
)
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Face, Nothing
from lienthong.exchange.rest.v1.errors import AddressUnknown, MethodNotAllowed
from lienthong.exchange.rest.v1.openapi import describe
from lienthong.exchange.rest.v1.problems import respond
from lienthong.exchange.rest.v1.reading import JSON, body_of, params_of
from lienthong.exchange.rest.v1.who import identify
from lienthong.kernel.errors import LienthongError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    """What answers at one path, method by method."""

    face: Face
    endpoints: Mapping[str, AnyEndpoint]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes a problem."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except LienthongError as error:
            response = respond(request, error)
        except Exception:  # noqa: BLE001 - a defect is answered as one, in the one form that clients read
            _log.exception("%s %s: a defect", request.method, request.url.path)
            response = respond(request, LienthongError())
        if response.status_code == _NOT_ALLOWED:
            response.headers["allow"] = ", ".join(sorted(self.endpoints))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        endpoint = self.endpoints.get(request.method)
        if endpoint is None:
            raise (
                AddressUnknown(request.url.path[:200]) if not self.endpoints else MethodNotAllowed(request.method[:20])
            )
        identified = None if endpoint.public else identify(self.face, request)
        peer = OTHERS if identified is None else str(identified.client)
        # On the account of calls, too: together they are what a system asks of its gateway.
        with self.face.gateway.limiting.subsystems.enter(peer) as ticket:
            answer = await endpoint.handler(
                Asked(
                    face=self.face,
                    params=params_of(endpoint, endpoint.params, request),
                    body=await body_of(endpoint, endpoint.body, request, taken=ticket.add),
                    request=request,
                    identified=identified,
                )
            )
        if isinstance(answer, Response):
            return answer
        return Response(msgspec.json.encode(answer), endpoint.status, media_type=JSON)


_NOT_ALLOWED: Final = 405


async def _description(_: Asked[Nothing, Nothing]) -> Response:
    return Response(document(), media_type=JSON)


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    *messages.ENDPOINTS,
    *standings.ENDPOINTS,
    *afterwards.ENDPOINTS,
    *uploads.ENDPOINTS,
    *mailbox.ENDPOINTS,
    *events.ENDPOINTS,
    *topics.ENDPOINTS,
    *topic_stream.ENDPOINTS,
    *evidence.ENDPOINTS,
    *status.ENDPOINTS,
    Endpoint(
        method="GET",
        path="/v1/openapi.json",
        handler=_description,
        summary="Describe this interface (OpenAPI 3.1).",
        params=Nothing,
        body=Nothing,
        media_type=JSON,
        public=True,
    ),
)
"""Everything there is under ``/v1``."""


@cache
def document() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.format(msgspec.json.encode(describe(ENDPOINTS)), indent=2) + b"\n"


def routes(face: Face) -> list[Route]:
    """Return the routes of the face; whatever else begins with ``/v1/`` is told to be unknown."""
    by_path: dict[str, dict[str, AnyEndpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    known = [Route(path, _Address(face=face, endpoints=endpoints)) for path, endpoints in by_path.items()]
    return [*known, Route("/v1/{rest:path}", _Address(face=face, endpoints={}))]
