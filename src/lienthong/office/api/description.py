"""What the published description says of an endpoint beyond its own types."""

from typing import Any, Final

from lienthong.office.api.problems import MEDIA_TYPE, Problem

_ERRORS: Final = {
    400: "The body is not JSON",
    401: "No token, or one that opens nothing",
    403: "The token, or whoever it stands for, may not do this",
    404: "There is no such thing, or it is not for this reader",
    405: "The address does not answer to this method",
    413: "The body is too large",
    415: "The body is not sent as JSON",
    422: "Something that was sent does not fit",
    429: "The token has asked too often",
    500: "Something went wrong in the office",
}
_WITH_BODY: Final = frozenset({400, 413, 415})
PROBLEM_SCHEMA: Final = Problem.model_json_schema(ref_template="#/components/schemas/{model}")


def operation(name: str, *, body: bool = False) -> dict[str, Any]:
    """Return what an endpoint's decorator is given: its stable name, and how it fails.

    Args:
        name: unique in the whole API.
        body: whether it reads one.
    """
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    wanted = {status: text for status, text in _ERRORS.items() if body or status not in _WITH_BODY}
    failing = {status: {"description": text, "content": problem} for status, text in wanted.items()}
    return {"operation_id": name, "openapi_extra": {"responses": failing}}


def components() -> dict[str, Any]:
    """Return the schemas that ``operation`` refers to."""
    schema = dict(PROBLEM_SCHEMA)
    return {**schema.pop("$defs"), "Problem": schema}
