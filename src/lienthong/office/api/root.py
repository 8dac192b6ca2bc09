"""``/api/v1``: the endpoints of all applications under one roof."""

import json
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from lienthong.office.accounts.api import router as persons
from lienthong.office.api.api import router as tokens
from lienthong.office.api.description import components
from lienthong.office.api.problems import install
from lienthong.office.documents.api.router import router as documents
from lienthong.office.documents.packets.api import router as packets
from lienthong.office.organs.api import router as organs

_DESCRIPTION: Final = """The office's register of units, positions and persons, and its documents.

Every request carries a token (`Authorization: Bearer lt_…`), which acts for a person in one position, or for an
information system of an organ; it sees and may do what they do on the pages, and opens nothing that is top secret.
Errors are problem details (RFC 9457) in the language of `Accept-Language` (vi, en, de). Lists go on from `next`.
`RateLimit` tells what is left."""


_ROUTERS: Final = (
    ("tokens", tokens), ("organs", organs), ("persons", persons), ("documents", documents), ("packets", packets)
)  # fmt: skip


class Api(NinjaAPI):
    """The API, with a description that names how it fails."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description (OpenAPI 3.1)."""
        found = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        found["components"]["schemas"].update(components())
        for each in found["paths"].values():
            for operation in each.values():
                # The docstring of an endpoint is the line about it.
                operation["summary"] = operation.pop("description").rstrip(".")
        return found


def _made() -> Api:
    made = Api(
        title="Liên thông: office",
        version="1",
        description=_DESCRIPTION,
        # Served by a view of our own, which lets it be kept; the pages of ninja load scripts from elsewhere.
        openapi_url=None,
        docs_url=None,
        urls_namespace="api-v1",
        openapi_extra={"tags": [{"name": name} for name, _ in _ROUTERS]},
    )
    install(made)
    for tag, router in _ROUTERS:
        made.add_router("", router, tags=[tag])
    return made


api: Final = _made()


def document() -> bytes:
    """Return the published description."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1).encode() + b"\n"
