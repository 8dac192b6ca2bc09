"""From the values of a packet to the elements of its header, in exactly the order of the format."""

from datetime import date, datetime

from lienthong.profiles.vn.edxml.element import Element, group, some
from lienthong.profiles.vn.edxml.values import (
    LOCAL,
    Business,
    BusinessInfo,
    DocumentPacket,
    Organ,
    OtherInfo,
    Packet,
    Replacement,
    ResponseFor,
    Signer,
    Staff,
    StatusPacket,
)


def header_elements(packet: Packet) -> list[Element]:
    """Return ``MessageHeader`` and, of a document, ``TraceHeaderList``."""
    if isinstance(packet, StatusPacket):
        return [Element("MessageHeader", children=_status(packet))]
    traces = [
        Element("TraceHeader", children=[*some("OrganId", each.written or each.organ), *_moment("Timestamp", each.at)])
        for each in packet.trace
    ]
    business = _business(packet.business) if packet.business is not None else ()
    return [Element("MessageHeader", children=_document(packet)), *group("TraceHeaderList", traces, business)]


def _status(packet: StatusPacket) -> list[Element]:
    return [
        _organ("From", packet.sender),
        _response(packet.response),
        *_staff(packet.staff),
        *some("StatusCode", packet.status),
        *some("Description", packet.description),
        *_moment("Timestamp", packet.at),
    ]


def _document(packet: DocumentPacket) -> list[Element]:
    number, issued, kind = packet.number, packet.promulgation, packet.type
    return [
        _organ("From", packet.sender),
        *(_organ("To", each) for each in packet.receivers),
        *group("Code", some("CodeNumber", number.number), some("CodeNotation", number.notation)),
        *group("PromulgationInfo", some("Place", issued.place), _date("PromulgationDate", issued.on)),
        *group("DocumentType", some("Type", kind.code), some("TypeName", kind.name), some("TypeDetail", kind.detail)),
        *some("Subject", packet.subject),
        *some("Content", packet.content),
        *_signer(packet.signer),
        *_date("DueDate", packet.due),
        *group("ToPlaces", *(some("Place", each) for each in packet.places)),
        *_other(packet.other),
        *(_response(each) for each in packet.responses),
        *some("SteeringType", packet.steering),
        *some("DocumentId", packet.id),
    ]


def _organ(name: str, organ: Organ) -> Element:
    return Element(
        name,
        children=[
            *some("OrganId", organ.written or organ.code),
            *some("OrganizationInCharge", organ.in_charge),
            *some("OrganName", organ.name),
            *some("OrganAdd", organ.address),
            *some("Email", organ.email),
            *some("Telephone", organ.telephone),
            *some("Fax", organ.fax),
            *some("Website", organ.website),
        ],
    )


def _signer(signer: Signer | None) -> tuple[Element, ...]:
    if signer is None:
        return ()
    return group(
        "SignerInfo",
        some("Competence", signer.competence),
        some("Position", signer.position),
        some("FullName", signer.name),
    )


def _other(other: OtherInfo | None) -> tuple[Element, ...]:
    if other is None:
        return ()
    return group(
        "OtherInfo",
        some("Priority", other.priority),
        some("SphereOfPromulgation", other.sphere),
        some("TyperNotation", other.typist),
        some("PromulgationAmount", other.copies),
        some("PageAmount", other.pages),
        some("Direction", other.direction),
        some("ReplyFors", other.reply_fors),
        some("ReferenceCodes", other.reference_codes),
        group("Appendixes", *(some("Appendix", each) for each in other.appendixes)),
    )


def _response(response: ResponseFor) -> Element:
    return Element(
        "ResponseFor",
        children=[
            *some("OrganId", response.written or response.organ),
            *some("Code", response.code),
            *_date("PromulgationDate", response.on),
            *some("DocumentId", response.document_id),
        ],
    )


def _business(business: Business) -> tuple[Element, ...]:
    return group(
        "Bussiness",
        some("DocumentId", business.document_id),
        some("BussinessDocType", int(business.kind)),
        some("BussinessDocReason", business.reason),
        some("Paper", business.paper),
        (_info(business.info),) if business.info is not None else (),
        group("ReplacementInfoList", [_replacement(each) for each in business.replacements]),
        _staff(business.staff),
    )


def _info(info: BusinessInfo) -> Element:
    receivers = [
        Element(
            "Receiver",
            children=[*some("OrganId", each.written or each.organ), *some("ReceiverType", int(each.added))],
        )
        for each in info.receivers
    ]
    return Element(
        "BussinessDocumentInfo",
        children=[
            *some("DocumentInfo", info.document),
            *some("DocumentReceiver", info.receiver),
            *group("ReceiverList", receivers),
        ],
    )


def _replacement(replacement: Replacement) -> Element:
    return Element(
        "ReplacementInfo",
        children=[
            *some("DocumentId", replacement.document_id),
            *group("OrganIdList", *(some("OrganId", each) for each in replacement.organs)),
        ],
    )


def _staff(staff: Staff | None) -> tuple[Element, ...]:
    if staff is None:
        return ()
    return group(
        "StaffInfo",
        some("Department", staff.department),
        some("Staff", staff.name),
        some("Mobile", staff.mobile),
        some("Email", staff.email),
    )


def _date(name: str, day: date | None) -> tuple[Element, ...]:
    return some(name, f"{day.year:04}/{day.month:02}/{day.day:02}") if day is not None else ()


def _moment(name: str, at: datetime | None) -> tuple[Element, ...]:
    if at is None:
        return ()
    local = at.astimezone(LOCAL)
    day = f"{local.year:04}/{local.month:02}/{local.day:02}"
    return some(name, f"{day} {local.hour:02}:{local.minute:02}:{local.second:02}")
