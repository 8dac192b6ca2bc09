"""Errors as problem details (RFC 9457): what happened, where, what to do, in the language asked for."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language, gettext, gettext_noop
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from lienthong.office.api import errors
from lienthong.office.core import errors as office
from lienthong.office.core.errors import OfficeError
from lienthong.office.vault.errors import FilesUnavailable, FileTooLarge, ScannerUnavailable

MEDIA_TYPE: Final = "application/problem+json"
# The first that fits decides: particular ones before their parents.
_STATUS: Final[tuple[tuple[type[OfficeError], int], ...]] = (
    (errors.TokenMissing, 401),
    (errors.TokenRefused, 401),
    (errors.AddressUnknown, 404),
    (errors.MethodRefused, 405),
    (errors.BodyTooLarge, 413),
    (errors.MediaTypeInvalid, 415),
    (errors.RangeUnsatisfied, 416),
    (errors.FieldsInvalid, 422),
    (errors.TooMany, 429),
    (errors.BodyInvalid, 400),
    (FileTooLarge, 413),
    (FilesUnavailable, 503),
    (ScannerUnavailable, 503),
    (office.Forbidden, 403),
    (office.NotFound, 404),
    (office.Conflict, 409),
    (office.Invalid, 422),
)
_UNFORESEEN: Final = 500
# What pydantic finds, by its names for it, in few words that are translated; its own sentences are English only.
_WRONG: Final = {"missing": gettext_noop("is missing"), "extra_forbidden": gettext_noop("is not known here")}
_OTHERWISE: Final = gettext_noop("does not fit: see its description in openapi.json")

_log = structlog.get_logger("office.api")


class FieldProblem(Schema):
    """What is wrong with one field."""

    # Where it was sent and its name, such as ``query.limit`` or ``body.name``.
    field: str
    # Stable: pydantic's name for it.
    code: str
    # In the language asked for.
    message: str


class Problem(Schema):
    """Why something was not done."""

    # ``urn:lienthong:problem:`` and the code.
    type: str
    # What happened, in the language asked for.
    title: str
    status: int
    # Where: the identifier, the field, the number.
    detail: str
    # Names this one request; it is in the office's log and in the header X-Request-Id, too.
    instance: str
    # Stable and never translated.
    code: str
    # What to do, in the language asked for.
    hint: str
    # Only when fields were wrong.
    errors: list[FieldProblem] | None = None


class _Registry(Protocol):
    def add_exception_handler(self, exc_class: Any, handler: Any) -> None: ...  # noqa: ANN401 - as ninja has it


def status_of(kind: type[OfficeError]) -> int:
    """Return the HTTP status of an error."""
    return next((status for parent, status in _STATUS if issubclass(kind, parent)), _UNFORESEEN)


def respond(
    request: HttpRequest,  # noqa: ARG001 - handlers of exceptions are called with it
    error: OfficeError,
    *,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with an error; the number that the client sees is that of the request in the log."""
    described = Problem(
        type=f"urn:lienthong:problem:{error.code}",
        title=gettext(error.message),
        status=status_of(type(error)),
        detail=error.where,
        instance=f"urn:uuid:{uuid.UUID(structlog.contextvars.get_contextvars().get('request') or uuid.uuid4().hex)}",
        code=error.code,
        hint=gettext(error.advice),
        errors=list(fields) or None,
    )
    # Without the place: it may quote what was sent.
    _log.info("refused", code=described.code, status=described.status)
    answer = JsonResponse(
        described.model_dump(exclude_none=True),
        status=described.status,
        content_type=MEDIA_TYPE,
        headers={"Content-Language": get_language() or "vi", **(headers or {})},
    )
    if isinstance(error, (errors.TokenMissing, errors.TokenRefused)):
        answer["WWW-Authenticate"] = 'Bearer realm="lienthong"'
    return answer


def install(api: NinjaAPI) -> None:
    """Have every exception that an endpoint raises answered so."""
    registry: _Registry = api
    registry.add_exception_handler(OfficeError, respond)
    registry.add_exception_handler(ValidationError, _fields)
    registry.add_exception_handler(RequestDataTooBig, lambda request, _: respond(request, errors.BodyTooLarge()))
    registry.add_exception_handler(BadRequest, lambda request, _: respond(request, errors.BodyInvalid()))
    registry.add_exception_handler(Http404, lambda request, _: respond(request, office.NotFound()))
    # ninja's own: a body that it could not read.
    registry.add_exception_handler(HttpError, lambda request, _: respond(request, errors.BodyInvalid()))
    registry.add_exception_handler(Exception, unforeseen)


def unforeseen(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Answer a defect: its kind and place go to the log, nothing of it to the client."""
    _log.error("exception", exc_info=error)
    return respond(request, errors.Unforeseen())


def _fields(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = [
        FieldProblem(
            field=".".join(str(part) for part in each["loc"] if part != "payload"),
            code=each["type"],
            message=gettext(_WRONG.get(each["type"], _OTHERWISE)),
        )
        for each in error.errors
    ]
    return respond(request, errors.FieldsInvalid(", ".join(each.field for each in found)), fields=found)
