"""Writing a packet: exactly in the order of the format, with nothing that the format does not know but the label."""

import base64
import uuid
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from lienthong.kernel.labels import PUBLIC, Label
from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.checks import check, label_of
from lienthong.profiles.vn.edxml.element import Element, group, prefixed, some, written
from lienthong.profiles.vn.edxml.errors import MustBeSealed
from lienthong.profiles.vn.edxml.header_elements import header_elements
from lienthong.profiles.vn.edxml.signing import PLACEHOLDER, Signer, sign
from lienthong.profiles.vn.edxml.values import Attachment, DocumentPacket, Packet, must_be_sealed

_IDS: Final = uuid.UUID("5f0c8a3e-6a53-5c8e-9d3c-6d1b1f3b7a52")
"""Names attachments that have no id of their own: the same packet is written the same way every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A packet as bytes, which are given out only in the way that their label allows."""

    label: Label
    _data: bytes

    @property
    def must_be_sealed(self) -> bool:
        """Whether it may only leave in an encrypted envelope."""
        return must_be_sealed(self.label)

    def in_plain(self) -> bytes:
        """Return the bytes for a file, or for a channel that is not ours.

        Raises:
            MustBeSealed: it is classified.
        """
        if self.must_be_sealed:
            raise MustBeSealed(str(self.label))
        return self._data

    def for_envelope(self) -> bytes:
        """Return the bytes to be encrypted under a seal that has the same label (``lienthong.exchange``)."""
        return self._data


def write(packet: Packet, *, signer: Signer | None = None) -> Written:
    """Write a packet.

    Args:
        packet: what it says; nothing is made up but the ids of attachments that have none.
        signer: who signs all of it (enveloped, exclusive C14N, SHA-256); nobody unless given.

    Raises:
        PacketIncomplete: it lacks something, contradicts itself, or has characters that XML cannot carry.
        SigningKeyUnusable: the signer's key cannot sign.
    """
    check(packet)
    label = label_of(packet)
    root = _root(packet, label, signed=signer is not None)
    data = written(root)
    return Written(label=label, _data=sign(data, signer) if signer is not None else data)


def _root(packet: Packet, label: Label, *, signed: bool) -> Element:
    is_document = isinstance(packet, DocumentPacket)
    attachments = _identified(packet.attachments) if isinstance(packet, DocumentPacket) else ()
    header = Element(
        "edXMLHeader", children=[*header_elements(packet), *_extension(label), *_placeholder(signed=signed)]
    )
    errors = group(
        "ErrorList",
        *(group("Error", some("Code", each.code), some("Description", each.description)) for each in packet.errors),
    )
    body = (Element("edXMLBody", children=[_manifest(attachments)]),) if is_document else ()
    envelope = Element(
        "edXMLEnvelope",
        children=[replace(header, children=[*header.children, *errors]), *body],
        attributes={f"xmlns:{layout.PREFIX}": layout.NAMESPACE},
    )
    encoded = group("AttachmentEncoded", [_attachment(each) for each in attachments])
    return Element(
        layout.ROOT, children=[prefixed(envelope, layout.PREFIX), *encoded], attributes={"xmlns": layout.NAMESPACE}
    )


def _extension(label: Label) -> tuple[Element, ...]:
    if label == PUBLIC:
        return ()
    inner = Element("lt:Label", str(label))
    return (Element("lt:Extension", children=[inner], attributes={"xmlns:lt": layout.EXTENSION}),)


def _placeholder(*, signed: bool) -> tuple[Element, ...]:
    return (Element("ds:Signature", attributes={"xmlns:ds": layout.XMLDSIG, "Id": PLACEHOLDER}),) if signed else ()


def _identified(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Return attachments that all have an id."""
    return tuple(
        each
        if each.content_id
        else msgspec.structs.replace(each, content_id=str(uuid.uuid5(_IDS, f"{number} {each.sha256}")))
        for number, each in enumerate(attachments, 1)
    )


def _manifest(attachments: tuple[Attachment, ...]) -> Element:
    references = [
        Element(
            "Reference",
            children=[
                Element("ContentId", f"{layout.CID}{each.content_id}"),
                Element("ContentType", each.type),
                *some("Description", each.description),
                Element("AttachmentName", each.name),
            ],
        )
        for each in attachments
    ]
    return Element("edXMLManifest", children=references, attributes={"version": "1.0"})


def _attachment(attachment: Attachment) -> Element:
    return Element(
        "Attachment",
        children=[
            Element("ContentId", attachment.content_id),
            Element("AttachmentName", attachment.name),
            *some("Description", attachment.description),
            Element("ContentType", attachment.type),
            Element("ContentTransferEncoded", base64.b64encode(attachment.data).decode()),
        ],
    )
