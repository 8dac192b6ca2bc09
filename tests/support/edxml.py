"""edXML packets: generated ones for the writer, and texts as producers write them for the reader."""

import base64
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import strategies as st

from lienthong.profiles.vn.edxml.media import by_start
from lienthong.profiles.vn.edxml.oddities import Oddity
from lienthong.profiles.vn.edxml.reading import Reading
from lienthong.profiles.vn.edxml.signing import Signer
from lienthong.profiles.vn.edxml.values import (
    LOCAL,
    Attachment,
    Business,
    BusinessInfo,
    BusinessKind,
    DocumentPacket,
    DocumentType,
    ErrorEntry,
    Number,
    Organ,
    OtherInfo,
    Promulgation,
    ReceiverChange,
    Replacement,
    ResponseFor,
    Staff,
    StatusPacket,
    Trace,
)
from lienthong.profiles.vn.edxml.values import Signer as SignerInfo

NS: Final = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
PDF: Final = b"%PDF-1.7\n1 0 obj\n"
ID: Final = "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"

PACKET: Final = DocumentPacket(
    sender=Organ(code="G22", written="000.00.00.G22", name="Văn phòng Chính phủ"),
    receivers=(Organ(code="H37.DN.001"),),
    number=Number(number="7816", notation="VPCP-TTĐT"),
    promulgation=Promulgation(place="Hà Nội", on=date(2015, 9, 30)),
    type=DocumentType(code="1", name="Công văn"),
    subject="Về việc kết nối, liên thông",
    id=ID,
    attachments=(Attachment(name="công văn.pdf", type="application/pdf", content_id="1", data=PDF),),
)
"""A small one that is complete."""

# Nothing but what XML carries, and no blanks around: reading drops these.
_TEXTS: Final = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=20
).map(str.strip)
_LINES: Final = st.lists(_TEXTS, max_size=3).map("\r\n\t".join).map(str.strip)
_SOME: Final = _TEXTS.filter(bool)
_CODES: Final = st.sampled_from(
    [("G22", "000.00.00.G22"), ("H37.DN.001", ""), ("H49", ""), ("A01.B", "00.00.B.A01"), ("H37.DN.001", "001.DN.H37")]
)
_DAYS: Final = st.dates(min_value=date(1, 1, 1))
_TIMES: Final = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)).map(  # noqa: DTZ001 - the zone is put in
    lambda at: at.replace(microsecond=0, tzinfo=LOCAL)
)
_IDS: Final = st.one_of(
    st.uuids().map(str),
    st.builds("{0.year:04}/{0.month:02}/{0.day:02}".format, _DAYS).map("000.00.00.G22,{},1/A".format),
)


@st.composite
def organs(draw: st.DrawFn) -> Organ:
    """An organ, its code in either form."""
    code, written = draw(_CODES)
    fields = ("in_charge", "name", "address", "email", "telephone", "fax", "website")
    return Organ(code=code, written=written, **{name: draw(_TEXTS) for name in fields})


@st.composite
def responses(draw: st.DrawFn) -> ResponseFor:
    """An answer to another document."""
    code, written = draw(_CODES)
    return ResponseFor(
        organ=code, written=written, code=draw(_TEXTS), on=draw(st.none() | _DAYS), document_id=draw(_IDS)
    )


@st.composite
def _traces(draw: st.DrawFn) -> Trace:
    code, written = draw(_CODES)
    return Trace(organ=code, written=written, at=draw(_TIMES))


@st.composite
def _changes(draw: st.DrawFn) -> ReceiverChange:
    code, written = draw(_CODES)
    return ReceiverChange(organ=code, written=written, added=draw(st.booleans()))


_STAFF: Final = st.builds(Staff, department=_TEXTS, name=_SOME, mobile=_TEXTS, email=_TEXTS)
_ERRORS: Final = st.lists(st.builds(ErrorEntry, code=_SOME, description=_TEXTS), max_size=2).map(tuple)


@st.composite
def _businesses(draw: st.DrawFn) -> Business:
    kind = draw(st.sampled_from(BusinessKind))
    replaced = st.builds(
        Replacement, document_id=_IDS, organs=st.lists(st.sampled_from(["H49", "000.00.00.G22"]), max_size=2).map(tuple)
    )
    info = st.builds(
        BusinessInfo, document=_TEXTS, receiver=_TEXTS, receivers=st.lists(_changes(), max_size=2).map(tuple)
    )
    return Business(
        kind=kind,
        reason=draw(_TEXTS),
        document_id=draw(_IDS),
        paper=draw(_TEXTS),
        info=draw(st.none() | info),
        replacements=tuple(draw(st.lists(replaced, min_size=1, max_size=2))) if kind is BusinessKind.REPLACE else (),
        staff=draw(st.none() | _STAFF),
    )


@st.composite
def _attachments(draw: st.DrawFn, number: int) -> Attachment:
    """An attachment whose type is that of its bytes, and which is no ZIP file to be unpacked."""
    data = draw(st.binary(min_size=1, max_size=60).filter(lambda data: not by_start(data)) | st.just(PDF))
    kind = by_start(data) or draw(st.sampled_from(["text/plain", "application/octet-stream", "image/svg+xml"]))
    return Attachment(
        name=draw(_SOME), type=kind, description=draw(_TEXTS), content_id=f"{number}-{draw(st.uuids())}", data=data
    )


_OTHERS: Final = st.builds(
    OtherInfo,
    priority=st.integers(0, 4),
    sphere=_TEXTS,
    typist=_TEXTS,
    copies=st.none() | st.integers(0, 10**9 - 1),
    pages=st.none() | st.integers(0, 10**9 - 1),
    direction=_TEXTS,
    reply_fors=_TEXTS,
    reference_codes=_TEXTS,
    appendixes=st.lists(_SOME, max_size=2).map(tuple),
)
LABELS: Final = st.sampled_from(["public", "internal", "confidential", "secret/personnel", "top-secret"])


@st.composite
def documents(draw: st.DrawFn) -> DocumentPacket:
    """A document that can be written."""
    attachments = tuple(draw(_attachments(number)) for number in range(draw(st.integers(0, 3))))
    return DocumentPacket(
        sender=draw(organs()),
        receivers=tuple(draw(st.lists(organs(), min_size=1, max_size=3))),
        number=draw(st.builds(Number, number=_SOME, notation=_TEXTS)),
        promulgation=draw(st.builds(Promulgation, place=_TEXTS, on=_DAYS)),
        type=draw(st.builds(DocumentType, code=_TEXTS, name=_SOME, detail=_TEXTS)),
        subject=draw(_SOME),
        content=draw(_LINES),
        signer=draw(st.none() | st.builds(SignerInfo, competence=_TEXTS, position=_TEXTS, name=_SOME)),
        due=draw(st.none() | _DAYS),
        places=tuple(draw(st.lists(_SOME, max_size=2))),
        other=draw(st.none() | _OTHERS),
        responses=tuple(draw(st.lists(responses(), max_size=2))),
        steering=draw(st.none() | st.integers(0, 3)),
        id=draw(_IDS),
        trace=tuple(draw(st.lists(_traces(), max_size=2))),
        business=draw(st.none() | _businesses()),
        label=draw(LABELS),
        errors=draw(_ERRORS),
        attachments=attachments,
    )


STATUSES: Final = st.builds(
    StatusPacket,
    sender=organs(),
    response=responses(),
    staff=st.none() | _STAFF,
    status=st.sampled_from(["01", "02", "03", "04", "05", "06", "13", "15", "16"]),
    description=_LINES,
    at=_TIMES,
    errors=_ERRORS,
)
"""Status packets that can be written."""


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def attachment(  # noqa: PLR0913 - what an attachment may say, right or wrong
    data: bytes | str,
    *,
    name: str = "a.pdf",
    kind: str = "application/pdf",
    content_id: str = "1",
    reference: str | None = None,
    reference_name: str | None = None,
) -> tuple[str, str]:
    """Return an attachment and its line of the manifest; a text stands for base64 as it is."""
    encoded = data if isinstance(data, str) else base64.b64encode(data).decode()
    inner = f"<ContentId>{content_id}</ContentId><AttachmentName>{name}</AttachmentName>"
    rest = f"<ContentType>{kind}</ContentType><ContentTransferEncoded>{encoded}</ContentTransferEncoded>"
    listed = (
        f"<edXML:Reference><edXML:ContentId>{reference or f'cid:{content_id}'}</edXML:ContentId>"
        f"<edXML:ContentType>{kind}</edXML:ContentType>"
        f"<edXML:AttachmentName>{reference_name or name}</edXML:AttachmentName></edXML:Reference>"
    )
    return f"<Attachment>{inner}{rest}</Attachment>", listed


HEADER: Final = f"""<edXML:MessageHeader>
<edXML:From><edXML:OrganId>000.00.00.G22</edXML:OrganId></edXML:From>
<edXML:To><edXML:OrganId>H37.DN.001</edXML:OrganId></edXML:To>
<edXML:Code><edXML:CodeNumber>7816</edXML:CodeNumber><edXML:CodeNotation>VPCP-TTĐT</edXML:CodeNotation></edXML:Code>
<edXML:PromulgationInfo><edXML:PromulgationDate>2015/09/30</edXML:PromulgationDate></edXML:PromulgationInfo>
<edXML:DocumentType><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType>
<edXML:Subject>Về việc kết nối</edXML:Subject>
<edXML:DocumentId>{ID}</edXML:DocumentId>
</edXML:MessageHeader>"""
"""What a document says at least."""


def text(*attachments: tuple[str, str], header: str = HEADER, more: str = "", declaration: str = "") -> str:
    """Return a packet as producers write it: a default namespace without, a prefix inside."""
    encoded, listed = "".join(each[0] for each in attachments), "".join(each[1] for each in attachments)
    return (
        f'{declaration}<edXML xmlns="{NS}"><edXML:edXMLEnvelope xmlns:edXML="{NS}">'
        f"<edXML:edXMLHeader>{header}{more}</edXML:edXMLHeader>"
        f'<edXML:edXMLBody><edXML:edXMLManifest version="1.0">{listed}</edXML:edXMLManifest></edXML:edXMLBody>'
        f"</edXML:edXMLEnvelope><AttachmentEncoded>{encoded}</AttachmentEncoded></edXML>"
    )


def codes(reading: Reading) -> list[Oddity]:
    """Return the codes of what was found odd."""
    return [each.code for each in reading.findings]


def signer(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, name: str = "Văn thư", days: int = 30) -> Signer:
    """Return a key with a certificate of its own, valid until so many days from now."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Signer(certificate=certificate, key=key)
