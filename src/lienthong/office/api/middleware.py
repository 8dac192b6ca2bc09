"""What surrounds every answer of the API, also where no endpoint was reached."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import gettext_noop as _

from lienthong.office.api import errors
from lienthong.office.api.authentication import ALLOWANCE
from lienthong.office.api.limits import Allowance
from lienthong.office.api.problems import MEDIA_TYPE, respond
from lienthong.office.core.middleware import API

_BODIES: Final = frozenset({"POST", "PUT", "PATCH"})
_ELSEWHERE: Final = {
    404: errors.AddressUnknown,
    405: errors.MethodRefused,
    413: errors.BodyTooLarge,
    416: errors.RangeUnsatisfied,
}
_KEPT: Final = ("Allow", "Content-Range")
_DIGITS: Final = 18
_FILES: Final = "/files"
"""An address that ends so takes files, as forms in browsers send them; every other one takes JSON."""
_AROUND_FILES: Final = 64 * 1024
"""Bytes that a form may have beside its file."""
_JSON: Final = frozenset({"application/json"})
_FORM: Final = frozenset({"multipart/form-data"})
_PACKETS: Final = "/api/v1/packets"
"""The one address that takes XML, and more of it."""
_XML: Final = frozenset({"application/xml", "text/xml", "application/octet-stream"})
LARGEST_PACKET: Final = 64 * 1024 * 1024
"""Bytes of a packet before it is looked at; the format may take less."""

type Next = Callable[[HttpRequest], HttpResponse]


class ApiMiddleware:
    """Checks bodies before they are read, turns every error into a problem, and says what may be kept how long."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if not request.path_info.startswith(API):
            return self._next(request)
        answer = self._refusal(request) or _as_problem(request, self._next(request))
        if request.method == "GET" and answer.status_code == HTTPStatus.OK and not answer.streaming:
            set_response_etag(answer)
            answer = get_conditional_response(request, etag=answer.headers["ETag"], response=answer) or answer
        # Who may see what depends on the token, and may be other tomorrow.
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        allowance: Allowance | None = getattr(request, ALLOWANCE, None)
        if allowance is not None:
            for name, value in allowance.headers.items():
                answer.headers[name] = value
            if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                answer.headers["Retry-After"] = str(allowance.reset)
        return answer

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if request.method not in _BODIES:
            return None
        length, wanted, most, hint = request.META.get("CONTENT_LENGTH") or "0", *_wanted(request.path_info)
        if not length.isdecimal() or len(length) > _DIGITS or int(length) > most:
            return respond(request, errors.BodyTooLarge(f"{length[:40]} bytes"))
        if int(length) and request.content_type not in wanted:
            return respond(request, errors.MediaTypeInvalid(request.content_type or "none", hint=hint))
        return None


def _as_problem(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    if answer.status_code < HTTPStatus.BAD_REQUEST or answer.headers.get("Content-Type") == MEDIA_TYPE:
        return answer
    kind = _ELSEWHERE.get(answer.status_code)
    if kind is None:
        kind = errors.Unforeseen if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else errors.BodyInvalid
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return respond(request, kind(request.path), headers=headers)


def _wanted(path: str) -> tuple[frozenset[str], int, str]:
    """Return which types of body an address takes, how many bytes at most, and what to do with another type."""
    if path == _PACKETS:
        return _XML, LARGEST_PACKET, _("Send the packet as Content-Type: application/xml.")
    if path.endswith(_FILES):
        return _FORM, settings.VAULT.largest + _AROUND_FILES, _("Send the file as multipart/form-data.")
    return _JSON, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, ""
