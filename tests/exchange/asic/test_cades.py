"""Signatures: our own check, `openssl` and pyHanko accept them, and refuse what was altered."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from lienthong.exchange.asic import cades
from lienthong.exchange.asic.errors import SignatureInvalid, SigningKeyInvalid
from lienthong.exchange.asic.local import make_local
from lienthong.exchange.asic.signer import Signer, signing
from lienthong.exchange.asic.verify_cms import verify_signed
from lienthong.kernel.clock import DAY, from_datetime, to_datetime
from lienthong.trust.keystore import MemoryKeyStore
from tests.support.authorities import certificate

NOW = from_datetime(datetime.now(UTC))
CONTENT = b"<manifest/>"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("signer")
    pem, key = make_local("Gateway tw", NOW)
    (folder / "c.pem").write_bytes(pem)
    (folder / "k.pem").touch(mode=0o600)
    (folder / "k.pem").write_bytes(key)
    return Signer.load(folder / "c.pem", folder / "k.pem", MemoryKeyStore())


@pytest.fixture(scope="module")
def signed(signer: Signer) -> cms.ContentInfo:
    return cades.sign(CONTENT, signer, at=NOW)


def rsa_signer() -> Signer:
    key = rsa.generate_private_key(65537, 2048)
    return Signer(certificate=certificate(key, "RSA"), chain=(), sign=signing(key))


def signed_data(signed: bytes) -> Any:  # noqa: ANN401 - asn1crypto is untyped
    return cms.ContentInfo.load(signed, strict=True)["content"]


async def judged(signed: bytes, content: bytes, authority: x509.Certificate) -> Any:  # noqa: ANN401 - as pyHanko has it
    """What pyHanko says, trusting one authority."""
    root = asn1_x509.Certificate.load(authority.public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[root], moment=to_datetime(NOW), best_signature_time=to_datetime(NOW))
    return await async_validate_detached_cms(content, signed_data(signed), signer_validation_context=context)


def openssl(folder: Path, signed: bytes, content: bytes, authority: x509.Certificate) -> tuple[int, str]:
    """What `openssl cms` says, trusting one authority and asking for CAdES: exit status and words."""
    (folder / "s.p7s").write_bytes(signed)
    (folder / "content").write_bytes(content)
    (folder / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    done = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "s.p7s"),
            *("-content", folder / "content", "-CAfile", folder / "ca.pem", "-out", "/dev/null"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.mark.openssl
@pytest.mark.parametrize("kind", ["ES256", "RSA"])
async def test_three_programs_accept_it(signer: Signer, tmp_path: Path, kind: str) -> None:
    using = signer if kind == "ES256" else rsa_signer()
    signed = cades.sign(CONTENT, using, at=NOW).dump()
    authority = using.chain[-1] if using.chain else using.certificate
    assert verify_signed(signed_data(signed), CONTENT, [using.certificate]) == using.certificate
    assert openssl(tmp_path, signed, CONTENT, authority) == (0, "CAdES Verification successful\n")
    status = await judged(signed, CONTENT, authority)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.bottom_line


@pytest.mark.openssl
async def test_three_programs_refuse_other_content(signer: Signer, tmp_path: Path) -> None:
    signed = cades.sign(CONTENT, signer, at=NOW).dump()
    with pytest.raises(SignatureInvalid, match="over something else"):
        verify_signed(signed_data(signed), b"another", [signer.certificate])
    assert openssl(tmp_path, signed, b"another", signer.chain[0])[0] != 0
    status = await judged(signed, b"another", signer.chain[0])
    assert (status.intact, status.bottom_line) == (False, False)


@pytest.mark.openssl
async def test_nobody_trusts_another_authority(signer: Signer, tmp_path: Path) -> None:
    signed = cades.sign(CONTENT, signer, at=NOW).dump()
    other = certificate(ec.generate_private_key(ec.SECP256R1()), "Other")
    with pytest.raises(SignatureInvalid, match="by somebody else"):
        verify_signed(signed_data(signed), CONTENT, [other])
    assert openssl(tmp_path, signed, CONTENT, other)[0] != 0
    assert not (await judged(signed, CONTENT, other)).trusted


def test_the_certificate_is_bound_into_it(signer: Signer) -> None:
    attributes = cades.sign(CONTENT, signer, at=NOW)["content"]["signer_infos"][0]["signed_attrs"]
    names = {each["type"].native for each in attributes}
    assert names == {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }


def test_an_ended_certificate_signs_nothing(signer: Signer) -> None:
    with pytest.raises(SigningKeyInvalid):
        cades.sign(CONTENT, signer, at=NOW + 731 * DAY)


@given(st.data())
def test_any_changed_byte_of_what_is_signed_is_refused(
    signer: Signer, signed: cms.ContentInfo, data: st.DataObject
) -> None:
    info = signed["content"]["signer_infos"][0]
    encoded = signed.dump()
    part = data.draw(st.sampled_from([info["signed_attrs"].contents, info["signature"].native]))
    at = encoded.index(part) + data.draw(st.integers(0, len(part) - 1))
    altered = encoded[:at] + bytes([encoded[at] ^ data.draw(st.integers(1, 255))]) + encoded[at + 1 :]
    with pytest.raises((SignatureInvalid, ValueError)):
        verify_signed(signed_data(altered), CONTENT, [signer.certificate])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(signer: Signer, data: bytes) -> None:
    with pytest.raises((SignatureInvalid, ValueError)):
        verify_signed(signed_data(data), CONTENT, [signer.certificate])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda info: info.__setitem__("digest_algorithm", {"algorithm": "sha1"}), "a digest by sha1"),
        (lambda info: info["signed_attrs"].append(info["signed_attrs"][0]), "more than once"),
        (lambda info: info.__setitem__("signed_attrs", []), "expected form"),
        (lambda info: info.__setitem__("signature_algorithm", {"algorithm": "sha256_rsa"}), "not known here"),
        (lambda info: info.__setitem__("signature", b"short"), "does not hold"),
    ],
)
def test_another_form_is_refused(signer: Signer, change: Any, says: str) -> None:  # noqa: ANN401 - what a test does to it
    signed = cades.sign(CONTENT, signer, at=NOW)
    change(signed["content"]["signer_infos"][0])
    with pytest.raises(SignatureInvalid, match=says):
        verify_signed(signed_data(signed.dump(force=True)), CONTENT, [signer.certificate])


def test_content_of_another_type_is_refused(signer: Signer) -> None:
    signed = cades.sign(CONTENT, signer, at=NOW)
    signed["content"]["encap_content_info"] = {"content_type": "tst_info"}
    with pytest.raises(SignatureInvalid, match="another type"):
        verify_signed(signed_data(signed.dump(force=True)), CONTENT, [signer.certificate])


def test_two_signatures_are_refused(signer: Signer) -> None:
    signed = cades.sign(CONTENT, signer, at=NOW)
    infos = signed["content"]["signer_infos"]
    infos.append(cades.sign(CONTENT, signer, at=NOW + DAY)["content"]["signer_infos"][0])
    with pytest.raises(SignatureInvalid, match="expected form"):
        verify_signed(signed_data(signed.dump(force=True)), CONTENT, [signer.certificate])
