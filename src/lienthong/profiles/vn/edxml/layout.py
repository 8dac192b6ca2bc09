"""The format's names, their order, and the codes in it (QCVN 102:2016). Facts of the format, no code.

The order is what the writer keeps and what the reader expects, but does not insist on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lienthong.kernel.i18n import later

NAMESPACE: Final = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
EXTENSION: Final = "urn:lienthong:edxml:1"
"""Of what is ours: the label, which the format has no place for (ADR 0069)."""
PREFIX: Final = "edXML"
ROOT: Final = "edXML"
CID: Final = "cid:"

_ORGAN: Final = (
    "OrganId",
    "OrganizationInCharge",
    "OrganName",
    "OrganAdd",
    "Email",
    "Telephone",
    "Fax",
    "Website",
)
STATUS_HEADER: Final = ("From", "ResponseFor", "StaffInfo", "StatusCode", "Description", "Timestamp")
"""What a ``MessageHeader`` holds in a status packet."""

ORDER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "edXML": ("edXMLEnvelope", "AttachmentEncoded"),
        "edXMLEnvelope": ("edXMLHeader", "edXMLBody"),
        "edXMLHeader": ("MessageHeader", "TraceHeaderList", "Extension", "Signature", "DigitalSignature", "ErrorList"),
        "MessageHeader": (
            "From",
            "To",
            "Code",
            "PromulgationInfo",
            "DocumentType",
            "Subject",
            "Content",
            "SignerInfo",
            "DueDate",
            "ToPlaces",
            "OtherInfo",
            "ResponseFor",
            "SteeringType",
            "DocumentId",
        ),
        "From": _ORGAN,
        "To": _ORGAN,
        "Code": ("CodeNumber", "CodeNotation"),
        "PromulgationInfo": ("Place", "PromulgationDate"),
        "DocumentType": ("Type", "TypeName", "TypeDetail"),
        "SignerInfo": ("Competence", "Position", "FullName"),
        "ToPlaces": ("Place",),
        "OtherInfo": (
            "Priority",
            "SphereOfPromulgation",
            "TyperNotation",
            "PromulgationAmount",
            "PageAmount",
            "Direction",
            "ReplyFors",
            "ReferenceCodes",
            "Appendixes",
        ),
        "Appendixes": ("Appendix",),
        "ResponseFor": ("OrganId", "Code", "PromulgationDate", "DocumentId"),
        "TraceHeaderList": ("TraceHeader", "Bussiness"),
        "TraceHeader": ("OrganId", "Timestamp"),
        "Bussiness": (
            "DocumentId",
            "BussinessDocType",
            "BussinessDocReason",
            "Paper",
            "BussinessDocumentInfo",
            "ReplacementInfoList",
            "StaffInfo",
        ),
        "BussinessDocumentInfo": ("DocumentInfo", "DocumentReceiver", "ReceiverList"),
        "ReceiverList": ("Receiver",),
        "Receiver": ("OrganId", "ReceiverType"),
        "ReplacementInfoList": ("ReplacementInfo",),
        "ReplacementInfo": ("DocumentId", "OrganIdList"),
        "OrganIdList": ("OrganId",),
        "StaffInfo": ("Department", "Staff", "Mobile", "Email"),
        "edXMLBody": ("edXMLManifest",),
        "edXMLManifest": ("Reference",),
        "Reference": ("ContentId", "ContentType", "Description", "AttachmentName"),
        "AttachmentEncoded": ("Attachment",),
        "Attachment": ("ContentId", "AttachmentName", "Description", "ContentType", "ContentTransferEncoded"),
        "ErrorList": ("Error",),
        "Error": ("Code", "Description"),
    }
)
"""Element → what may be in it, in order."""

MANY: Final = frozenset(
    {
        ("MessageHeader", "To"),
        ("MessageHeader", "ResponseFor"),
        ("ToPlaces", "Place"),
        ("Appendixes", "Appendix"),
        ("TraceHeaderList", "TraceHeader"),
        ("ReceiverList", "Receiver"),
        ("ReplacementInfoList", "ReplacementInfo"),
        ("OrganIdList", "OrganId"),
        ("edXMLManifest", "Reference"),
        ("AttachmentEncoded", "Attachment"),
        ("ErrorList", "Error"),
        ("edXMLHeader", "Signature"),
    }
)
"""Element and child that may be there several times."""

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "01": later("arrived, not yet handled by the clerk"),
        "02": later("refused"),
        "03": later("accepted, entered in the incoming register"),
        "04": later("assigned by a leader"),
        "05": later("in process"),
        "06": later("completed"),
        "13": later("recall requested by the sender"),
        "15": later("update or recall agreed"),
        "16": later("update or recall refused"),
    }
)
"""``StatusCode`` → what it means, in English, to be translated where it is shown."""

PRIORITIES: Final = range(5)
"""``Priority``: ``lienthong.profiles.vn.urgency`` has their names."""
STEERINGS: Final = range(4)
"""``SteeringType``: 0 none, 1 steering, 2 report; 3 is seen, too."""
