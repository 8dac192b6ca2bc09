"""What a packet says, as values. In JSON they are the description that ``lienthong edxml`` prints and takes."""

import hashlib
from datetime import date, datetime, timedelta, timezone
from enum import IntEnum
from typing import Final, Self

import msgspec

from lienthong.kernel.labels import Label, Level

LOCAL: Final = timezone(timedelta(hours=7))
"""The zone of all times in packets, which do not name one: Vietnam's."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all values have in common: they never change, and their JSON has no fields that nobody knows."""


class Organ(Value, frozen=True, kw_only=True):
    """Who sends or receives."""

    # Agency code with level 1 leftmost (``lienthong.kernel.agency_codes``); as it is written if it is none.
    code: str = ""
    # The code as it is written in the packet, where that is in another form; written again in that form.
    written: str = ""
    # The organ above it.
    in_charge: str = ""
    name: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


class Number(Value, frozen=True, kw_only=True):
    """The document's number: 7816 and VPCP-TTĐT make 7816/VPCP-TTĐT."""

    number: str = ""
    notation: str = ""


class Promulgation(Value, frozen=True, kw_only=True):
    """Where and when the document was issued."""

    place: str = ""
    # Local date.
    on: date | None = None


class DocumentType(Value, frozen=True, kw_only=True):
    """The type of document. Producers differ in the numbers: its name is what counts."""

    code: str = ""
    name: str = ""
    detail: str = ""


class Signer(Value, frozen=True, kw_only=True):
    """Who signed the document."""

    # "TM.", "KT." and the like: in whose name.
    competence: str = ""
    position: str = ""
    name: str = ""


class OtherInfo(Value, frozen=True, kw_only=True):
    """What else is said of the document."""

    # 0 ordinary to 4 immediate at a set time: ``edxml_code`` of ``lienthong.profiles.vn.urgency``.
    priority: int | None = None
    # Whom it is meant for.
    sphere: str = ""
    # Initials of the typist.
    typist: str = ""
    # Number of copies issued.
    copies: int | None = None
    pages: int | None = None
    direction: str = ""
    reply_fors: str = ""
    reference_codes: str = ""
    # Titles of appendixes.
    appendixes: tuple[str, ...] = ()


class ResponseFor(Value, frozen=True, kw_only=True):
    """Which document this one answers."""

    # Agency code of who issued that one, as in ``Organ.code``.
    organ: str = ""
    # The code as it is written, as in ``Organ.written``.
    written: str = ""
    # Number and notation, such as 7816/VPCP-TTĐT.
    code: str = ""
    on: date | None = None
    document_id: str = ""


class Trace(Value, frozen=True, kw_only=True):
    """One station on the packet's way."""

    organ: str = ""
    written: str = ""
    # In ``LOCAL``, to the second.
    at: datetime | None = None


class Staff(Value, frozen=True, kw_only=True):
    """Whom to ask."""

    department: str = ""
    name: str = ""
    mobile: str = ""
    email: str = ""


class BusinessKind(IntEnum):
    """What the packet does (``BussinessDocType``)."""

    NEW = 0
    REVOKE = 1
    UPDATE = 2
    REPLACE = 3


class ReceiverChange(Value, frozen=True, kw_only=True):
    """An organ that is taken off the receivers, or put among them."""

    organ: str = ""
    written: str = ""
    # ``ReceiverType``: 0 removed, 1 added.
    added: bool = True


class BusinessInfo(Value, frozen=True, kw_only=True):
    """What an update changes."""

    # ``DocumentInfo`` and ``DocumentReceiver``: 1 where the document, or its receivers, change.
    document: str = ""
    receiver: str = ""
    receivers: tuple[ReceiverChange, ...] = ()


class Replacement(Value, frozen=True, kw_only=True):
    """A document that this one replaces, and for whom."""

    document_id: str = ""
    # Agency codes as they are written.
    organs: tuple[str, ...] = ()


class Business(Value, frozen=True, kw_only=True):
    """What the packet is about: a new document, or what becomes of an earlier one."""

    kind: BusinessKind = BusinessKind.NEW
    reason: str = ""
    # The earlier document's id.
    document_id: str = ""
    # ``Paper``: 1 where paper follows.
    paper: str = ""
    info: BusinessInfo | None = None
    replacements: tuple[Replacement, ...] = ()
    staff: Staff | None = None


class Attachment(Value, frozen=True, kw_only=True):
    """A file that came with a packet, unpacked if it came in a ZIP file of its own."""

    name: str = ""
    # Media type of the bytes below.
    type: str = ""
    description: str = ""
    # Without ``cid:``.
    content_id: str = ""
    data: bytes = b""

    @property
    def sha256(self) -> str:
        """Digest of the bytes, 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


class ErrorEntry(Value, frozen=True, kw_only=True):
    """An error that a packet reports."""

    code: str = ""
    description: str = ""


class DocumentPacket(Value, frozen=True, kw_only=True, tag_field="kind", tag="document"):
    """A document on its way. Fields that are empty were not there."""

    sender: Organ = Organ()
    receivers: tuple[Organ, ...] = ()
    number: Number = Number()
    promulgation: Promulgation = Promulgation()
    type: DocumentType = DocumentType()
    subject: str = ""
    content: str = ""
    signer: Signer | None = None
    due: date | None = None
    places: tuple[str, ...] = ()
    other: OtherInfo | None = None
    responses: tuple[ResponseFor, ...] = ()
    # 0 none, 1 steering, 2 report; 3 is seen, too.
    steering: int | None = None
    # Composite (``document_id``) or a UUID.
    id: str = ""
    trace: tuple[Trace, ...] = ()
    business: Business | None = None
    # As ``lienthong.kernel.labels.Label`` writes it; carried by our extension only (ADR 0069).
    label: str = "public"
    errors: tuple[ErrorEntry, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class StatusPacket(Value, frozen=True, kw_only=True, tag_field="kind", tag="status"):
    """What became of a document at its receiver. It has no receivers, no body and no label of its own."""

    sender: Organ = Organ()
    response: ResponseFor = ResponseFor()
    staff: Staff | None = None
    # Two digits: ``layout.STATUSES``.
    status: str = ""
    description: str = ""
    # In ``LOCAL``, to the second.
    at: datetime | None = None
    errors: tuple[ErrorEntry, ...] = ()


type Packet = DocumentPacket | StatusPacket


class DocumentId(Value, frozen=True, kw_only=True):
    """The parts of a composite id: ``000.00.00.G22,2015/09/30,7816/VPCP-TTĐT``."""

    organ: str
    on: date
    number: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str`` writes; None if it is something else."""
        parts = text.split(",", 2)
        if len(parts) != len(("organ", "date", "number")) or not all(parts):
            return None
        try:
            on = datetime.strptime(parts[1], "%Y/%m/%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            return None
        return cls(organ=parts[0], on=on, number=parts[2])

    def __str__(self) -> str:
        return f"{self.organ},{self.on.year:04}/{self.on.month:02}/{self.on.day:02},{self.number}"


def must_be_sealed(label: Label) -> bool:
    """Tell whether what has that label only travels encrypted: from Mật up (Law 117/2025/QH15)."""
    return label.level >= Level.CONFIDENTIAL
