"""An information system of a province: its register of units, by HTTP. It knows nothing of the exchange."""

import dataclasses

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lienthong.profiles.vn.units import unit

_NOT_FOUND = 404


async def _unit(request: Request) -> Response:
    found = unit(request.path_params["code"])
    if found is None:
        return JSONResponse({"error": "no such unit"}, status_code=_NOT_FOUND)
    return JSONResponse({name: str(value) for name, value in dataclasses.asdict(found).items() if value is not None})


async def _units(_: Request) -> Response:
    return JSONResponse({"error": "this list is not for other organs"})


APP = Starlette(routes=[Route("/units/{code}", _unit), Route("/units", _units)])
