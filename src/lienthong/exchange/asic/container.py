"""The container: a ZIP file of fixed names, a manifest that binds them all, and a signature over that.

ASiC-E with CAdES (ETSI EN 319 162-1, clause 4.4): ``mimetype`` first and stored, payload anywhere,
``META-INF/ASiCManifest001.xml`` with the digest of every file of the payload, and
``META-INF/signature001.p7s`` over the manifest. No name comes from outside.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from lienthong.kernel.clock import Millis, to_datetime

MIMETYPE: Final = "mimetype"
MEDIA_TYPE: Final = "application/vnd.etsi.asic-e+zip"
MANIFEST: Final = "META-INF/ASiCManifest001.xml"
SIGNATURE: Final = "META-INF/signature001.p7s"
DIRECTORY: Final = "evidence/directory.cbor"
ENTRY: Final = "evidence/entry-{}.cbor"
RECEIPT: Final = "evidence/receipt-{}.cose"
_ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIGNATURE_TYPE: Final = "application/x-pkcs7-signature"
_TYPES: Final = {".json": "application/json", ".cbor": "application/cbor", ".cose": "application/cose"}
_BYTES: Final = "application/octet-stream"
for _prefix, _namespace in (("asic", _ASIC), ("ds", _DSIG)):
    ET.register_namespace(_prefix, _namespace)
_EARLIEST: Final = 315_532_800_000  # 1980, before which ZIP knows no time


def manifest(payload: Mapping[str, bytes]) -> bytes:
    """Return the manifest over files (EN 319 162-1, annex A.4); the same files give the same bytes.

    Args:
        payload: name → content.
    """
    root = ET.Element(f"{{{_ASIC}}}ASiCManifest")
    ET.SubElement(root, f"{{{_ASIC}}}SigReference", URI=SIGNATURE, MimeType=_SIGNATURE_TYPE)
    for name, data in sorted(payload.items()):
        media_type = next((type_ for end, type_ in _TYPES.items() if name.endswith(end)), _BYTES)
        item = ET.SubElement(root, f"{{{_ASIC}}}DataObjectReference", URI=name, MimeType=media_type)
        ET.SubElement(item, f"{{{_DSIG}}}DigestMethod", Algorithm=_SHA256)
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        ET.SubElement(item, f"{{{_DSIG}}}DigestValue").text = digest
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def pack(payload: Mapping[str, bytes], *, signature: bytes, at: Millis) -> bytes:
    """Return a container.

    Args:
        payload: name → content.
        signature: over ``manifest(payload)``.
        at: the time to give the files, milliseconds UTC.
    """
    members = {**payload, MANIFEST: manifest(payload), SIGNATURE: signature}
    return zip_of({MIMETYPE: MEDIA_TYPE.encode(), **members}, at=at, stored={MIMETYPE})


def zip_of(members: Mapping[str, bytes], *, at: Millis, stored: set[str] | None = None) -> bytes:
    """Return a ZIP file.

    Args:
        members: name → content, in the order in which they shall stand.
        at: the time to give them, milliseconds UTC.
        stored: names that are not compressed.
    """
    buffer = io.BytesIO()
    when = to_datetime(max(at, _EARLIEST)).timetuple()[:6]
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, when)
            info.external_attr = 0o644 << 16
            plain = stored is not None and name in stored
            archive.writestr(info, data, zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
