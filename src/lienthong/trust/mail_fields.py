"""A header of mail as typed fields in MessagePack: how letters travel beside each other in a bundle.

The same as ``header_fields`` for what calls do not have. What is sealed is always the deterministic CBOR form,
which a reader makes again from the fields.
"""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import MAX_CONTENTS, MAX_HEADER, Content, Header, Kind, check_place, check_status, label_of
from lienthong.trust.header_fields import ContentFields

_ID_SIZE: Final = 16
_MAX_CAVEATS: Final = 16

type _Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
type _Id = Annotated[bytes, msgspec.Meta(min_length=_ID_SIZE, max_length=_ID_SIZE)]


class MailFields(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """The fields of a message's, a receipt's or a recall's header, in the order of their CBOR keys.

    Method, path, user and fault belong to calls, which travel in bundles of their own.
    """

    kind: Kind
    id: _Id
    sender: str
    receiver: str
    level: _Number
    caveats: Annotated[tuple[str, ...], msgspec.Meta(max_length=_MAX_CAVEATS)]
    created: _Number
    expires: _Number
    conversation: _Id | None
    purpose: str
    subject: str
    urgency: _Number
    contents: Annotated[tuple[ContentFields, ...], msgspec.Meta(max_length=MAX_CONTENTS)]
    answers: bytes
    status: str
    note: str
    sequence: _Number
    repeats: _Id | None


def fields_of(header: Header) -> MailFields:
    """Return the fields of a header of mail."""
    return MailFields(
        header.kind,
        header.id.bytes,
        header.sender,
        header.receiver,
        int(header.label.level),
        tuple(sorted(header.label.caveats)),
        header.created,
        header.expires,
        None if header.conversation is None else header.conversation.bytes,
        header.purpose,
        header.subject,
        header.urgency,
        tuple([ContentFields(c.digest, c.size, c.name, c.media_type) for c in header.contents]),
        header.answers,
        header.status,
        header.note,
        header.sequence,
        None if header.repeats is None else header.repeats.bytes,
    )


def header_of(fields: MailFields) -> tuple[Header, bytes]:
    """Return a header and its sealed form, both made from fields that msgspec has read.

    Raises:
        SealInvalid: an unknown level, caveats out of order, a status, a place or a repetition that the kind does not
            have, or a header that is too large; all that ``Header.from_bytes`` refuses.
    """
    header = Header(
        kind=fields.kind,
        id=UUID(bytes=fields.id),
        sender=fields.sender,
        receiver=fields.receiver,
        label=label_of(fields.level, fields.caveats),
        created=fields.created,
        expires=fields.expires,
        conversation=None if fields.conversation is None else UUID(bytes=fields.conversation),
        purpose=fields.purpose,
        subject=fields.subject,
        urgency=fields.urgency,
        contents=tuple(
            [Content(digest=c.digest, size=c.size, name=c.name, media_type=c.media_type) for c in fields.contents]
        ),
        answers=fields.answers,
        status=fields.status,
        note=fields.note,
        sequence=fields.sequence,
        repeats=None if fields.repeats is None else UUID(bytes=fields.repeats),
    )
    check_status(header)
    check_place(header)
    encoded = header.to_bytes()
    if len(encoded) > MAX_HEADER:
        raise SealInvalid(f"a header of {len(encoded)} bytes where {MAX_HEADER} are allowed")
    return header, encoded


def check(header: Header) -> None:
    """Check that a receiver would take the fields of a header: that they are what ``header_of`` reads.

    Raises:
        SealInvalid: a number, a text or a list is out of bounds.
        CborInvalid: text that has no UTF-8 form.
    """
    try:
        _DECODER.decode(_ENCODER.encode(fields_of(header)))
    except UnicodeEncodeError as error:
        raise CborInvalid(str(error)) from error
    except (msgspec.ValidationError, OverflowError) as error:
        raise SealInvalid(f"a header field of the wrong type: {error}") from error
    check_place(header)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(MailFields)
