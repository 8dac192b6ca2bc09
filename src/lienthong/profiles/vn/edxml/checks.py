"""What the strict writer demands of a packet before it writes one."""

from collections.abc import Iterator

from lienthong.kernel.agency_codes import canonical
from lienthong.kernel.errors import AgencyCodeInvalid, LabelInvalid
from lienthong.kernel.labels import Label
from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.errors import PacketIncomplete
from lienthong.profiles.vn.edxml.scalars import is_document_id
from lienthong.profiles.vn.edxml.values import (
    BusinessKind,
    DocumentPacket,
    Organ,
    OtherInfo,
    Packet,
    ReceiverChange,
    ResponseFor,
    StatusPacket,
    Trace,
)


def check(packet: Packet) -> None:
    """Check that a packet is complete and consistent.

    Raises:
        PacketIncomplete: it is not; the error lists everything that is wrong.
    """
    wrong = list(_document(packet) if isinstance(packet, DocumentPacket) else _status(packet))
    if wrong:
        raise PacketIncomplete("; ".join(wrong))


def label_of(packet: Packet) -> Label:
    """Return the label of a packet.

    Raises:
        PacketIncomplete: it is not known.
    """
    try:
        return Label.parse(packet.label if isinstance(packet, DocumentPacket) else "public")
    except LabelInvalid as error:
        raise PacketIncomplete(f"label: {error.where}") from error


def _document(packet: DocumentPacket) -> Iterator[str]:
    yield from _organ("sender", packet.sender)
    for number, organ in enumerate(packet.receivers, 1):
        yield from _organ(f"receiver {number}", organ)
    for there, place in (
        (packet.receivers, "receivers: there is none"),
        (packet.number.number, "number: it is missing"),
        (packet.promulgation.on, "promulgation: the date is missing"),
        (packet.type.name, "type: the name is missing"),
        (packet.subject.strip(), "subject: it is missing"),
        (is_document_id(packet.id), "id: neither ORGAN,YYYY/MM/DD,NUMBER nor a UUID"),
        (packet.steering is None or packet.steering in layout.STEERINGS, f"steering: {packet.steering} is none"),
    ):
        if not there:
            yield place
    yield from _other(packet.other or OtherInfo())
    for response in packet.responses:
        yield from _response(response)
    for trace in packet.trace:
        yield from _trace(trace)
    yield from _business(packet)
    yield from _attachments(packet)


def _status(packet: StatusPacket) -> Iterator[str]:
    yield from _organ("sender", packet.sender)
    if packet.status not in layout.STATUSES:
        yield f"status: {packet.status!r} is none"
    if packet.at is None:
        yield "at: it is missing"
    elif packet.at.tzinfo is None:
        yield "at: its zone is missing"
    if not packet.response.document_id:
        yield "response: the document's id is missing"
    yield from _response(packet.response)


def _organ(place: str, organ: Organ) -> Iterator[str]:
    yield from _code(place, organ.code, organ.written)


def _response(response: ResponseFor) -> Iterator[str]:
    yield from _code("response", response.organ, response.written)
    if response.document_id and not is_document_id(response.document_id):
        yield "response: the document's id is neither ORGAN,YYYY/MM/DD,NUMBER nor a UUID"


def _trace(trace: Trace) -> Iterator[str]:
    yield from _code("trace", trace.organ, trace.written)
    if trace.at is None or trace.at.tzinfo is None:
        yield "trace: the time or its zone is missing"


def _other(other: OtherInfo) -> Iterator[str]:
    if other.priority is not None and other.priority not in layout.PRIORITIES:
        yield f"priority: {other.priority} has no meaning"
    for name, number in (("copies", other.copies), ("pages", other.pages)):
        if number is not None and not 0 <= number < 10**9:
            yield f"{name}: {number} is no count"


def _business(packet: DocumentPacket) -> Iterator[str]:
    business = packet.business
    if business is None:
        return
    changes: tuple[ReceiverChange, ...] = business.info.receivers if business.info is not None else ()
    for change in changes:
        yield from _code("business receiver", change.organ, change.written)
    if business.kind is BusinessKind.REPLACE and not business.replacements:
        yield "business: it replaces nothing"
    if business.kind in {BusinessKind.REVOKE, BusinessKind.UPDATE} and not (business.document_id or packet.responses):
        yield "business: it does not say which document"
    for replacement in business.replacements:
        if not is_document_id(replacement.document_id):
            yield "business: the id of a replaced document is neither ORGAN,YYYY/MM/DD,NUMBER nor a UUID"
        for organ in replacement.organs:
            yield from _code("replacement", organ, "")


def _attachments(packet: DocumentPacket) -> Iterator[str]:
    seen: set[str] = set()
    for number, each in enumerate(packet.attachments, 1):
        if not each.name or not each.type:
            yield f"attachment {number}: the name or the type is missing"
        if not each.data:
            yield f"attachment {number}: it is empty"
        if each.content_id and each.content_id in seen:
            yield f"attachment {number}: the content id is that of an earlier one"
        seen.add(each.content_id)


def _code(place: str, code: str, written: str) -> Iterator[str]:
    """Yield what is wrong with an agency code, in the form that is to be written and the one that counts."""
    try:
        if canonical(code) != (canonical(written) if written else canonical(code)):
            yield f"{place}: {written} is another agency than {code}"
    except AgencyCodeInvalid as error:
        yield f"{place}: agency code {error.where}"
