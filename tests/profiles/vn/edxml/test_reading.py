"""Reading what producers write: every oddity is noted, none of them stops anything."""

import base64
import zipfile
from datetime import date, datetime, timedelta

import pytest

from lienthong.profiles.vn.edxml.oddities import Oddity
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.values import (
    LOCAL,
    Attachment,
    BusinessInfo,
    BusinessKind,
    DocumentPacket,
    ErrorEntry,
    Organ,
    ReceiverChange,
    Replacement,
    StatusPacket,
)
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import HEADER, ID, NS, PACKET, PDF, attachment, codes, text, zipped


def document(xml: str | bytes) -> DocumentPacket:
    packet = read(xml if isinstance(xml, bytes) else xml.encode()).packet
    assert isinstance(packet, DocumentPacket)
    return packet


def only(xml: str) -> Attachment:
    (found,) = document(xml).attachments
    return found


def found(xml: str | bytes) -> list[Oddity]:
    return codes(read(xml if isinstance(xml, bytes) else xml.encode()))


def test_a_packet_as_the_format_has_it() -> None:
    reading = read(text(attachment(PDF)).encode())
    packet = reading.packet
    assert isinstance(packet, DocumentPacket)
    assert reading.findings == ()
    assert packet.sender == Organ(code="G22", written="000.00.00.G22")
    assert packet.receivers == (Organ(code="H37.DN.001"),)
    assert packet.promulgation.on == date(2015, 9, 30)
    assert packet.id == ID
    assert packet.attachments[0].data == PDF
    assert reading.encoding == "utf-8"


@pytest.mark.parametrize("uri", ["http://www.e-doc.vn/Schema/", "http://www.go.vn/eDoc", ""])
def test_other_namespaces(uri: str) -> None:
    xml = text(attachment(PDF)).replace(f'"{NS}"', f'"{uri}"')
    if not uri:
        xml = xml.replace(' xmlns=""', "").replace(' xmlns:edXML=""', "").replace("edXML:", "")
    reading = read(xml.encode())
    assert reading.packet == read(text(attachment(PDF)).encode()).packet
    assert codes(reading) == [Oddity.NAMESPACE]
    assert reading.findings[0].detail == uri


def test_attachments_outside_of_any_namespace() -> None:
    xml = text(attachment(PDF)).replace("<AttachmentEncoded>", '<AttachmentEncoded xmlns="">')
    assert only(xml).data == PDF
    assert found(xml) == [Oddity.NAMESPACE]


def test_any_order_of_elements() -> None:
    lines = HEADER.splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:-1]), lines[-1]])
    reading = read(text(attachment(PDF), header=turned).encode())
    assert reading.packet == read(text(attachment(PDF)).encode()).packet
    assert set(codes(reading)) == {Oddity.ORDER}


BUSINESS = """<edXML:TraceHeaderList>
<edXML:TraceHeader><edXML:OrganId>000.00.00.G22</edXML:OrganId>
<edXML:Timestamp>2015/09/30 08:15:00</edXML:Timestamp></edXML:TraceHeader>
<edXML:Bussiness><edXML:DocumentId>000.00.00.G22,2015/09/30,1/A</edXML:DocumentId>
<edXML:BussinessDocType>2</edXML:BussinessDocType><edXML:BussinessDocReason>Sửa</edXML:BussinessDocReason>
<edXML:BussinessDocumentInfo><edXML:DocumentReceiver>1</edXML:DocumentReceiver><edXML:ReceiverList>
<edXML:Receiver><edXML:OrganId>H49</edXML:OrganId><edXML:ReceiverType>0</edXML:ReceiverType></edXML:Receiver>
<edXML:Receiver><edXML:OrganId>H50</edXML:OrganId><edXML:ReceiverType>1</edXML:ReceiverType></edXML:Receiver>
</edXML:ReceiverList></edXML:BussinessDocumentInfo>
<edXML:ReplacementInfoList><edXML:ReplacementInfo><edXML:DocumentId>000.00.00.G22,2015/09/30,1/A</edXML:DocumentId>
<edXML:OrganIdList><edXML:OrganId>H49</edXML:OrganId><edXML:OrganId>H50</edXML:OrganId></edXML:OrganIdList>
</edXML:ReplacementInfo></edXML:ReplacementInfoList></edXML:Bussiness></edXML:TraceHeaderList>"""


@pytest.mark.parametrize("spelling", ["Bussiness", "Business"])
def test_what_a_packet_does(spelling: str) -> None:
    xml = text(more=BUSINESS.replace("Bussiness", spelling))
    packet = document(xml)
    business = packet.business
    assert business is not None
    assert business.kind is BusinessKind.UPDATE
    assert business.info == BusinessInfo(
        receiver="1", receivers=(ReceiverChange(organ="H49", added=False), ReceiverChange(organ="H50"))
    )
    assert business.replacements == (Replacement(document_id="000.00.00.G22,2015/09/30,1/A", organs=("H49", "H50")),)
    assert packet.trace[0].at == datetime(2015, 9, 30, 8, 15, tzinfo=LOCAL)
    assert packet.trace[0].organ == "G22"
    assert set(found(xml)) == ({Oddity.SPELLING} if spelling == "Business" else set())


STATUS = """<edXML:MessageHeader><edXML:From><edXML:OrganId>000.00.00.H49</edXML:OrganId></edXML:From>
<edXML:ResponseFor><edXML:OrganId>000.00.00.G22</edXML:OrganId><edXML:Code>7816/VPCP-TTĐT</edXML:Code>
<edXML:PromulgationDate>2015/09/30</edXML:PromulgationDate><edXML:DocumentId>{id}</edXML:DocumentId></edXML:ResponseFor>
<edXML:StaffInfo><edXML:Staff>Văn thư</edXML:Staff></edXML:StaffInfo><edXML:StatusCode>{code}</edXML:StatusCode>
<edXML:Description>Đã đến</edXML:Description>
<edXML:Timestamp>2015/10/01 07:00:00</edXML:Timestamp></edXML:MessageHeader>"""


@pytest.mark.parametrize(("code", "read_as"), [("01", "01"), ("1", "01"), ("16", "16")])
def test_a_status(code: str, read_as: str) -> None:
    envelope = text(header=STATUS.format(id=ID, code=code)).partition("<AttachmentEncoded>")[0] + "</edXML>"
    reading = read(envelope.encode())
    packet = reading.packet
    assert isinstance(packet, StatusPacket)
    assert (packet.status, packet.response.document_id, packet.sender.code) == (read_as, ID, "H49")
    assert packet.at == datetime(2015, 10, 1, 7, tzinfo=LOCAL)
    assert reading.findings == ()


def test_a_status_that_nobody_knows() -> None:
    reading = read(text(header=STATUS.format(id=ID, code="99")).encode())
    assert isinstance(reading.packet, StatusPacket)
    assert reading.packet.status == ""
    assert codes(reading) == [Oddity.VALUE_UNKNOWN]


def test_errors_are_reported() -> None:
    error = "<edXML:Error><edXML:Code>7</edXML:Code><edXML:Description>Sai</edXML:Description></edXML:Error>"
    xml = text(more=f"<edXML:ErrorList>{error}</edXML:ErrorList>")
    assert document(xml).errors == (ErrorEntry(code="7", description="Sai"),)
    assert found(xml) == [Oddity.ERRORS]


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(PDF * 9).decode(),
        "\r\n".join(base64.b64encode(PDF * 9).decode()[at : at + 76] for at in range(0, 300, 76)),
        " \t".join(base64.b64encode(PDF * 9).decode()),
        f"<![CDATA[\n{base64.b64encode(PDF * 9).decode()}\n]]>",
    ],
)
def test_base64_with_blanks(encoded: str) -> None:
    xml = text(attachment(encoded))
    assert only(xml).data == PDF * 9
    assert found(xml) == []


@pytest.mark.parametrize(
    ("encoded", "data"), [("JVBERi0x*", b""), ("JVBERi0xLg", b"%PDF-1."), ("JVBERi0x LcOp\u00e9", b""), ("A", b"")]
)
def test_damaged_base64(encoded: str, data: bytes) -> None:
    xml = text(attachment(encoded))
    assert only(xml).data == data
    assert Oddity.BASE64 in found(xml)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("application/zip", Oddity.ZIPPED),
        ("application/x-zip-compressed", Oddity.ZIPPED),
        ("application/pdf", Oddity.ZIPPED_UNDECLARED),
        ("text/plain", Oddity.ZIPPED_UNDECLARED),
    ],
)
def test_an_attachment_in_a_zip_file(kind: str, code: Oddity) -> None:
    data = PDF if kind != "text/plain" else "Số 7816".encode()
    xml = text(attachment(zipped(("other.bin", data)), name="a.pdf" if data == PDF else "a.txt", kind=kind))
    attached = only(xml)
    assert attached.data == data
    assert attached.type == ("text/plain" if kind == "text/plain" else "application/pdf")
    assert found(xml) == [Oddity.ZIP_NAME, code]
    assert Oddity.ZIP_NAME not in found(text(attachment(zipped(("a.pdf", PDF)), name="a.pdf", kind="application/zip")))


def test_zip_files_that_stay_zip_files() -> None:
    several, none = zipped(("a", b"1"), ("b", b"2")), zipped()
    assert found(text(attachment(several, name="a.zip", kind="application/zip"))) == []
    assert only(text(attachment(zipped(("a", b"1")), name="a.ZIP", kind="application/zip"))).data[:2] == b"PK"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert found(text(attachment(several, name="a.docx", kind=word))) == []
    for data in (several, none + b"PK\x03\x04"):
        xml = text(attachment(data, name="a.pdf", kind="application/zip"))
        assert only(xml).data == data
    assert found(text(attachment(several, kind="application/zip"))) == [Oddity.ZIP_KEPT]
    assert found(text(attachment(several))) == [Oddity.TYPE_DIFFERS, Oddity.ZIP_KEPT]
    assert found(text(attachment(b"PK\x03\x04damaged", kind="application/zip"))) == [Oddity.ZIP_KEPT]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_methods_that_ask_for_memory_are_not_unpacked(method: int) -> None:
    data = zipped(("a.pdf", PDF), method=method)
    xml = text(attachment(data, kind="application/zip"))
    assert only(xml).data == data
    assert found(xml) == [Oddity.ZIP_KEPT]


def test_an_encrypted_zip_file_stays_one() -> None:
    data = bytearray(zipped(("a.pdf", PDF)))
    # The flag in both headers.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    xml = text(attachment(bytes(data), kind="application/zip"))
    assert only(xml).data == bytes(data)
    assert found(xml) == [Oddity.ZIP_KEPT]


def test_bytes_that_are_something_else() -> None:
    xml = text(attachment(b"Xin ch\xc3\xa0o"))
    assert (only(xml).type, found(xml)) == ("application/octet-stream", [Oddity.TYPE_DIFFERS])
    program = text(attachment(b"MZ\x90", kind="text/plain", name="a.txt"))
    assert (only(program).type, found(program)) == (
        "application/vnd.microsoft.portable-executable",
        [Oddity.TYPE_DIFFERS],
    )


@pytest.mark.parametrize("reference", ["cid:1", "CID:1", "1", "&lt;1&gt;", " cid:1 "])
def test_ids_with_and_without_cid(reference: str) -> None:
    assert found(text(attachment(PDF, reference=reference))) == []


def test_an_id_in_an_attribute() -> None:
    xml = text(attachment(PDF)).replace("<edXML:ContentId>cid:1</edXML:ContentId>", "")
    linked = xml.replace(
        "<edXML:Reference>", '<edXML:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:1">'
    )
    assert found(linked) == []
    assert set(found(xml)) == {Oddity.ATTACHMENT_MISSING, Oddity.REFERENCE_MISSING}


def test_a_manifest_that_disagrees() -> None:
    assert found(text(attachment(PDF, reference_name="b.pdf"))) == [Oddity.REFERENCE_DIFFERS]
    assert found(text(attachment(PDF), attachment(PDF, name="b.pdf"))) == [
        Oddity.CONTENT_ID_REPEATED,
        Oddity.ATTACHMENT_MISSING,
    ]
    nameless = text(attachment(PDF)).replace("<AttachmentName>a.pdf</AttachmentName>", "")
    assert only(nameless).name == "a.pdf"


def test_packets_nest() -> None:
    inner = text(attachment(PDF)).encode()
    middle = text(attachment(zipped(("x", inner)), name="inner.edxml", kind="application/zip")).encode()
    reading = read(text(attachment(middle, name="middle.xml", kind="text/xml")).encode())
    assert codes(reading) == [Oddity.NESTED]
    second = reading.nested[1]
    assert set(codes(second)) == {Oddity.NESTED, Oddity.ZIPPED, Oddity.ZIP_NAME}
    packet = second.nested[1].packet
    assert isinstance(packet, DocumentPacket)
    assert packet.attachments[0].data == PDF


def test_what_only_looks_like_a_packet_stays_an_attachment() -> None:
    data = b'<?xml version="1.0"?><edXML>'
    reading = read(text(attachment(data, name="a.edxml", kind="text/xml")).encode())
    assert codes(reading) == [Oddity.NESTED_UNREADABLE]
    assert reading.nested == {}


@pytest.mark.parametrize(
    ("written", "day"),
    [("2015-09-30", 30), ("30/09/2015", 30), ("30-9-2015", 30), ("2015/9/3", 3), ("2015/09/30 10:00:00", 30)],
)
def test_dates_in_other_forms(written: str, day: int) -> None:
    xml = text().replace("<edXML:PromulgationDate>2015/09/30", f"<edXML:PromulgationDate>{written}")
    assert document(xml).promulgation.on == date(2015, 9, day)
    assert found(xml) == [Oddity.DATE_FORM]


@pytest.mark.parametrize("written", ["00/00/1960", "2015", "hôm qua", "2015/13/01", "٢٠١٥/٠٩/٣٠"])
def test_dates_that_are_none(written: str) -> None:
    xml = text().replace("<edXML:PromulgationDate>2015/09/30", f"<edXML:PromulgationDate>{written}")
    assert document(xml).promulgation.on is None
    assert found(xml) == [Oddity.DATE_UNREADABLE]


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2015-09-30T08:15:00+07:00", datetime(2015, 9, 30, 8, 15, tzinfo=LOCAL)),
        ("2015-09-30T01:15:00.123Z", datetime(2015, 9, 30, 8, 15, tzinfo=LOCAL)),
        ("30/09/2015 8:15", datetime(2015, 9, 30, 8, 15, tzinfo=LOCAL)),
        ("2015/09/30", datetime(2015, 9, 30, tzinfo=LOCAL)),
    ],
)
def test_times_in_other_forms(written: str, at: datetime) -> None:
    xml = text(more=BUSINESS.replace("2015/09/30 08:15:00", written))
    (trace,) = document(xml).trace
    assert trace.at == at
    assert trace.at.utcoffset() == timedelta(hours=7)
    assert found(xml) == [Oddity.DATE_FORM]


def test_codes_and_numbers_that_are_none() -> None:
    other = (
        "<edXML:OtherInfo><edXML:Priority>9</edXML:Priority><edXML:PageAmount>N/A</edXML:PageAmount></edXML:OtherInfo>"
    )
    header = HEADER.replace(
        "<edXML:DocumentId>", f"{other}<edXML:SteeringType>3</edXML:SteeringType><edXML:DocumentId>"
    )
    xml = text(header=header.replace("H37.DN.001", "h37/dn"))
    packet = document(xml)
    assert packet.receivers[0].code == "h37/dn"
    assert packet.steering == 3
    assert packet.other is None
    assert set(found(xml)) == {Oddity.AGENCY_CODE, Oddity.VALUE_UNKNOWN, Oddity.NUMBER_UNREADABLE}


def test_ids_of_documents() -> None:
    uuid = "0b6e9b9a-53a0-4bb5-8b5b-d0a2f3c4e5f6"
    assert found(text().replace(ID, uuid)) == []
    assert found(text().replace(ID, uuid.replace("-", ""))) == []
    assert found(text().replace(ID, "7816")) == [Oddity.DOCUMENT_ID]


def test_what_is_missing_repeated_or_unknown() -> None:
    subject = "<edXML:Subject>Về việc kết nối</edXML:Subject>"
    assert found(text(header=HEADER.replace(subject, ""))) == [Oddity.MISSING]
    assert found(text(header=HEADER.replace(subject, subject * 2))) == [Oddity.REPEATED]
    assert found(text(header=HEADER.replace(subject, f"{subject}<edXML:Độ/>"))) == [Oddity.UNKNOWN_ELEMENT]


def test_another_outermost_element() -> None:
    envelope = text(attachment(PDF))
    reading = read(f'<soap:Envelope xmlns:soap="urn:soap"><soap:Body>{envelope}</soap:Body></soap:Envelope>'.encode())
    assert reading.packet == read(envelope.encode()).packet
    assert codes(reading) == [Oddity.NAMESPACE, Oddity.ROOT]


@pytest.mark.parametrize(
    ("label", "level", "code"),
    [("mật", "top-secret", Oddity.LABEL_UNKNOWN), ("internal", "internal", None), ("secret", "secret", None)],
)
def test_labels(label: str, level: str, code: Oddity | None) -> None:
    more = f'<x:Extension xmlns:x="urn:lienthong:edxml:1"><x:Label>{label}</x:Label></x:Extension>'
    xml = text(more=more)
    assert document(xml).label == level
    assert (code is None) or code in found(xml)
    assert (Oddity.LABEL_IN_PLAIN in found(xml)) is (level != "internal")


def test_a_label_in_another_namespace_is_none_and_two_are_joined() -> None:
    other = '<x:Extension xmlns:x="urn:other"><x:Label>secret</x:Label></x:Extension>'
    assert document(text(more=other)).label == "public"
    two = "<x:Label>confidential/a</x:Label><x:Label>internal/b</x:Label>"
    both = f'<x:Extension xmlns:x="urn:lienthong:edxml:1">{two}</x:Extension>'
    assert document(text(more=both)).label == "confidential/a,b"


def test_names_that_are_odd() -> None:
    names = {
        "../a.pdf": Oddity.NAME_UNSAFE,
        "quyê\u0301t định.pdf": Oddity.NAME_NOT_NFC,
        "quy\u0435t.pdf": Oddity.NAME_CONFUSABLE,
    }
    for name, code in names.items():
        assert code in found(text(attachment(PDF, name=name)))
    assert found(text(attachment(PDF, name="a.pdf"), attachment(PDF, name="A.PDF", content_id="2"))) == [
        Oddity.NAME_REPEATED
    ]


def test_the_line_of_an_oddity() -> None:
    declaration = '\n\n<?xml version="1.0"?>\n'
    (blank, odd) = read(text(header=HEADER.replace("2015/09/30<", "x<"), declaration=declaration).encode()).findings
    assert blank.code is Oddity.BLANK_START
    assert (odd.code, odd.line) == (Oddity.DATE_UNREADABLE, 8)
    assert odd.place == "edXMLHeader/MessageHeader/PromulgationInfo/PromulgationDate"


def test_what_we_write_is_read_with_nothing_odd() -> None:
    assert read(write(PACKET).in_plain()).findings == ()
