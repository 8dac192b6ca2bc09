"""Errors of the exchange in the form X-Road's clients expect."""

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from lienthong.exchange.errors import (
    AccessDenied,
    ExchangeError,
    PurposeMissing,
    RemoteError,
    RequestInvalid,
    ServiceTypeInvalid,
    ServiceUnknown,
    fault_of,
)
from lienthong.kernel.errors import LienthongError

_XML: Final = {"text/xml": "text/xml", "application/xml": "application/xml", "text/*": "text/xml"}
_JSON: Final = "application/json;charset=utf-8"
# What a provider's side says in X-Road, whichever of our sides is the first to notice.
_PROVIDERS: Final = (AccessDenied, PurposeMissing, ServiceTypeInvalid, ServiceUnknown)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Codes(StrEnum):
    """How error types are written: as documented up to 7.7, or as from 7.8."""

    CLASSIC = "classic"
    V7_8 = "7.8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as the client gets it."""

    status: int
    type: str
    content_type: str
    body: bytes
    # Also in the gateway's log: what a client quotes when it asks for help.
    detail: str


def fault(error: LienthongError, *, accept: str, codes: Codes) -> Fault:
    """Write an error for a client.

    Args:
        error: what happened.
        accept: the request's ``Accept``, several joined by commas; its first XML type decides, whatever its
            weight and whatever else it names. Without one it is JSON.
        codes: how to write the type.
    """
    type_ = type_of(error)
    written = _modern(type_) if codes is Codes.V7_8 else type_
    detail = str(uuid.uuid4())
    xml = next((_XML[t] for t in map(_media_type, accept.split(",")) if t in _XML), None)
    if xml is not None:
        content_type = f"{xml};charset=utf-8"
        fields = (("type", written), ("message", str(error)), ("detail", detail))
        body = "".join(["<error>", *(f"<{name}>{escape(text)}</{name}>" for name, text in fields), "</error>"]).encode()
    else:
        content_type = _JSON
        body = msgspec.json.encode({"type": written, "message": str(error), "detail": detail})
    status = 500 if type_.startswith("Server.") else 400
    return Fault(status=status, type=written, content_type=content_type, body=body, detail=detail)


def type_of(error: LienthongError) -> str:
    """Return the X-Road type of an error, in the classic form."""
    match error:
        case RemoteError():
            return f"Server.ServerProxy.{fault_of(error.remote_code)}"
        case RequestInvalid():
            return f"Client.{error.fault}"
        case ExchangeError() if isinstance(error, _PROVIDERS):
            return f"Server.ServerProxy.{error.fault}"
        case ExchangeError():
            return f"Server.ClientProxy.{error.fault}"
        case _:
            return f"Server.ClientProxy.{ExchangeError.fault}"


def _modern(type_: str) -> str:
    *path, last = type_.split(".")
    return ".".join([*(part.lower() for part in path), _WORD.sub("_", last).lower()])


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()
