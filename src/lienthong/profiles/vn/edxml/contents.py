"""The attachments of a packet: decoded, unpacked, compared with the manifest and with what they claim to be."""

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from typing import Final

from lienthong.profiles.vn.edxml import layout, media
from lienthong.profiles.vn.edxml.limits import Budget
from lienthong.profiles.vn.edxml.names import MAX_NAME, confusable, look, safe_name
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity
from lienthong.profiles.vn.edxml.tree import Node
from lienthong.profiles.vn.edxml.unzip import is_zip, unpack_only
from lienthong.profiles.vn.edxml.values import Attachment

_BLANKS: Final = b" \t\r\n"
_ARCHIVES: Final = (".zip", ".jar", ".asice", ".asics", ".epub", ".kmz")
"""Names of attachments that are ZIP files for their own sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """What the manifest says of an attachment."""

    node: Node
    content_id: str
    name: str


def place_of(number: int) -> str:
    """Return the place of an attachment in findings; the first one has number 1."""
    return f"attachment {number}"


class ContentsReader:
    """Reads the attachments of one packet."""

    def __init__(self, root: Node, notes: Notes, budget: Budget) -> None:
        self._notes, self._budget = notes, budget
        encoded, manifest = root.find("AttachmentEncoded"), root.find("edXMLManifest")
        self._nodes = encoded.every("Attachment") if encoded is not None else []
        references = manifest.every("Reference") if manifest is not None else []
        self._references = [_reference(each) for each in references]
        # Of several with the same id the first one counts.
        self._named = {each.content_id: each for each in reversed(self._references)}

    def read(self) -> tuple[Attachment, ...]:
        """Return the attachments, in order.

        Raises:
            PacketTooLarge: there are too many, or they unpack to more than is read.
        """
        found = tuple(self._attachment(node, number) for number, node in enumerate(self._nodes, 1))
        self._compare(found)
        self._look_at_names(found)
        return found

    def _attachment(self, node: Node, number: int) -> Attachment:
        self._budget.attachment(node.line)
        place, content_id = place_of(number), content_id_of(_text(node, "ContentId"))
        reference = self._named.get(content_id)
        name = _text(node, "AttachmentName") or (reference.name if reference is not None else "")
        if not name:
            self._notes.add(Oddity.MISSING, f"{place}/AttachmentName", line=node.line)
        if len(name) > MAX_NAME:
            self._notes.add(Oddity.NAME_UNSAFE, place, line=node.line, detail=name)
            name = name[:MAX_NAME]
        declared = media.normal(_text(node, "ContentType"))
        data, kind = self._bytes(node, place), declared
        if is_zip(data) and not name.lower().endswith(_ARCHIVES):
            data, kind = self._unpacked(data, place=place, line=node.line, name=name, declared=declared)
        self._budget.take(len(data), node.line)
        if other := media.contradicts(kind, data):
            self._notes.add(Oddity.TYPE_DIFFERS, place, line=node.line, detail=f"{kind}, {other}")
            kind = other
        return Attachment(
            name=name,
            type=kind or media.by_start(data) or media.by_name(name) or media.UNKNOWN,
            description=_text(node, "Description"),
            content_id=content_id,
            data=data,
        )

    def _bytes(self, node: Node, place: str) -> bytes:
        child = node.first("ContentTransferEncoded")
        if child is None or not child.text:
            self._notes.add(Oddity.MISSING, f"{place}/ContentTransferEncoded", line=node.line)
            return b""
        # What is not ASCII is not base64; it must not vanish unseen.
        text = child.text.encode("ascii", "replace").translate(None, _BLANKS)
        child.text = ""
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            self._notes.add(Oddity.BASE64, place, line=child.line)
        try:
            # Padding is often missing.
            return base64.b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4), validate=True)
        except binascii.Error:
            return b""

    def _unpacked(self, data: bytes, *, place: str, line: int, name: str, declared: str) -> tuple[bytes, str]:
        """Return what is in a ZIP file and its type, or the ZIP file itself where that is not to be unpacked."""
        found = unpack_only(data, limits=self._budget.limits, left=self._budget.left, line=line)
        as_zip = declared in media.ZIP_TYPES
        if found.data is None:
            # Office documents are ZIP files of several files and declared as what they are.
            if found.why != "several files" or as_zip or media.contradicts(declared, data):
                self._notes.add(Oddity.ZIP_KEPT, place, line=line, detail=found.why)
            return data, declared
        self._notes.add(Oddity.ZIPPED if as_zip else Oddity.ZIPPED_UNDECLARED, place, line=line, detail=declared)
        if unicodedata.normalize("NFC", found.name[:MAX_NAME]) != unicodedata.normalize("NFC", name):
            self._notes.add(Oddity.ZIP_NAME, place, line=line, detail=found.name)
        kind = media.by_start(found.data) or media.by_name(name) if as_zip else declared
        return found.data, kind

    def _compare(self, attachments: tuple[Attachment, ...]) -> None:
        """Compare with the manifest."""
        numbers: dict[str, int] = {}
        for number, each in enumerate(attachments, 1):
            if each.content_id in numbers:
                self._notes.add(Oddity.CONTENT_ID_REPEATED, place_of(number), detail=each.content_id)
            numbers.setdefault(each.content_id, number)
        for reference in self._references:
            number = numbers.pop(reference.content_id, 0)
            if not number:
                self._notes.add(
                    Oddity.ATTACHMENT_MISSING, reference.node.place, line=reference.node.line, detail=reference.name
                )
            elif reference.name and reference.name[:MAX_NAME] != attachments[number - 1].name:
                self._notes.add(
                    Oddity.REFERENCE_DIFFERS, place_of(number), line=reference.node.line, detail=reference.name
                )
        for number in numbers.values():
            self._notes.add(Oddity.REFERENCE_MISSING, place_of(number), line=self._nodes[number - 1].line)

    def _look_at_names(self, attachments: tuple[Attachment, ...]) -> None:
        looks: set[str] = set()
        for number, each in enumerate(attachments, 1):
            place, line = place_of(number), self._nodes[number - 1].line
            usual = unicodedata.normalize("NFC", each.name)
            if usual != each.name:
                self._notes.add(Oddity.NAME_NOT_NFC, place, line=line, detail=each.name)
            if each.name and safe_name(each.name, number) != usual:
                self._notes.add(Oddity.NAME_UNSAFE, place, line=line, detail=each.name)
            if confusable(each.name):
                self._notes.add(Oddity.NAME_CONFUSABLE, place, line=line, detail=each.name)
            alike = look(each.name)
            if each.name and alike in looks:
                self._notes.add(Oddity.NAME_REPEATED, place, line=line, detail=each.name)
            looks.add(alike)


def content_id_of(text: str) -> str:
    """Return the id of an attachment without ``cid:`` and pointed brackets."""
    bare = text.strip().removeprefix("<").removesuffix(">")
    return bare[len(layout.CID) :] if bare.lower().startswith(layout.CID) else bare


def _reference(node: Node) -> _Reference:
    written = _text(node, "ContentId") or node.attributes.get("href", "")
    return _Reference(node=node, content_id=content_id_of(written), name=_text(node, "AttachmentName"))


def _text(node: Node, name: str) -> str:
    child = node.first(name)
    return child.text if child is not None else ""
