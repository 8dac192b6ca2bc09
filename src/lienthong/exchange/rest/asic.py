"""``/asic``: the signed records of an exchange, for the information system that took part in it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from lienthong.exchange.asic.container import MEDIA_TYPE, zip_of
from lienthong.exchange.asic.containers import Container, Containers
from lienthong.exchange.asic.errors import RecordsUnknown
from lienthong.exchange.asic.payload import Parts
from lienthong.exchange.errors import CallerUnknown, ConnectionMismatch, RequestInvalid
from lienthong.exchange.policy import Connection
from lienthong.exchange.rest.faults import Codes, fault
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ClientId, OrganId, SubsystemId, checked

_ZIP: Final = "application/zip"
_MAX_QUERY_ID: Final = 1024
# Where X-Road's servers answer otherwise than by the type of the error.
_STATUS: Final[dict[type[LienthongError], int]] = {RecordsUnknown: 404, ConnectionMismatch: 401, CallerUnknown: 401}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asic:
    """Answers ``GET /asic``."""

    containers: Containers
    codes: Codes
    # Whom a request's connection may speak for.
    connection_of: Callable[[Request], Connection]

    async def answer(self, request: Request) -> Response:
        """Answer one request; whatever goes wrong becomes an X-Road error."""
        try:
            return await self._answer(request)
        except LienthongError as error:
            accept = ",".join(request.headers.getlist("accept"))
            made = fault(error, accept=accept, codes=self.codes)
            _log.info("%s %s", made.detail, error)
            return Response(
                made.body,
                status_code=_STATUS.get(type(error), made.status),
                headers={"content-type": made.content_type, "x-road-error": made.type},
            )

    async def _answer(self, request: Request) -> Response:
        asked = request.query_params
        client = _client(asked)
        self._allow(client, self.connection_of(request))
        query = _wanted(asked, "queryId")
        if len(query) > _MAX_QUERY_ID:
            raise RequestInvalid("queryId is too long")
        found = await self.containers.of(client, query, parts=_parts(asked), unique="unique" in asked)
        if len(found) == 1:
            return _file(found[0], MEDIA_TYPE)
        # Numbered: two callers may have used one id for theirs.
        files = {f"{number:02}-{each.name}": each.data for number, each in enumerate(found, start=1)}
        packed = zip_of(files, at=self.containers.node.clock.now())
        return _file(Container(name="records.zip", data=packed), _ZIP)

    def _allow(self, client: ClientId, connection: Connection) -> None:
        # The same question as of a call: does the connection belong to whom it speaks for?
        if connection.clients is not None and str(client) not in connection.clients:
            raise ConnectionMismatch(str(client))
        self.containers.node.hosted(client.organ)


def _client(asked: Mapping[str, str]) -> ClientId:
    parts = [_wanted(asked, name) for name in ("xRoadInstance", "memberClass", "memberCode")]
    try:
        instance, member_class, member = map(checked, parts)
        if "subsystemCode" not in asked:
            return OrganId(instance, member_class, member)
        return SubsystemId(instance, member_class, member, checked(asked["subsystemCode"]))
    except IdentifierInvalid as error:
        raise RequestInvalid(error.where) from error


def _wanted(asked: Mapping[str, str], name: str) -> str:
    value = asked.get(name)
    if not value:
        raise RequestInvalid(f"the parameter {name} is missing")
    return value


def _parts(asked: Mapping[str, str]) -> Parts:
    match "requestOnly" in asked, "responseOnly" in asked:
        case True, True:
            raise RequestInvalid("requestOnly and responseOnly exclude each other")
        case True, False:
            return Parts.REQUEST
        case False, True:
            return Parts.RESPONSE
        case _:
            return Parts.BOTH


def _file(file: Container, media_type: str) -> Response:
    return Response(
        file.data,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"},
    )
