"""The sealed header: everything that is true of one exchange, in one deterministic map.

Sender, receiver and the digests of the contents are all inside, so that a receiver who knows the
content key still cannot pass the content on as if the sender had addressed it to someone else.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid, LabelInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import SealInvalid

VERSION: Final = 1
MAX_HEADER: Final = 32 * 1024
DIGEST_SIZE: Final = 32
_MAX_CONTENTS: Final = 64


class Kind(StrEnum):
    """What is being exchanged."""

    REQUEST = "request"
    RESPONSE = "response"
    MESSAGE = "message"
    RECEIPT = "receipt"


class ReceiptState(StrEnum):
    """How far a message has come at its receiver."""

    DELIVERED = "delivered"
    OPENED = "opened"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One thing that travels under the seal, bound by its digest."""

    # SHA-256 of the plain content, 32 bytes.
    digest: bytes
    # Bytes of plain content.
    size: int
    name: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
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
    contents: tuple[Content, ...] = field(default=())
    # Answers and receipts: the SHA-256 digest of the seal they answer.
    answers: bytes = b""
    # Answers: the HTTP status. Receipts: the state.
    status: str = ""
    # For a person: why something was refused.
    note: str = ""
    # Answers the exchange itself makes: the machine-readable reason why there is no other.
    fault: str = ""

    def to_bytes(self) -> bytes:
        """Encode as a deterministic CBOR map; absent means empty."""
        fields: dict[int, Any] = {
            1: VERSION,
            2: self.kind.value,
            3: self.id.bytes,
            4: self.sender,
            5: self.receiver,
            6: [int(self.label.level), sorted(self.label.caveats)],
            7: self.created,
            8: self.expires,
            9: self.conversation.bytes if self.conversation else b"",
            10: self.method,
            11: self.path,
            12: self.user,
            13: self.purpose,
            14: self.subject,
            15: self.urgency,
            16: [[c.digest, c.size, c.name, c.media_type] for c in self.contents],
            17: self.answers,
            18: self.status,
            19: self.note,
            20: self.fault,
        }
        # Keys below 24 in rising order are already in deterministic order.
        return cbor.encode_ordered({key: value for key, value in fields.items() if value or key in _REQUIRED})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a header.

        Raises:
            SealInvalid: not deterministic CBOR, another version, or a field that is missing, unknown or
                of the wrong type.
        """
        try:
            fields = cbor.decode(data, max_size=MAX_HEADER)
            if not isinstance(fields, dict) or not fields.keys() <= _KNOWN or not fields.keys() >= _REQUIRED:
                raise SealInvalid("a header with missing or unknown fields")
            if fields[1] != VERSION:
                raise SealInvalid(f"header version {fields[1]!r}")
            return cls(**_values(fields))
        except (CborInvalid, LabelInvalid) as error:
            raise SealInvalid(error.where) from error
        except (TypeError, ValueError) as error:
            raise SealInvalid(f"a header field of the wrong type: {error}") from error


_REQUIRED: Final = frozenset(range(1, 9))
_KNOWN: Final = frozenset(range(1, 21))
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
    level, caveats = fields[6]
    values: dict[str, Any] = {
        "kind": Kind(fields[2]),
        "id": UUID(bytes=_bytes(fields[3])),
        "sender": _text(fields[4]),
        "receiver": _text(fields[5]),
        "label": Label(Level(level), frozenset(_text(caveat) for caveat in caveats)),
        "created": _number(fields[7]),
        "expires": _number(fields[8]),
        "urgency": _number(fields.get(15, 0)),
        "contents": _contents(fields.get(16, [])),
        "answers": _bytes(fields.get(17, b"")),
    }
    if 9 in fields:  # noqa: PLR2004 - the key of the conversation, as above
        values["conversation"] = UUID(bytes=_bytes(fields[9]))
    return values | {name: _text(fields[key]) for key, name in _TEXTS.items() if key in fields}


def _contents(items: Any) -> tuple[Content, ...]:  # noqa: ANN401 - decoded CBOR
    if not isinstance(items, list) or len(items) > _MAX_CONTENTS:
        raise SealInvalid("a malformed list of contents")
    contents = []
    for digest, size, name, media_type in items:
        if len(_bytes(digest)) != DIGEST_SIZE:
            raise SealInvalid(f"a digest of {len(digest)} bytes")
        contents.append(Content(digest=digest, size=_number(size), name=_text(name), media_type=_text(media_type)))
    return tuple(contents)


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
