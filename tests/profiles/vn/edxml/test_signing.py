"""Signing packets: other programs find the signature good, and keys that must not be used are refused."""

import base64
import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from lxml import etree

from lienthong.profiles.vn.edxml.errors import SigningKeyUnusable
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.signatures import Verdict
from lienthong.profiles.vn.edxml.signing import Signer, read_private
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import PACKET, signer

DS = "{http://www.w3.org/2000/09/xmldsig#}"
RSA = rsa.generate_private_key(65537, 2048)
ECDSA = ec.generate_private_key(ec.SECP256R1())
KEYS: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {"rsa": RSA, "ecdsa": ECDSA}


@pytest.mark.parametrize("kind", KEYS)
def test_a_signed_packet_is_intact_and_says_the_same(kind: str) -> None:
    reading = read(write(PACKET, signer=signer(KEYS[kind])).in_plain())
    assert reading.packet == PACKET
    assert reading.findings == ()
    (report,) = reading.signatures
    assert (report.verdict, report.whole, report.weak) == (Verdict.INTACT, True, False)
    assert (report.algorithm, report.digests) == (f"{kind}-sha256", ("sha256",))
    assert report.subject == "CN=Văn thư"


@pytest.mark.openssl
def test_openssl_and_libxml2_alone_find_it_good(tmp_path: Path) -> None:
    """No code of ours and none of signxml's: the canonical form by lxml, digest and signature by openssl."""
    made = signer(RSA)
    root = etree.fromstring(write(PACKET, signer=made).in_plain())
    signature = root.find(f".//{DS}Signature")
    assert signature is not None
    info = signature.find(f"{DS}SignedInfo")
    value, digest = signature.findtext(f"{DS}SignatureValue"), signature.findtext(f".//{DS}DigestValue")
    assert info is not None
    assert value is not None
    assert digest is not None
    (tmp_path / "info").write_bytes(etree.tostring(info, method="c14n", exclusive=True))
    (tmp_path / "value").write_bytes(base64.b64decode(value))
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key").write_bytes(public)
    command = ("openssl", "dgst", "-sha256", "-verify", "key", "-signature", "value", "info")
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "Verified OK" in done.stdout
    header, tail = signature.getparent(), signature.tail
    assert header is not None
    before = signature.getprevious()
    assert before is not None
    header.remove(signature)
    before.tail = (before.tail or "") + (tail or "")
    (tmp_path / "packet").write_bytes(etree.tostring(root, method="c14n", exclusive=True))
    digesting = ("openssl", "dgst", "-sha256", "-binary", "packet")
    done_digest = subprocess.run(digesting, cwd=tmp_path, check=True, capture_output=True)
    assert base64.b64encode(done_digest.stdout).decode() == digest
    certificate = base64.b64decode(signature.findtext(f".//{DS}X509Certificate") or "")
    assert certificate == made.certificate.public_bytes(Encoding.DER)


def test_the_form_of_the_signature() -> None:
    root = etree.fromstring(write(PACKET, signer=signer(RSA)).in_plain())
    signature = root.find(f".//{DS}Signature")
    assert signature is not None
    parent = signature.getparent()
    assert parent is not None
    assert etree.QName(parent).localname == "edXMLHeader"
    assert {each.get("Algorithm") for each in signature.iter(f"{DS}CanonicalizationMethod")} == {
        "http://www.w3.org/2001/10/xml-exc-c14n#"
    }
    data = signature.find(f"{DS}KeyInfo/{DS}X509Data")
    assert data is not None
    assert [etree.QName(each).localname for each in data] == ["X509SubjectName", "X509Certificate"]
    assert signature.get("Id") is None
    # The prefixes that consumers look for are still there.
    assert b"<edXML:OrganId>" in write(PACKET, signer=signer(RSA)).in_plain()


def test_a_pkcs12_file() -> None:
    made = signer(ECDSA)
    other = signer(RSA, name="Cơ quan").certificate
    data = pkcs12.serialize_key_and_certificates(b"x", ECDSA, made.certificate, [other], BestAvailableEncryption(b"mk"))
    loaded = Signer.from_pkcs12(data, b"mk")
    assert loaded.certificate == made.certificate
    assert loaded.chain == (other,)
    assert read(write(PACKET, signer=loaded).in_plain()).signatures[0].subject == "CN=Văn thư"
    for passphrase in (b"other", None):
        with pytest.raises(SigningKeyUnusable):
            Signer.from_pkcs12(data, passphrase)
    with pytest.raises(SigningKeyUnusable):
        Signer.from_pkcs12(b"no such thing", b"")


def _pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, passphrase: bytes = b""
) -> bytes:
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def test_certificate_and_key_in_pem() -> None:
    made = signer(RSA)
    certificate = made.certificate.public_bytes(Encoding.PEM)
    assert Signer.from_pem(certificate, _pem(RSA), None).certificate == made.certificate
    assert Signer.from_pem(certificate, _pem(RSA, b"mk"), b"mk").certificate == made.certificate
    for key, passphrase, why in (
        (_pem(RSA, b"mk"), None, "not PEM"),
        (_pem(RSA, b"mk"), b"other", "not PEM"),
        (_pem(ECDSA), None, "not that of the certificate"),
        (_pem(ed25519.Ed25519PrivateKey.generate()), None, "neither RSA nor ECDSA"),
        (_pem(rsa.generate_private_key(65537, 1024)), None, "too short"),  # noqa: S505 - the point
        (b"", None, "not PEM"),
    ):
        with pytest.raises(SigningKeyUnusable, match=why):
            Signer.from_pem(certificate, key, passphrase)


def test_an_expired_certificate_signs_nothing() -> None:
    certificate = signer(RSA, days=-1).certificate.public_bytes(Encoding.PEM)
    with pytest.raises(SigningKeyUnusable, match="not valid now"):
        Signer.from_pem(certificate, _pem(RSA), None)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(_pem(RSA))
    path.chmod(0o640)
    with pytest.raises(SigningKeyUnusable, match="read by others"):
        read_private(path)
    path.chmod(0o600)
    assert read_private(path) == _pem(RSA)
    with pytest.raises(SigningKeyUnusable):
        read_private(tmp_path / "none")


def test_large_packets_are_signed_and_checked() -> None:
    large = msgspec.structs.replace(PACKET.attachments[0], data=b"%PDF-" + bytes(12 << 20))
    packet = msgspec.structs.replace(PACKET, attachments=(large,))
    (report,) = read(write(packet, signer=signer(RSA)).in_plain()).signatures
    assert report.verdict is Verdict.INTACT


def test_what_signs_is_really_the_key() -> None:
    root = etree.fromstring(write(PACKET, signer=signer(RSA)).in_plain())
    info = root.find(f".//{DS}SignedInfo")
    assert info is not None
    RSA.public_key().verify(
        base64.b64decode(root.findtext(f".//{DS}SignatureValue") or ""),
        etree.tostring(info, method="c14n", exclusive=True),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
