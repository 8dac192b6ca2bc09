"""PDFs for tests, and authorities, signers and revocation lists made for them; signed by pyHanko as others would."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from lienthong.signatures.isolation import Task
from lienthong.signatures.report import Report, Signature
from lienthong.signatures.validation import validate

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
_LISTS = "http://lists.invalid/all.crl"


def now() -> datetime:
    """The present, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A certificate, its key, and who vouches for it."""

    certificate: x509.Certificate
    key: Key
    issuer: "Party | None" = None
    revoked: dict[int, datetime] = field(default_factory=dict)

    @property
    def chain(self) -> list[x509.Certificate]:
        """The certificates above it that are not self-signed."""
        above = self.issuer
        return [] if above is None or above.issuer is None else [above.certificate, *above.chain]

    def crl(self, *, at: datetime | None = None, days: int = 30) -> x509.CertificateRevocationList:
        """What it has revoked, published at a time."""
        at = at or now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=days))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for serial, since in self.revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(since)
                .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
                .build()
            )
        return builder.sign(self.key, hashes.SHA256())


def party(  # noqa: PLR0913 - everything that may be wrong with a certificate
    name: str,
    by: Party | None = None,
    *,
    authority: bool = False,
    begins: timedelta = timedelta(days=-30),
    ends: timedelta = timedelta(days=365),
    purposes: Sequence[x509.ObjectIdentifier] = (),
    signs: bool = True,
    listed: bool = True,
    key: Key | None = None,
) -> Party:
    """Make a party; without an issuer it signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = key if by is None else by.key
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    usage["content_commitment"] = signs and not authority
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() + begins)
        .not_valid_after(now() + ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=signs and not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if listed and by is not None:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(_LISTS)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return Party(certificate=builder.sign(signer, hashes.SHA256()), key=key, issuer=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A root, an authority below it and somebody who signs."""

    root: Party
    middle: Party
    leaf: Party

    @classmethod
    def make(cls, name: str = "Văn phòng Trung ương", **leaf: Any) -> "Chain":  # noqa: ANN401 - arguments of party
        """Make all three; the arguments are the leaf's."""
        root = party("Root", authority=True, begins=timedelta(days=-3650), ends=timedelta(days=3650))
        middle = party("Middle", root, authority=True, begins=timedelta(days=-1800), ends=timedelta(days=1800))
        return cls(root=root, middle=middle, leaf=party(name, middle, **leaf))

    @property
    def trust(self) -> list[x509.Certificate]:
        """Whom to trust to trust the leaf."""
        return [self.root.certificate]


def pdf(pages: int = 1, text: str = "Kính gửi") -> bytes:
    """A PDF with so many pages."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    for number in range(1, pages + 1):
        canvas.drawString(72, 720, f"{text.encode('ascii', 'replace').decode()} {number}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def pyhanko_signer(one: Party) -> signers.SimpleSigner:
    """Return pyHanko's own signer with the key in memory."""
    encoded = one.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register_multiple(asn1(each) for each in one.chain)
    return signers.SimpleSigner(
        signing_cert=asn1(one.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(encoded),
        cert_registry=store,
    )


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same as asn1crypto has it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def signed(
    data: bytes,
    one: Party,
    *,
    name: str = "Signature1",
    timestamper: TimeStamper | None = None,
    strict: bool = True,
    **metadata: Any,  # noqa: ANN401 - fields of PdfSignatureMetadata
) -> bytes:
    """Sign as pyHanko does by itself."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=strict)
    chosen: dict[str, Any] = {"subfilter": fields.SigSeedSubFilter.PADES, "md_algorithm": "sha256"} | metadata
    meta = signers.PdfSignatureMetadata(field_name=name, **chosen)
    output = signers.PdfSigner(meta, signer=pyhanko_signer(one), timestamper=timestamper).sign_pdf(writer)
    return bytes(output.getvalue())


class DirectStamper(TimeStamper):
    """Asks a timestamp authority without HTTP."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's is untyped
        self._ask = ask

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._ask(req.dump()))


def updated(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Append a revision: `change` gets the writer."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def judged(
    data: bytes,
    trust: Iterable[x509.Certificate] = (),
    *,
    at: datetime | None = None,
    crls: Iterable[x509.CertificateRevocationList] = (),
    ocsps: Iterable[bytes] = (),
) -> Report:
    """Judge in this process, which is quicker than in a child and the same."""
    at = at or now()
    task = Task(
        seconds=60,
        memory=0,
        at=at,
        trust=tuple(each.public_bytes(Encoding.DER) for each in trust),
        crls=tuple(each.public_bytes(Encoding.DER) for each in crls),
        ocsps=tuple(ocsps),
    )
    return validate(data, task, at=at)


def only(report: Report) -> Signature:
    """Return a report's one signature."""
    (signature,) = report.signatures
    return signature
