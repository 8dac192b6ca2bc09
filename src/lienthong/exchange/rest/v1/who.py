"""Who is calling: the header ``X-Road-Client``, and whether this connection and this gateway stand for it."""

from starlette.requests import Request

from lienthong.directory.snapshot import Standing
from lienthong.exchange.errors import CallerUnknown, ConnectionMismatch, DirectoryStale
from lienthong.exchange.rest.v1.endpoint import Caller, Face
from lienthong.exchange.rest.v1.errors import CallerMissing
from lienthong.kernel.identifiers import ClientId, SubsystemId, parse_client

HEADER = "x-road-client"


def identify(face: Face, request: Request) -> Caller:
    """Return who is calling; every doubt is a refusal, in the order of ``exchange.policy``.

    Raises:
        CallerMissing: no such header, or several.
        IdentifierInvalid: it names neither an organ nor an information system.
        DirectoryStale: nothing can be decided now.
        ConnectionMismatch: the connection belongs to another information system.
        CallerUnknown: not hosted here, not in the directory, or not active.
    """
    named = request.headers.getlist(HEADER)
    if len(named) != 1 or not named[0]:
        raise CallerMissing
    client = parse_client(named[0])
    node = face.gateway.node
    if node.directory.standing() is Standing.STALE:
        raise DirectoryStale(f"version {node.snapshot.version}")
    allowed = face.connection_of(request.scope).clients
    if allowed is not None and str(client) not in allowed:
        raise ConnectionMismatch(str(client))
    return _known(face, client)


def _known(face: Face, client: ClientId) -> Caller:
    node = face.gateway.node
    organ = node.hosted(client.organ)
    ceiling = organ.ceiling
    if not organ.active:
        raise CallerUnknown(str(client))
    if isinstance(client, SubsystemId):
        subsystem = node.snapshot.subsystem(client)
        if subsystem is None or not subsystem.active:
            raise CallerUnknown(str(client))
        ceiling = ceiling.meet(subsystem.ceiling)
    return Caller(client=client, organ=organ, ceiling=ceiling)
