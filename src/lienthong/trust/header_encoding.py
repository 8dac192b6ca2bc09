"""The sealed form of a header: a deterministic CBOR map, written field by field.

The general encoder takes three times as long, and a call has four headers. Those of calls and answers differ in a few
fields only: what their maps have in common is made once and filled in.
"""

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis

if TYPE_CHECKING:
    from lienthong.trust.header import Content, Header

# Fields 1 to 8.
_REQUIRED: Final = 8
# Characters of texts, and of forms, that are remembered: what is long may be anything.
_SHORT: Final = 128
_SHORT_FORM: Final = 512
# Fields 7 and 8 where both times take eight bytes.
_TERM: Final = struct.Struct(">2sQ2sQ")
_EIGHT_BYTES: Final = 1 << 32
_TOO_LATE: Final = 1 << 64
_DIGEST_SIZE: Final = 32
# The head of a byte string of 32 bytes.
_DIGEST: Final = b"\x58\x20"
# The head of a content with such a digest.
_CONTENT: Final = b"\x84" + _DIGEST
# Of a call and its answer: head and body.
_CONTENTS: Final = 2


def encoded(header: "Header") -> bytes:
    """Encode a header as a deterministic CBOR map; absent means empty.

    Raises:
        CborInvalid: text that has no UTF-8 form, a time before 1970.
    """
    if len(header.contents) == _CONTENTS and not (
        header.conversation or header.subject or header.urgency or header.note or header.sequence or header.repeats
    ):
        head, body = header.contents
        if _size(header, head, body) <= _SHORT_FORM and _has_digests(header, head, body):
            return _of_call(header, head, body)
    return _field_by_field(header)


def _size(header: "Header", head: "Content", body: "Content") -> int:
    """Count the characters of what a form holds."""
    contents = len(head.name) + len(head.media_type) + len(body.name) + len(body.media_type)
    ends = len(header.sender) + len(header.receiver)
    return contents + ends + len(header.method) + len(header.purpose) + len(header.status) + len(header.fault)


def _has_digests(header: "Header", head: "Content", body: "Content") -> bool:
    return len(head.digest) == len(body.digest) == _DIGEST_SIZE and len(header.answers) in {0, _DIGEST_SIZE}


def _of_call(header: "Header", head: "Content", body: "Content") -> bytes:
    path, user, answers = header.path, header.user, header.answers
    form = _form(
        header.kind,
        header.sender,
        header.receiver,
        int(header.label.level),
        header.label.caveats,
        header.method,
        header.purpose,
        header.status,
        header.fault,
        (head.name, head.media_type, body.name, body.media_type),
        bool(path) + bool(user) + bool(answers),
    )
    return form % (
        header.id.int.to_bytes(16),
        _term(header.created, header.expires),
        b"\x0b" + cbor.text(path) if path else b"",
        b"\x0c" + cbor.text(user) if user else b"",
        head.digest,
        cbor.number(head.size),
        body.digest,
        cbor.number(body.size),
        b"\x11" + _DIGEST + answers if answers else b"",
    )


@lru_cache(maxsize=4096)
def _form(  # noqa: PLR0913, PLR0917 - what headers have in common
    kind: str,
    sender: str,
    receiver: str,
    level: int,
    caveats: frozenset[str],
    method: str,
    purpose: str,
    status: str,
    fault: str,
    names: tuple[str, str, str, str],
    given: int,
) -> bytes:
    """Return the map of a call's or an answer's header, with a gap for whatever differs.

    ``names`` are name and media type of head and body; ``given`` counts path, user and answered seal.
    """
    first, count = _texts(10, (method,))
    between, more = _texts(13, (purpose,))
    last, most = _texts(18, (status, "", fault))
    # With the contents.
    fields = _REQUIRED + 1 + count + more + most + given
    # What stands before, between and behind id, term, path, user, digest and size of head and body, answered seal.
    parts = (
        _begin(fields, kind),
        _parties(sender, receiver, level, caveats),
        first,
        b"",
        between + b"\x10\x82" + _CONTENT,
        b"",
        _named(names[0], names[1]) + _CONTENT,
        b"",
        _named(names[2], names[3]),
        last,
    )
    return b"%b".join([part.replace(b"%", b"%%") for part in parts])


def _field_by_field(header: "Header") -> bytes:
    first, count = _texts(10, (header.method, header.path, header.user, header.purpose, header.subject))
    last, more = _texts(18, (header.status, header.note, header.fault))
    given = (
        header.conversation,
        header.urgency,
        header.contents,
        header.answers,
        header.sequence,
        header.repeats,
    )
    parts = [
        _begin(_REQUIRED + count + more + sum(map(bool, given)), header.kind),
        header.id.int.to_bytes(16),
        _parties(header.sender, header.receiver, int(header.label.level), header.label.caveats),
        _term(header.created, header.expires),
    ]
    if header.conversation:
        parts.append(b"\x09\x50" + header.conversation.bytes)
    parts.append(first)
    if header.urgency:
        parts.append(b"\x0f" + cbor.number(header.urgency))
    if header.contents:
        parts += (b"\x10", cbor.array(len(header.contents)))
        for content in header.contents:
            named = _named(content.name, content.media_type)
            parts += (b"\x84", cbor.byte_string(content.digest), cbor.number(content.size), named)
    if header.answers:
        parts.append(b"\x11" + cbor.byte_string(header.answers))
    parts.append(last)
    if header.sequence:
        parts.append(b"\x15" + cbor.number(header.sequence))
    if header.repeats:
        parts.append(b"\x16\x50" + header.repeats.bytes)
    return b"".join(parts)


def _begin(fields: int, kind: str) -> bytes:
    """Encode the map's head, fields 1 and 2, and the head of field 3."""
    # Keys below 24 in rising order are in deterministic order, and so few fit into the map's first byte.
    return bytes((0xA0 | fields,)) + b"\x01\x01\x02" + cbor.text(kind) + b"\x03\x50"


def _term(created: Millis, expires: Millis) -> bytes:
    """Encode both times: any since 1970-02-20 has the form of eight bytes."""
    if _EIGHT_BYTES <= created < _TOO_LATE and _EIGHT_BYTES <= expires < _TOO_LATE:
        return _TERM.pack(b"\x07\x1b", created, b"\x08\x1b", expires)
    return b"\x07" + cbor.number(created) + b"\x08" + cbor.number(expires)


def _texts(key: int, texts: tuple[str, ...]) -> tuple[bytes, int]:
    """Encode fields with rising keys, and count them; those that are empty are left out."""
    return _short_texts(key, texts) if len("".join(texts)) <= _SHORT else _all_texts(key, texts)


def _all_texts(key: int, texts: tuple[str, ...]) -> tuple[bytes, int]:
    there = [bytes((key + place,)) + cbor.text(text) for place, text in enumerate(texts) if text]
    return b"".join(there), len(there)


_short_texts = lru_cache(maxsize=8192)(_all_texts)


@lru_cache(maxsize=2048)
def _parties(sender: str, receiver: str, level: int, caveats: frozenset[str]) -> bytes:
    marked = cbor.encode([level, sorted(caveats)])
    return b"".join((b"\x04", cbor.text(sender), b"\x05", cbor.text(receiver), b"\x06", marked))


def _named(name: str, media_type: str) -> bytes:
    if len(name) + len(media_type) <= _SHORT:
        return _short_named(name, media_type)
    return cbor.text(name) + cbor.text(media_type)


@lru_cache(maxsize=1024)
def _short_named(name: str, media_type: str) -> bytes:
    return cbor.text(name) + cbor.text(media_type)
