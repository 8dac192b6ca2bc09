"""The sealed header: everything that is true of one exchange, in one deterministic map.

Sender, receiver and the digests of the contents are all inside, so that a receiver who knows the
content key still cannot pass the content on as if the sender had addressed it to someone else.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Self
from uuid import UUID

import msgspec

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid, LabelInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.trust import header_encoding
from lienthong.trust.errors import SealInvalid

VERSION: Final = 1
MAX_HEADER: Final = 32 * 1024
DIGEST_SIZE: Final = 32
MAX_CONTENTS: Final = 64
_METHOD: Final = re.compile(r"[A-Z]{0,16}\Z")
# Printable ASCII without "#": what else a path could hold, libraries strip, cut off or send as it is, so that
# the service would be asked for another path than the one that was granted.
_PATH: Final = re.compile(r"(?:[/?][!-\"$-~]*)?\Z")
_HTTP_STATUS: Final = re.compile(r"[1-9][0-9]{2}\Z")


class Kind(StrEnum):
    """What is being exchanged."""

    REQUEST = "request"
    RESPONSE = "response"
    MESSAGE = "message"
    RECEIPT = "receipt"
    EVENT = "event"
    RECALL = "recall"


class ReceiptState(StrEnum):
    """How far a message has come at its receiver."""

    DELIVERED = "delivered"
    OPENED = "opened"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    # Taken back by its sender before it was accepted or refused.
    RECALLED = "recalled"
    # It was to be taken back, too late.
    KEPT = "kept"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that travels under the seal, bound by its digest."""

    # SHA-256 of the plain content, 32 bytes.
    digest: bytes
    # Bytes of plain content.
    size: int
    name: str = ""
    media_type: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of an exchange."""

    kind: Kind
    id: UUID
    # Who sends and who receives, as canonical identifier text.
    sender: str
    receiver: str
    label: Label
    created: Millis
    # After this time the exchange is refused.
    expires: Millis
    conversation: UUID | None = None
    # Calls: the HTTP method and the raw path and query behind the service code.
    method: str = ""
    path: str = ""
    user: str = ""
    purpose: str = ""
    subject: str = ""
    urgency: int = 0
    contents: tuple[Content, ...] = ()
    # Answers and receipts: the SHA-256 digest of the seal they answer. Events: that of the header before.
    answers: bytes = b""
    # Answers: the HTTP status. Receipts: the state.
    status: str = ""
    # For a person: why something was refused.
    note: str = ""
    # Answers the exchange itself makes: the machine-readable reason why there is no other.
    fault: str = ""
    # Messages: the place among those of one conversation from this sender to this receiver, from 1.
    sequence: int = 0
    # Messages: the one that was given up or refused and is hereby sent anew.
    repeats: UUID | None = None

    def to_bytes(self) -> bytes:
        """Encode as a deterministic CBOR map; absent means empty.

        Raises:
            CborInvalid: text that has no UTF-8 form, a time before 1970.
        """
        return header_encoding.encoded(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a header.

        Raises:
            SealInvalid: not deterministic CBOR, another version, a field that is missing, unknown, empty
                or of the wrong type, a method or path that is not one, or a status, a place or a repetition
                that the kind does not have.
        """
        try:
            fields = cbor.decode(data, max_size=MAX_HEADER)
            if not isinstance(fields, dict) or not fields.keys() <= _KNOWN or not fields.keys() >= _REQUIRED:
                raise SealInvalid("a header with missing or unknown fields")
            if _number(fields[1]) != VERSION:
                raise SealInvalid(f"header version {fields[1]!r}")
            if not all(value or key in _REQUIRED for key, value in fields.items()):
                raise SealInvalid("an empty header field, which is left out")
            header = cls(**_values(fields))
            check_call(header)
            check_status(header)
            check_place(header)
            return header
        except CborInvalid as error:
            raise SealInvalid(error.where) from error
        except (TypeError, ValueError) as error:
            raise SealInvalid(f"a header field of the wrong type: {error}") from error


_REQUIRED: Final = frozenset(range(1, 9))
_KNOWN: Final = frozenset(range(1, 23))
_TEXTS: Final = {
    10: "method",
    11: "path",
    12: "user",
    13: "purpose",
    14: "subject",
    18: "status",
    19: "note",
    20: "fault",
}


def _values(fields: dict[int, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": Kind(fields[2]),
        "id": UUID(bytes=_bytes(fields[3])),
        "sender": _text(fields[4]),
        "receiver": _text(fields[5]),
        "label": _label(fields[6]),
        "created": _number(fields[7]),
        "expires": _number(fields[8]),
    }
    # Most of what may be there is not: only what is there is looked at.
    for key, value in fields.items():
        if key in _TEXTS:
            values[_TEXTS[key]] = _text(value)
        elif key in _OTHERS:
            name, read = _OTHERS[key]
            values[name] = read(value)
    return values


def _contents(items: Any) -> tuple[Content, ...]:  # noqa: ANN401 - decoded CBOR
    if not isinstance(items, list) or len(items) > MAX_CONTENTS:
        raise SealInvalid("a malformed list of contents")
    contents = []
    for item in items:
        match item:
            case [bytes() as digest, size, str() as name, str() as media_type] if len(digest) == DIGEST_SIZE:
                contents.append(Content(digest=digest, size=_number(size), name=name, media_type=media_type))
            case _:
                raise SealInvalid("a content of another form")
    return tuple(contents)


def _label(value: Any) -> Label:  # noqa: ANN401 - decoded CBOR
    match value:
        case [level, [*caveats]]:
            return label_of(_number(level), tuple(map(_text, caveats)))
    raise SealInvalid("a label of another form")


def label_of(level: int, caveats: tuple[str, ...]) -> Label:
    """Return the label of a header's sixth field.

    Raises:
        SealInvalid: an unknown level, or caveats that are malformed, twice or out of order.
    """
    try:
        return _labelled(level, caveats)
    except (LabelInvalid, ValueError) as error:
        raise SealInvalid(f"a label of another form: {error}") from error


@lru_cache(maxsize=1024)
def _labelled(level: int, caveats: tuple[str, ...]) -> Label:
    if list(caveats) != sorted(set(caveats)):
        raise ValueError("caveats out of order")
    return Label(Level(level), frozenset(caveats))


def check_call(header: Header) -> None:
    """Refuse a method or a path that is not one.

    Raises:
        SealInvalid: it is not.
    """
    if not _METHOD.match(header.method) or not _PATH.match(header.path):
        raise SealInvalid(f"{header.method[:40]!r} {header.path[:80]!r} is not a method and a path")


def check_status(header: Header) -> None:
    """Refuse a status that whoever acts on the header could not read.

    Raises:
        SealInvalid: the kind does not have it.
    """
    match header.kind:
        case Kind.REQUEST:
            fits = not header.status
        case Kind.RESPONSE if header.fault:
            fits = not header.status
        case Kind.RESPONSE:
            fits = bool(_HTTP_STATUS.match(header.status))
        case Kind.RECEIPT:
            fits = header.status in set(ReceiptState)
        case _:
            fits = not header.status
    if not fits:
        raise SealInvalid(f"status {header.status[:40]!r} in a {header.kind}")


def check_place(header: Header) -> None:
    """Refuse a place in a conversation or a repetition where there can be none.

    Raises:
        SealInvalid: the kind does not have it.
    """
    if header.sequence and (header.kind is not Kind.MESSAGE or header.conversation is None):
        raise SealInvalid(f"a place in a conversation in a {header.kind} without one")
    if header.repeats is not None and header.kind is not Kind.MESSAGE:
        raise SealInvalid(f"a {header.kind} that repeats another")


def _text(value: Any) -> str:  # noqa: ANN401 - decoded CBOR
    if not isinstance(value, str):
        raise SealInvalid("a header field that should be text")
    return value


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - decoded CBOR
    if not isinstance(value, bytes):
        raise SealInvalid("a header field that should be bytes")
    return value


def _number(value: Any) -> int:  # noqa: ANN401 - decoded CBOR
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise SealInvalid("a header field that should be a number")
    return value


_OTHERS: Final[dict[int, tuple[str, Callable[[Any], Any]]]] = {
    9: ("conversation", lambda value: UUID(bytes=_bytes(value))),
    15: ("urgency", _number),
    16: ("contents", _contents),
    17: ("answers", _bytes),
    21: ("sequence", _number),
    22: ("repeats", lambda value: UUID(bytes=_bytes(value))),
}
