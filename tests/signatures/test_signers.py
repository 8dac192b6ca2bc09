"""Where keys come from: files and tokens; and that nothing of them is shown."""

from pathlib import Path
from typing import NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from lienthong.signatures.errors import SignerInvalid
from lienthong.signatures.sign import sign
from lienthong.signatures.signers import KeySigner, usable
from lienthong.trust.errors import KeyStoreError
from tests.support.pdfs import Chain, judged, pdf

OURS = Chain.make()
PASSPHRASE = "mật khẩu".encode()


def never() -> NoReturn:
    raise AssertionError


def pkcs12(protection: KeySerializationEncryption) -> bytes:
    leaf = OURS.leaf
    return serialize_key_and_certificates(b"x", leaf.key, leaf.certificate, [OURS.middle.certificate], protection)


def own_file(path: Path) -> Path:
    path.touch(mode=0o600)
    return path


def pem_files(folder: Path, protection: KeySerializationEncryption) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", own_file(folder / "key.pem")
    chain = [OURS.leaf.certificate, OURS.middle.certificate]
    certificate.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
    key.write_bytes(OURS.leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    return certificate, key


def test_a_pkcs12_file_signs_and_asks_only_if_it_must(tmp_path: Path) -> None:
    path = own_file(tmp_path / "x.p12")
    for protection, ask in ((BestAvailableEncryption(PASSPHRASE), lambda: PASSPHRASE), (NoEncryption(), never)):
        path.write_bytes(pkcs12(protection))
        signer = KeySigner.from_pkcs12(path, ask)
        assert signer.chain == (OURS.middle.certificate,)
        assert judged(sign(pdf(), signer), OURS.trust).ok


def test_pem_files_sign_and_ask_only_if_they_must(tmp_path: Path) -> None:
    for protection, ask in ((BestAvailableEncryption(PASSPHRASE), lambda: PASSPHRASE), (NoEncryption(), never)):
        signer = KeySigner.from_pem(*pem_files(tmp_path, protection), ask)
        assert judged(sign(pdf(), signer), OURS.trust).ok


def test_what_is_wrong_with_files_is_told_and_no_secret_with_it(tmp_path: Path) -> None:
    path = own_file(tmp_path / "x.p12")
    for content in (
        b"",
        b"x",
        pkcs12(BestAvailableEncryption(b"another")),
        b"\x30\x82\x01\x00",
    ):
        path.write_bytes(content)
        with pytest.raises(SignerInvalid, match="passphrase is wrong") as refused:
            KeySigner.from_pkcs12(path, lambda: PASSPHRASE)
        assert PASSPHRASE.decode() not in str(refused.value)
    with pytest.raises(SignerInvalid):
        KeySigner.from_pkcs12(tmp_path / "missing.p12", never)
    certificate, key = pem_files(tmp_path, BestAvailableEncryption(b"another"))
    with pytest.raises(SignerInvalid, match="passphrase"):
        KeySigner.from_pem(certificate, key, lambda: PASSPHRASE)
    certificate, key = pem_files(tmp_path, NoEncryption())
    certificate.write_bytes(OURS.middle.certificate.public_bytes(Encoding.PEM))
    with pytest.raises(SignerInvalid, match="belong together"):
        KeySigner.from_pem(certificate, key, never)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    certificate, key = pem_files(tmp_path, NoEncryption())
    key.chmod(0o640)
    with pytest.raises(SignerInvalid, match=r"open to other users.*chmod 600"):
        KeySigner.from_pem(certificate, key, never)
    path = own_file(tmp_path / "x.p12")
    path.write_bytes(pkcs12(NoEncryption()))
    path.chmod(0o604)
    with pytest.raises(SignerInvalid, match=r"open to other users.*chmod 600"):
        KeySigner.from_pkcs12(path, never)


def test_nothing_of_the_key_is_shown() -> None:
    signer = KeySigner(certificate=OURS.leaf.certificate, key=OURS.leaf.key)
    assert "0x" not in repr(signer)
    assert "EllipticCurve" not in repr(signer)


def test_weak_and_strange_keys_are_refused() -> None:
    for key in (
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - that is the point
        ec.generate_private_key(ec.SECP256K1()),
        dsa.generate_private_key(2048),
        OURS.leaf.key.public_key(),
    ):
        with pytest.raises(SignerInvalid):
            usable(key, "x")
    good = ed25519.Ed25519PrivateKey.generate()
    assert usable(good, "x") is good


def test_without_a_passphrase_nothing_is_signed(tmp_path: Path) -> None:
    path = own_file(tmp_path / "x.p12")
    path.write_bytes(pkcs12(BestAvailableEncryption(PASSPHRASE)))

    def missing() -> NoReturn:
        raise KeyStoreError("there is no terminal to ask at")

    with pytest.raises(KeyStoreError):
        KeySigner.from_pkcs12(path, missing)
    assert list(tmp_path.iterdir()) == [path]
