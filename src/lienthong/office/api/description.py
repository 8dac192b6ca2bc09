"""What the published description says of an endpoint beyond its own types."""

from collections.abc import Iterable
from typing import Any, Final

from lienthong.office.api.problems import MEDIA_TYPE, Problem

_ERRORS: Final = {
    400: "The body is not JSON",
    401: "No token, or one that opens nothing",
    403: "The token, or whoever it stands for, may not do this",
    404: "There is no such thing, or it is not for this reader",
    405: "The address does not answer to this method",
    409: "It stands elsewhere by now: somebody else was faster",
    413: "The body, or the file in it, is too large",
    415: "The body is not sent in the type that is taken here",
    416: "The file does not go that far",
    422: "Something that was sent does not fit",
    429: "The token has asked too often",
    500: "Something went wrong in the office",
    503: "Files cannot be read, kept or looked through now",
}
_WITH_BODY: Final = frozenset({400, 413, 415})
_WITH_CHANGES: Final = frozenset({409})
_WITH_FILES: Final = frozenset({503})
_TOO_FAR: Final = 416
_ALWAYS: Final = _ERRORS.keys() - _WITH_BODY - _WITH_CHANGES - _WITH_FILES - {_TOO_FAR}
PROBLEM_SCHEMA: Final = Problem.model_json_schema(ref_template="#/components/schemas/{model}")


def operation(name: str, *, body: bool = False, changes: bool = False, files: bool = False) -> dict[str, Any]:
    """Return what an endpoint's decorator is given: its stable name, and how it fails.

    Args:
        name: unique in the whole API.
        body: whether it reads one.
        changes: whether somebody else may have been faster.
        files: whether it needs the vault.
    """
    extra = (_WITH_BODY if body else set()) | (_WITH_CHANGES if changes else set()) | (_WITH_FILES if files else set())
    return {"operation_id": name, "openapi_extra": {"responses": _failing(_ALWAYS | extra)}}


def download(name: str) -> dict[str, Any]:
    """Return the same for an endpoint that hands out a file, whole or in part.

    Args:
        name: unique in the whole API.
    """
    content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    texts = {200: "The file", 206: "The part of it that was asked for"}
    found = {status: {"description": text, "content": content} for status, text in texts.items()}
    asked = {
        "name": "Range", "in": "header", "required": False, "schema": {"type": "string"},
        "description": "One range of bytes (RFC 9110, section 14.2), such as bytes=0-65535.",
    }  # fmt: skip
    responses = {**found, **_failing(_ALWAYS | _WITH_FILES | {_TOO_FAR})}
    return {"operation_id": name, "openapi_extra": {"responses": responses, "parameters": [asked]}}


def components() -> dict[str, Any]:
    """Return the schemas that ``operation`` refers to."""
    schema = dict(PROBLEM_SCHEMA)
    return {**schema.pop("$defs"), "Problem": schema}


def _failing(wanted: Iterable[int]) -> dict[int, dict[str, Any]]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _ERRORS[status], "content": problem} for status in sorted(wanted)}
