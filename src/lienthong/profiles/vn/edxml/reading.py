"""Reading a packet: tolerant of what producers write, bounded in everything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import msgspec

from lienthong.profiles.vn.edxml import limits as bounds
from lienthong.profiles.vn.edxml.contents import ContentsReader, place_of
from lienthong.profiles.vn.edxml.encoding import to_text
from lienthong.profiles.vn.edxml.errors import PacketTooLarge, PacketUnreadable
from lienthong.profiles.vn.edxml.header import HeaderReader
from lienthong.profiles.vn.edxml.limits import Budget, Limits
from lienthong.profiles.vn.edxml.oddities import Finding, Notes, Oddity
from lienthong.profiles.vn.edxml.signatures import SignatureReport, SignaturesReader
from lienthong.profiles.vn.edxml.structure import header_of, inspect, is_status
from lienthong.profiles.vn.edxml.tree import parse
from lienthong.profiles.vn.edxml.values import Attachment, DocumentPacket, Packet

# The outermost element of what may be a packet, behind a declaration and comments.
_LOOKS_LIKE_ONE: Final = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?edXML[\s>/E]")
_HEAD: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A packet and what there is to say about it."""

    packet: Packet
    # Of the text, such as utf-8.
    encoding: str
    findings: tuple[Finding, ...]
    signatures: tuple[SignatureReport, ...]
    # Number of an attachment, from 1 → the packet that it is.
    nested: Mapping[int, "Reading"] = field(default_factory=lambda: MappingProxyType({}))


def read(data: bytes, *, limits: Limits = bounds.DEFAULT) -> Reading:
    """Read a packet and the packets nested in it.

    Args:
        data: the file.
        limits: how much of it is read.

    Raises:
        PacketUnreadable: it cannot be read; the error says at which line, and why.
    """
    if len(data) > limits.size:
        raise PacketTooLarge(f"more than {limits.size} bytes")
    return _read(data, Budget(limits), depth=1)


def _read(data: bytes, budget: Budget, *, depth: int) -> Reading:
    notes = Notes()
    text = to_text(data, notes)
    root = parse(text, budget)
    inspect(root, notes)
    header, reader = header_of(root), HeaderReader(root, notes)
    signatures = SignaturesReader(root, text, notes, budget).read()
    packet: Packet
    nested: dict[int, Reading] = {}
    if is_status(header):
        packet = reader.status(header)
    else:
        packet = _with_attachments(reader.document(header), ContentsReader(root, notes, budget).read())
        nested = _nested(packet, notes, budget, depth)
    return Reading(
        packet=packet,
        encoding=text.encoding,
        findings=notes.found,
        signatures=signatures,
        nested=MappingProxyType(nested),
    )


def _with_attachments(packet: DocumentPacket, attachments: tuple[Attachment, ...]) -> DocumentPacket:
    return msgspec.structs.replace(packet, attachments=attachments)


def _nested(packet: DocumentPacket, notes: Notes, budget: Budget, depth: int) -> dict[int, Reading]:
    """Return the attachments that are packets themselves; what cannot be read as one stays an attachment.

    Raises:
        PacketTooLarge: with them it is more than is read.
    """
    found: dict[int, Reading] = {}
    for number, attachment in enumerate(packet.attachments, 1):
        if not _LOOKS_LIKE_ONE.search(attachment.data[:_HEAD].replace(b"\0", b"")):
            continue
        place = place_of(number)
        if depth >= budget.limits.nesting:
            notes.add(Oddity.NESTED_TOO_DEEP, place)
            continue
        try:
            found[number] = _read(attachment.data, budget, depth=depth + 1)
            notes.add(Oddity.NESTED, place)
        except PacketTooLarge:
            raise
        except PacketUnreadable as error:
            notes.add(Oddity.NESTED_UNREADABLE, place, detail=str(error))
    return found
