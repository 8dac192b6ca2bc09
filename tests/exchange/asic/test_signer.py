"""Who signs: certificates and keys as operators hand them over, good and bad."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, PublicFormat

from lienthong.exchange.asic.errors import SigningKeyInvalid
from lienthong.exchange.asic.local import CERTIFICATE, KEY, ensure_local
from lienthong.exchange.asic.signer import Signer, read_certificates
from lienthong.exchange.asic.verify_cms import _HASHES
from lienthong.kernel.clock import DAY, from_datetime
from lienthong.trust.keys import Algorithm, kid_of
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey
from tests.support.authorities import certificate, pem_of

NOW = from_datetime(datetime.now(UTC))
EMPTY = MemoryKeyStore()


def pair(
    folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, other: bytes | None = None, mode: int = 0o600
) -> tuple[Path, Path]:
    """Files of a certificate and its key, or of another key."""
    (folder / "c.pem").write_bytes(certificate(key, "Somebody").public_bytes(Encoding.PEM))
    (folder / "k.pem").write_bytes(pem_of(key) if other is None else other)
    (folder / "k.pem").chmod(mode)
    return folder / "c.pem", folder / "k.pem"


def test_a_local_certificate_signs_and_says_under_whom(tmp_path: Path) -> None:
    made = ensure_local(tmp_path, name="Gateway tw" * 20, at=NOW)
    assert [path.name for path in made] == [CERTIFICATE, KEY]
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    signer = Signer.load(*made, EMPTY)
    (authority,) = signer.chain
    signer.certificate.verify_directly_issued_by(authority)
    usage = signer.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    signer.check_valid(NOW)
    public = signer.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signer.sign(b"data"), b"data", ec.ECDSA(_HASHES["sha256"]))


def test_it_stays_until_it_is_about_to_end(tmp_path: Path) -> None:
    ensure_local(tmp_path, name="tw", at=NOW)
    first = (tmp_path / CERTIFICATE).read_bytes()
    ensure_local(tmp_path, name="tw", at=NOW + 600 * DAY)
    assert (tmp_path / CERTIFICATE).read_bytes() == first
    ensure_local(tmp_path, name="tw", at=NOW + 701 * DAY)
    second = (tmp_path / CERTIFICATE).read_bytes()
    assert second != first
    (tmp_path / KEY).unlink()
    ensure_local(tmp_path, name="tw", at=NOW)
    assert (tmp_path / CERTIFICATE).read_bytes() != second
    (tmp_path / CERTIFICATE).write_bytes(b"damaged")
    Signer.load(*ensure_local(tmp_path, name="tw", at=NOW), EMPTY)


@pytest.mark.parametrize("day", [-181, 181])
def test_a_certificate_that_is_not_valid_signs_nothing(tmp_path: Path, day: int) -> None:
    signer = Signer.load(*pair(tmp_path, ec.generate_private_key(ec.SECP256R1())), EMPTY)
    signer.check_valid(NOW)
    with pytest.raises(SigningKeyInvalid, match="CN=Somebody is valid from"):
        signer.check_valid(NOW + day * DAY)


def test_an_rsa_key_will_do(tmp_path: Path) -> None:
    signer = Signer.load(*pair(tmp_path, rsa.generate_private_key(65537, 2048)), EMPTY)
    assert len(signer.sign(b"data")) == 256


def test_a_key_may_be_in_the_key_store(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path, _ = pair(tmp_path, key)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    secret = key.private_numbers().private_value.to_bytes(32)
    held = PrivateKey(kid=kid_of(Algorithm.ES256, point), algorithm=Algorithm.ES256, secret=secret)
    signer = Signer.load(path, None, MemoryKeyStore([held]))
    key.public_key().verify(signer.sign(b"data"), b"data", ec.ECDSA(_HASHES["sha256"]))
    with pytest.raises(SigningKeyInvalid, match="not in the key store"):
        Signer.load(path, None, EMPTY)


def test_keys_in_the_store_are_p256(tmp_path: Path) -> None:
    path, _ = pair(tmp_path, rsa.generate_private_key(65537, 2048))
    with pytest.raises(SigningKeyInvalid, match="P-256"):
        Signer.load(path, None, EMPTY)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    files = pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), mode=0o640)
    with pytest.raises(SigningKeyInvalid, match=r"open to other users.*chmod 600"):
        Signer.load(*files, EMPTY)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (b"no key", "k.pem: "),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "is not the key of"),
        (pem_of(ec.generate_private_key(ec.SECP384R1())), "neither P-256 nor RSA"),
        (
            pem_of(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - too short is what it is about
            "neither P-256 nor RSA",
        ),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "encrypted",
        ),
    ],
)
def test_another_key_is_refused(tmp_path: Path, other: bytes, says: str) -> None:
    files = pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), other=other)
    with pytest.raises(SigningKeyInvalid, match=says):
        Signer.load(*files, EMPTY)


def test_a_certificate_of_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    certificate_ = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2035, 1, 1, tzinfo=UTC))
        .sign(key, None)
    )
    _, private = pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "c.pem").write_bytes(certificate_.public_bytes(Encoding.PEM))
    with pytest.raises(SigningKeyInvalid, match="is not the key of"):
        Signer.load(tmp_path / "c.pem", private, EMPTY)


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyInvalid, match=r"none\.pem: No such file"):
        read_certificates(tmp_path / "none.pem")
    (tmp_path / "c.pem").write_bytes(b"no certificate")
    with pytest.raises(SigningKeyInvalid, match=r"c\.pem"):
        read_certificates(tmp_path / "c.pem")
