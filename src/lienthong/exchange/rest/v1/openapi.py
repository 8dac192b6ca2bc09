"""The description of the face (OpenAPI 3.1), made from the endpoints themselves."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from lienthong.exchange import errors as exchange
from lienthong.exchange.rest.v1 import errors
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Nothing
from lienthong.exchange.rest.v1.problems import MEDIA_TYPE, Problem, status_of
from lienthong.kernel.errors import IdentifierInvalid, LienthongError

OPENAPI: Final = "3.1.1"
VERSION: Final = "1.0.0"
"""Of the interface: the first number changes when a client that followed it would break."""
_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = (
    "The gateway's own interface to information systems. Times are RFC 3339 in UTC, binary values base64. "
    "Every error is a problem (RFC 9457) with a stable code, in the language of Accept-Language (en, vi, de)."
)
# What a header may hold (RFC 9110, section 5.5); a web server refuses the rest by itself.
_VISIBLE: Final = "^[!-~]([ -~]*[!-~])?$"
_SCHEME: Final = "client"
# What can go wrong wherever a caller is asked for.
_CALLERS: Final[tuple[type[LienthongError], ...]] = (
    errors.CallerMissing,
    IdentifierInvalid,
    exchange.CallerUnknown,
    exchange.ConnectionMismatch,
    exchange.DirectoryStale,
    exchange.LimitExceeded,
)


def describe(endpoints: Sequence[AnyEndpoint]) -> dict[str, Any]:
    """Return the OpenAPI document of these endpoints."""
    kinds = [kind for endpoint in endpoints for kind in _kinds(endpoint)]
    _, components = msgspec.json.schema_components([*dict.fromkeys(kinds), Problem], ref_template=_REF)
    params = {endpoint.params.__name__ for endpoint in endpoints}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, components)
    return {
        "openapi": OPENAPI,
        "info": {"title": "Liên thông", "version": VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {
            # Parameters stand where they are used.
            "schemas": {name: schema for name, schema in sorted(components.items()) if name not in params},
            "securitySchemes": {
                _SCHEME: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Road-Client",
                    "description": "Identifier of the information system; the connection must be its own.",
                }
            },
        },
        "security": [{_SCHEME: []}],
    }


def _kinds(endpoint: AnyEndpoint) -> Iterator[type]:
    yield endpoint.params
    if endpoint.body is not Nothing:
        yield endpoint.body
    if endpoint.answer is not None:
        yield endpoint.answer


def _operation(endpoint: AnyEndpoint, components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.path.split("/")[2]],
        "summary": endpoint.summary,
        "parameters": [*_parameters(endpoint, components), *_headers(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.streams:
        described["requestBody"] = {"required": True, "content": {endpoint.streams: {}}}
    elif endpoint.body is not Nothing:
        needed = bool(components[endpoint.body.__name__]["required"])
        content = {"application/json": {"schema": _ref(endpoint.body)}}
        described["requestBody"] = {"required": needed, "content": content}
    if endpoint.public:
        described["security"] = []
    return described


def _parameters(endpoint: AnyEndpoint, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schema = components[endpoint.params.__name__]
    for name, described in schema["properties"].items():
        in_path = name in endpoint.in_path
        parameter = {"name": name, "in": "path" if in_path else "query", "schema": _lone(described)}
        if in_path or name in schema["required"]:
            parameter["required"] = True
        if "description" in described:
            parameter["description"] = described["description"]
        yield parameter


def _lone(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: what is left out has no value, not the value null."""
    kept = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    plain = {key: value for key, value in schema.items() if key not in {"anyOf", "description"}}
    if plain.get("default", ...) is None:
        del plain["default"]
    return plain | (kept[0] if len(kept) == 1 else {"anyOf": kept} if kept else {})


def _headers(endpoint: AnyEndpoint) -> Iterator[dict[str, Any]]:
    for name, text in endpoint.headers.items():
        yield {"name": name, "in": "header", "schema": {"type": "string", "pattern": _VISIBLE}, "description": text}


def _responses(endpoint: AnyEndpoint) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.answer is not None:
        content = {"content": {"application/json": {"schema": _ref(endpoint.answer)}}}
    elif endpoint.media_type:
        content = {"content": {endpoint.media_type: {}}}
    responses: dict[str, Any] = {str(endpoint.status): {"description": "Done"} | content}
    for kind in sorted(_errors(endpoint), key=lambda kind: (status_of(kind), kind.code)):
        known = responses.setdefault(str(status_of(kind)), _problem())
        known["description"] = ", ".join(filter(None, (known["description"], kind.code)))
    return responses


def _errors(endpoint: AnyEndpoint) -> set[type[LienthongError]]:
    found: set[type[LienthongError]] = {errors.InputInvalid, *endpoint.errors}
    if not endpoint.public:
        found |= set(_CALLERS)
    if endpoint.streams or endpoint.body is not Nothing:
        found |= {errors.BodyTooLarge, errors.MediaTypeInvalid, errors.Interrupted}
    return found


def _problem() -> dict[str, Any]:
    return {"description": "", "content": {MEDIA_TYPE: {"schema": _ref(Problem)}}}


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}
