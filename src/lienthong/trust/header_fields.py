"""A header as typed fields in MessagePack: how headers travel beside each other in a bundle.

What is sealed is always the deterministic CBOR form. A reader makes it again from the fields, so there is
nothing to compare and only one form that can come out; and msgspec checks and fills the fields in a
twentieth of the time that reading CBOR takes.
"""

from typing import Annotated, Final

import msgspec

from lienthong.kernel.ids import id_of
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import (
    DIGEST_SIZE,
    MAX_CONTENTS,
    MAX_HEADER,
    Content,
    Header,
    Kind,
    check_call,
    check_status,
    label_of,
)

_ID_SIZE: Final = 16
_MAX_CAVEATS: Final = 16

type _Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
type _Digest = Annotated[bytes, msgspec.Meta(min_length=DIGEST_SIZE, max_length=DIGEST_SIZE)]
type _Id = Annotated[bytes, msgspec.Meta(min_length=_ID_SIZE, max_length=_ID_SIZE)]


class ContentFields(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """``header.Content`` in this form."""

    digest: _Digest
    size: _Number
    name: str
    media_type: str


class HeaderFields(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """The fields of a call's or an answer's header, in the order of their CBOR keys.

    Conversation and place in it, subject, urgency and repetition belong to mail, which does not travel in bundles.
    """

    kind: Kind
    id: _Id
    sender: str
    receiver: str
    level: _Number
    caveats: Annotated[tuple[str, ...], msgspec.Meta(max_length=_MAX_CAVEATS)]
    created: _Number
    expires: _Number
    method: str
    path: str
    user: str
    purpose: str
    contents: Annotated[tuple[ContentFields, ...], msgspec.Meta(max_length=MAX_CONTENTS)]
    answers: bytes
    status: str
    note: str
    fault: str


def fields_of(header: Header) -> HeaderFields:
    """Return the fields of a header that has none of mail."""
    return HeaderFields(
        header.kind,
        header.id.bytes,
        header.sender,
        header.receiver,
        int(header.label.level),
        tuple(sorted(header.label.caveats)),
        header.created,
        header.expires,
        header.method,
        header.path,
        header.user,
        header.purpose,
        tuple([ContentFields(c.digest, c.size, c.name, c.media_type) for c in header.contents]),
        header.answers,
        header.status,
        header.note,
        header.fault,
    )


def header_of(fields: HeaderFields) -> tuple[Header, bytes]:
    """Return a header and its sealed form, both made from fields that msgspec has read.

    Raises:
        SealInvalid: an unknown level, caveats out of order, a method, path or status that the kind does not
            have, or a header that is too large; all that ``Header.from_bytes`` refuses.
    """
    header = Header(
        kind=fields.kind,
        id=id_of(fields.id),
        sender=fields.sender,
        receiver=fields.receiver,
        label=label_of(fields.level, fields.caveats),
        created=fields.created,
        expires=fields.expires,
        method=fields.method,
        path=fields.path,
        user=fields.user,
        purpose=fields.purpose,
        contents=tuple(
            [Content(digest=c.digest, size=c.size, name=c.name, media_type=c.media_type) for c in fields.contents]
        ),
        answers=fields.answers,
        status=fields.status,
        note=fields.note,
        fault=fields.fault,
    )
    check_call(header)
    check_status(header)
    encoded = header.to_bytes()
    if len(encoded) > MAX_HEADER:
        raise SealInvalid(f"a header of {len(encoded)} bytes where {MAX_HEADER} are allowed")
    return header, encoded
