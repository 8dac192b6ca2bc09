"""``shared-params.xml``: the directory in the form in which X-Road hands out its global configuration."""

import base64
from collections.abc import Sequence
from itertools import count
from typing import Final
from xml.etree import ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Snapshot

_XROAD: Final = "http://x-road.eu/xsd/xroad.xsd"
ET.register_namespace("xroad", _XROAD)


def shared_params(
    directory: Snapshot,
    *,
    authorities: Sequence[x509.Certificate],
    timestamping: Sequence[tuple[str, x509.Certificate]],
) -> bytes:
    """Return the document.

    Args:
        directory: members and information systems; those that are no longer active are left out.
        authorities: whose certificates sign containers here.
        timestamping: addresses and certificates of the authorities that stamp them.
    """
    root = ET.Element(f"{{{_XROAD}}}conf")
    _text(root, "instanceIdentifier", directory.instance)
    for certificate in authorities:
        approved = ET.SubElement(root, "approvedCA")
        _text(approved, "name", certificate.subject.rfc4514_string())
        _text(ET.SubElement(approved, "topCA"), "cert", _base64(certificate))
    for url, certificate in timestamping:
        approved = ET.SubElement(root, "approvedTSA")
        _text(approved, "name", certificate.subject.rfc4514_string())
        _text(approved, "url", url)
        _text(approved, "cert", _base64(certificate))
    _members(root, directory)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _members(root: ET.Element, directory: Snapshot) -> None:
    systems: dict[object, list[str]] = {}
    for subsystem in directory.subsystems():
        if subsystem.active:
            systems.setdefault(subsystem.id.organ, []).append(subsystem.id.subsystem)
    numbers = count()
    for organ in directory.organs():
        if organ.active:
            _member(root, organ, systems.get(organ.id, ()), numbers)


def _member(root: ET.Element, organ: Organ, systems: Sequence[str], numbers: "count[int]") -> None:
    member = ET.SubElement(root, "member", id=f"id{next(numbers)}")
    member_class = ET.SubElement(member, "memberClass")
    _text(member_class, "code", organ.id.member_class)
    _text(member_class, "description", organ.id.member_class)
    _text(member, "memberCode", organ.id.member)
    _text(member, "name", organ.name)
    for code in systems:
        subsystem = ET.SubElement(member, "subsystem", id=f"id{next(numbers)}")
        _text(subsystem, "subsystemCode", code)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    # U+FFFE and U+FFFF are characters of no XML document (XML 1.0, section 2.2); the directory refuses controls.
    ET.SubElement(parent, tag).text = "".join("\ufffd" if char in "\ufffe\uffff" else char for char in text)


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
