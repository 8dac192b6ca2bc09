"""The description of a packet in JSON: what ``lienthong edxml read --json`` prints and ``write`` takes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from lienthong.profiles.vn.edxml.errors import PacketIncomplete
from lienthong.profiles.vn.edxml.extraction import Place
from lienthong.profiles.vn.edxml.media import UNKNOWN, by_name
from lienthong.profiles.vn.edxml.reading import Reading
from lienthong.profiles.vn.edxml.values import Attachment, DocumentPacket, Packet, StatusPacket

# What reading adds to a packet; writing does not look at it.
_REPORT: Final = frozenset({"encoding", "warnings", "signatures"})
MAX_DESCRIPTION: Final = 16 * 1024 * 1024
"""Bytes of a description."""


class AttachmentEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attachment in a description: everything but its bytes."""

    name: str
    type: str = ""
    description: str = ""
    content_id: str = ""
    # The file with its bytes; the name, if it is not given.
    file: str | None = None
    # Written where they are known, and checked where they are given.
    size: int | None = None
    sha256: str | None = None
    # A nested packet, described; writing takes its bytes from the file.
    packet: dict[str, Any] | None = None


def describe(reading: Reading, files: Mapping[Place, str] | None = None, above: Place = ()) -> dict[str, Any]:
    """Return a reading as what JSON can hold.

    Args:
        reading: the packet.
        files: where its attachments were extracted to, if they were.
        above: where the packet is nested, as in ``files``.
    """
    packet = reading.packet
    values: dict[str, Any] = msgspec.to_builtins(_bare(packet))
    if isinstance(packet, DocumentPacket):
        values["attachments"] = [
            _entry(reading, number, each, files or {}, above) for number, each in enumerate(packet.attachments, 1)
        ]
    return values | {
        "encoding": reading.encoding,
        "warnings": msgspec.to_builtins(reading.findings),
        "signatures": msgspec.to_builtins(reading.signatures),
    }


def packet_of(description: bytes, content: Callable[[str], bytes]) -> Packet:
    """Return the packet that a description describes.

    Args:
        description: JSON.
        content: returns the bytes of a file that an attachment names.

    Raises:
        PacketIncomplete: it is no description, or a file is not the one described.
    """
    if len(description) > MAX_DESCRIPTION:
        raise PacketIncomplete(f"more than {MAX_DESCRIPTION} bytes of description")
    try:
        values = msgspec.json.decode(description, type=dict[str, Any])
        entries = msgspec.convert(values.pop("attachments", []), type=list[AttachmentEntry])
        bare = {key: value for key, value in values.items() if key not in _REPORT}
        packet: Packet = msgspec.convert(bare, type=DocumentPacket | StatusPacket)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PacketIncomplete(str(error)) from error
    if isinstance(packet, StatusPacket):
        if entries:
            raise PacketIncomplete("a status packet has no attachments")
        return packet
    return msgspec.structs.replace(packet, attachments=tuple(_attachment(each, content) for each in entries))


def _bare(packet: Packet) -> Packet:
    return msgspec.structs.replace(packet, attachments=()) if isinstance(packet, DocumentPacket) else packet


def _entry(
    reading: Reading, number: int, attachment: Attachment, files: Mapping[Place, str], above: Place
) -> dict[str, Any]:
    place = (*above, number)
    nested = reading.nested.get(number)
    entry = AttachmentEntry(
        name=attachment.name,
        type=attachment.type,
        description=attachment.description,
        content_id=attachment.content_id,
        file=files.get(place),
        size=len(attachment.data),
        sha256=attachment.sha256,
        packet=describe(nested, files, place) if nested is not None else None,
    )
    found: dict[str, Any] = msgspec.to_builtins(entry)
    return found


def _attachment(entry: AttachmentEntry, content: Callable[[str], bytes]) -> Attachment:
    data = content(entry.file or entry.name)
    made = Attachment(
        name=entry.name,
        type=entry.type or by_name(entry.name) or UNKNOWN,
        description=entry.description,
        content_id=entry.content_id,
        data=data,
    )
    if entry.size not in {None, len(data)} or entry.sha256 not in {None, made.sha256}:
        raise PacketIncomplete(f"attachment {entry.name}: the file is not the one that is described")
    return made
