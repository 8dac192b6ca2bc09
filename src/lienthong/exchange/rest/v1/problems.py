"""Errors as problem details (RFC 9457): what happened, what to do, in the reader's language."""

import logging
import uuid
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from lienthong.exchange import errors as exchange
from lienthong.exchange.rest.language import preferred
from lienthong.exchange.rest.v1 import errors
from lienthong.exchange.topics import errors as topics
from lienthong.exchange.transport.errors import CarrierRefused, NotStored
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.kernel.i18n import catalogue_of
from lienthong.trust.errors import JournalError, KeyStoreError
from lienthong.trust.journal import EntryUnknown

MEDIA_TYPE: Final = "application/problem+json"
# The first that fits decides: particular ones before their parents.
_STATUS: Final[tuple[tuple[type[LienthongError], int], ...]] = (
    (errors.CallerMissing, 401),
    (errors.AddressUnknown, 404),
    (errors.MethodNotAllowed, 405),
    (errors.BodyTooLarge, 413),
    (errors.MediaTypeInvalid, 415),
    (errors.TooMany, 429),
    (exchange.LimitExceeded, 429),
    (exchange.RangeInvalid, 416),
    (errors.AlreadyDecided, 409),
    (errors.ReceiptNotYet, 409),
    (errors.KeyReused, 422),
    (errors.Interrupted, 400),
    (exchange.MessageUnknown, 404),
    (topics.TopicUnknown, 404),
    (topics.SubscriptionUnknown, 404),
    (topics.SchemaUnknown, 400),
    (topics.OutOfTurn, 409),
    (topics.TopicRestarted, 409),
    (topics.EventForked, 409),
    # Gone: it was there.
    (topics.EventsMissing, 410),
    (exchange.UploadUnknown, 404),
    (exchange.MessageHeld, 409),
    (exchange.UploadConflict, 409),
    (exchange.MessageRecalled, 410),
    (exchange.ContentGone, 410),
    (exchange.UploadInvalid, 422),
    (exchange.NobodyAddressed, 400),
    (EntryUnknown, 404),
    (exchange.PayloadTooLarge, 413),
    (exchange.RequestInvalid, 400),
    (exchange.AddressInvalid, 400),
    (exchange.TermTooLong, 400),
    (exchange.DirectoryStale, 503),
    (exchange.Refused, 403),
    (exchange.CarrierUnavailable, 503),
    (exchange.CarrierTimeout, 504),
    (exchange.NoResponder, 503),
    (exchange.StorageFailed, 503),
    (CarrierRefused, 503),
    (NotStored, 503),
    (JournalError, 503),
    (KeyStoreError, 503),
    (BadInput, 400),
)
_UNFORESEEN: Final = 500
_HEADERS: Final = {401: {"www-authenticate": "X-Road-Client"}, 503: {"retry-after": "5"}, 429: {"retry-after": "5"}}

_log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why the exchange did not do what was asked."""

    # urn:lienthong:problem: and the code.
    type: str
    # What happened, in the language asked for.
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    # Where: the identifier, the field, the number.
    detail: str
    # Names this one occurrence; it is in the gateway's log, too.
    instance: str
    # Stable and never translated.
    code: str
    # What to do, in the language asked for.
    hint: str
    # Of a message that went to nobody: receivers and codes.
    refused: dict[str, str] | UnsetType = UNSET
    # Of events that are missing: the first and the last, and whether they have expired.
    first: int | UnsetType = UNSET
    last: int | UnsetType = UNSET
    expired: bool | UnsetType = UNSET


def status_of(kind: type[LienthongError]) -> int:
    """Return the HTTP status of an error."""
    return next((status for parent, status in _STATUS if issubclass(kind, parent)), _UNFORESEEN)


def problem(error: LienthongError, *, language: str) -> Problem:
    """Describe an error.

    Args:
        error: what happened.
        language: one of ``kernel.i18n.LANGUAGES``.
    """
    text = catalogue_of(language).gettext
    return Problem(
        type=f"urn:lienthong:problem:{error.code}",
        title=text(error.message),
        status=status_of(type(error)),
        detail=error.where,
        instance=f"urn:uuid:{uuid.uuid4()}",
        code=error.code,
        # gettext answers the empty text with the catalogue's head.
        hint=text(error.advice) if error.advice else "",
        refused=getattr(error, "refused", UNSET),
        first=getattr(error, "first", UNSET),
        last=getattr(error, "last", UNSET),
        expired=getattr(error, "expired", UNSET),
    )


def respond(request: Request, error: LienthongError) -> Response:
    """Answer a request with an error, and note it under the number that the client sees."""
    language = preferred(",".join(request.headers.getlist("accept-language")))
    described = problem(error, language=language)
    level = logging.ERROR if described.status == _UNFORESEEN else logging.INFO
    _log.log(level, "%s %s %s: %s", described.instance, request.method, request.url.path, error)
    headers = {"content-language": language} | _HEADERS.get(described.status, {})
    return Response(msgspec.json.encode(described), described.status, headers, MEDIA_TYPE)
