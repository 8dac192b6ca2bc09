"""Certificates for tests: an authority, and keys of organs and persons under it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from reportlab.pdfgen.canvas import Canvas

PASSPHRASE = "mật khẩu của khóa"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that certifies keys."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def new(self, name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Make a key, and certify it."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = _builder(name, self.certificate.subject, key).add_extension(usage, critical=True)
        return key, builder.sign(self.key, hashes.SHA256())

    def pkcs12(self, name: str) -> bytes:
        """Return a new key and its certificate."""
        key, certificate = self.new(name)
        encryption = BestAvailableEncryption(PASSPHRASE.encode())
        return serialize_key_and_certificates(name.encode(), key, certificate, [self.certificate], encryption)

    def keep(self, folder: Path, name: str, subject: str) -> None:
        """Keep a new key where the office looks for it, and the authority among those that are trusted."""
        (folder / "trust").mkdir(parents=True, exist_ok=True)
        (folder / "trust" / "authority.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        for ending, content in (("p12", self.pkcs12(subject)), ("pass", PASSPHRASE.encode())):
            (folder / f"{name}.{ending}").write_bytes(content)
            (folder / f"{name}.{ending}").chmod(0o600)


def authority() -> Authority:
    """Make an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cơ quan chứng thực thử")])
    builder = _builder("Cơ quan chứng thực thử", subject, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def pdf(text: str = "Ke hoach", pages: int = 2) -> bytes:
    """Return a real PDF."""
    out = BytesIO()
    canvas = Canvas(out)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
    )
