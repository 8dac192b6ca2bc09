"""Documents in edXML (QCVN 102:2016): between the packets of the format and what an office knows of documents."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

from lienthong.kernel.agency_codes import canonical
from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.profiles.packets import Enclosure, Letter, News, Oddity, PacketFormat, Party, Received, Reference, Signed
from lienthong.profiles.vn.edxml import limits, reading, values, writing
from lienthong.profiles.vn.edxml.oddities import MEANINGS
from lienthong.profiles.vn.edxml.scalars import is_document_id
from lienthong.profiles.vn.urgency import URGENCIES

_RECALL: Final = "13"
# ``384-QĐ/TW`` of the Party, ``7816/VPCP-TTĐT`` of the State.
_NUMBER: Final = re.compile(r"(\d{1,9}\w?)([-/])(.+)", re.DOTALL)
_ORDINARY: Final = URGENCIES[0].slug
_BY_CODE: Final = {urgency.edxml_code: urgency.slug for urgency in URGENCIES}
_CODES: Final = {urgency.slug: urgency.edxml_code for urgency in URGENCIES}
_MIB: Final = 1024 * 1024
_BASED_ON: Final = "; "


def read(data: bytes) -> Received:
    """Read a packet; what is in packets nested in it comes along as further files.

    Raises:
        PacketUnreadable: it cannot be read.
    """
    found = reading.read(data)
    packet = found.packet
    content: Letter | News
    if isinstance(packet, values.StatusPacket):
        content = _news(packet)
    elif packet.business is not None and packet.business.kind is values.BusinessKind.REVOKE:
        content = _recall(packet, packet.business)
    else:
        content = _letter(packet, found)
    return Received(
        content=content,
        oddities=tuple(
            Oddity(code=each.code.value, text=MEANINGS[each.code], place=each.place, detail=each.detail)
            for each in found.findings
        ),
        signatures=tuple(
            Signed(verdict=each.verdict.value, whole=each.whole, subject=each.subject, reason=each.reason)
            for each in found.signatures
        ),
    )


def write(content: Letter | News) -> bytes:
    """Write a packet.

    Raises:
        PacketIncomplete: something that the format asks for is missing.
        MustBeSealed: it is classified.
    """
    return writing.write(_packet(content) if isinstance(content, Letter) else _status(content)).in_plain()


def same_id(text: str) -> str:
    """Return a document's id with the organ's code in the usual form, NFC; a UUID in small letters."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    found = values.DocumentId.parse(text)
    if found is None:
        return text.strip("{}").lower() if is_document_id(text) else text
    try:
        return id_of(canonical(found.organ), found.on, found.number)
    except AgencyCodeInvalid:
        return text


def id_of(organ: str, on: date, number: str) -> str:
    """Return the id of a document: ``G22,2015/09/30,7816/VPCP-TTĐT``."""
    return str(values.DocumentId(organ=organ, on=on, number=number))


def _letter(packet: values.DocumentPacket, found: reading.Reading) -> Letter:
    other, business = packet.other or values.OtherInfo(), packet.business or values.Business()
    return Letter(
        sender=_party(packet.sender),
        receivers=tuple(_party(each) for each in packet.receivers),
        id=same_id(packet.id),
        label=_label(found),
        type=packet.type.name,
        subject=packet.subject,
        number=_number(packet),
        dated=packet.promulgation.on,
        urgency=_BY_CODE.get(other.priority or 0, _ORDINARY),
        place=packet.promulgation.place,
        signer=packet.signer.name if packet.signer is not None else "",
        due=packet.due,
        pages=other.pages,
        copies=other.copies,
        note=packet.content,
        answers=tuple(_reference(each) for each in packet.responses),
        replaces=tuple(Reference(id=same_id(each.document_id)) for each in business.replacements if each.document_id),
        based_on=tuple(filter(None, (each.strip() for each in other.reference_codes.split(_BASED_ON.strip())))),
        files=tuple(_files(found)),
    )


def _news(packet: values.StatusPacket) -> News:
    return News(
        sender=_party(packet.sender),
        about=_reference(packet.response),
        code=packet.status,
        note=packet.description,
        at=packet.at,
    )


def _recall(packet: values.DocumentPacket, business: values.Business) -> News:
    """Return a packet that takes a document back, which is what status 13 asks for."""
    about = _reference(packet.responses[0]) if packet.responses else Reference(organ=packet.sender.code)
    if business.document_id:
        about = Reference(organ=about.organ, number=about.number, dated=about.dated, id=same_id(business.document_id))
    return News(sender=_party(packet.sender), about=about, code=_RECALL, note=business.reason or packet.subject)


def _party(organ: values.Organ) -> Party:
    return Party(code=organ.code, name=organ.name)


def _reference(response: values.ResponseFor) -> Reference:
    return Reference(organ=response.organ, number=response.code, dated=response.on, id=same_id(response.document_id))


def _number(packet: values.DocumentPacket) -> str:
    """Return the number as on the paper: as the document's id has it, else put together as most write it."""
    number, notation = packet.number.number.strip(), packet.number.notation.strip()
    named = values.DocumentId.parse(packet.id)
    if named is not None and number and named.number.startswith(number) and named.number.endswith(notation):
        return named.number
    if not number or not notation:
        return number or notation or (named.number if named is not None else "")
    return f"{number}{'-' if '/' in notation else '/'}{notation}"


def _label(found: reading.Reading) -> Label:
    """Return the least label that covers a packet and all in it."""
    packet = found.packet
    label = Label.parse(packet.label if isinstance(packet, values.DocumentPacket) else "public")
    for inner in found.nested.values():
        label = label.join(_label(inner))
    return label


def _files(found: reading.Reading) -> Iterator[Enclosure]:
    packet = found.packet
    if not isinstance(packet, values.DocumentPacket):
        return
    for number, each in enumerate(packet.attachments, 1):
        yield Enclosure(name=each.name, media_type=each.type, data=each.data)
        if number in found.nested:
            yield from _files(found.nested[number])


def _packet(letter: Letter) -> values.DocumentPacket:
    number = _NUMBER.fullmatch(letter.number)
    replaced = tuple(values.Replacement(document_id=each.id) for each in letter.replaces)
    return values.DocumentPacket(
        sender=_organ(letter.sender),
        receivers=tuple(_organ(each) for each in letter.receivers),
        number=values.Number(number=number[1], notation=number[3]) if number else values.Number(number=letter.number),
        promulgation=values.Promulgation(place=letter.place, on=letter.dated),
        type=values.DocumentType(name=letter.type),
        subject=letter.subject,
        content=letter.note,
        signer=values.Signer(name=letter.signer) if letter.signer else None,
        due=letter.due,
        places=tuple(each.name or each.code for each in letter.receivers),
        other=values.OtherInfo(
            priority=_CODES.get(letter.urgency, 0),
            copies=letter.copies,
            pages=letter.pages,
            reference_codes=_BASED_ON.join(letter.based_on),
        ),
        responses=tuple(_response(each) for each in letter.answers),
        id=letter.id,
        trace=(values.Trace(organ=letter.sender.code, at=letter.at),),
        business=values.Business(
            kind=values.BusinessKind.REPLACE if replaced else values.BusinessKind.NEW,
            document_id=letter.id,
            replacements=replaced,
        ),
        label=str(letter.label),
        attachments=tuple(
            values.Attachment(name=each.name, type=each.media_type, data=each.data) for each in letter.files
        ),
    )


def _status(news: News) -> values.StatusPacket:
    return values.StatusPacket(
        sender=_organ(news.sender),
        response=_response(news.about),
        status=news.code,
        description=news.note,
        at=news.at,
    )


def _organ(party: Party) -> values.Organ:
    return values.Organ(code=party.code, name=party.name)


def _response(about: Reference) -> values.ResponseFor:
    return values.ResponseFor(organ=about.organ, code=about.number, on=about.dated, document_id=about.id)


PACKETS: Final = PacketFormat(
    name="edXML",
    suffix="edxml",
    media_type="application/xml",
    largest=limits.DEFAULT.size,
    # Base64 takes four bytes for three; a megabyte is for all that is not a file.
    room=(limits.DEFAULT.size - _MIB) // 4 * 3,
    # Law 117/2025/QH15: what is a state secret only travels encrypted.
    highest=Level.INTERNAL,
    end=b"edXML>",
    code=canonical,
    same_id=same_id,
    id_of=id_of,
    read=read,
    write=write,
)
"""What ``Profile.packets`` returns."""
