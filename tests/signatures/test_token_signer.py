"""Keys in a token: they sign there, and only for their own certificate."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lienthong.signatures.errors import SignerInvalid
from lienthong.signatures.report import Verdict
from lienthong.signatures.sign import sign
from lienthong.signatures.token_signer import TokenSigner
from lienthong.trust.errors import KeyStoreError
from tests.support.hsm import PIN, SoftHsm, soft_hsm
from tests.support.pdfs import Chain, judged, only, pdf

pytestmark = pytest.mark.hsm
ORGAN = Chain.make("Văn phòng", key=rsa.generate_private_key(65537, 2048))
PERSON = Chain.make("Chuyên viên", key=ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    made = soft_hsm(tmp_path_factory.getbasetemp())
    for id_, label, one in (("51", "organ seal", ORGAN.leaf), ("52", "person", PERSON.leaf)):
        made.keep(id_, label, one.key, one.certificate)
    # A certificate over another's key.
    made.keep("53", "mismatch", PERSON.leaf.key, Chain.make().leaf.certificate)
    return made


@pytest.mark.parametrize(("label", "chain"), [("organ seal", ORGAN), ("person", PERSON)])
def test_rsa_and_ecdsa_keys_sign_inside_the_token(hsm: SoftHsm, label: str, chain: Chain) -> None:
    signer = TokenSigner.open(hsm.library, hsm.token, PIN, label=label, chain=chain.leaf.chain)
    try:
        signature = only(judged(sign(pdf(), signer), chain.trust))
    finally:
        signer.close()
    assert (signature.verdict, signature.signer) == (Verdict.VALID, chain.leaf.certificate.subject.rfc4514_string()[3:])


def test_which_one_has_to_be_said(hsm: SoftHsm) -> None:
    for label in ("", "nobody"):
        with pytest.raises(SignerInvalid, match="organ seal"):
            TokenSigner.open(hsm.library, hsm.token, PIN, label=label)


def test_a_key_under_another_s_certificate_does_not_sign(hsm: SoftHsm) -> None:
    with pytest.raises(SignerInvalid, match="not that of the certificate"):
        TokenSigner.open(hsm.library, hsm.token, PIN, label="mismatch")


def test_a_wrong_pin_is_refused_and_not_repeated(hsm: SoftHsm) -> None:
    with pytest.raises(KeyStoreError) as refused:
        TokenSigner.open(hsm.library, hsm.token, b"0000-1111", label="person")
    assert "0000" not in str(refused.value)
    # It can be opened afterwards: nothing was left logged in.
    TokenSigner.open(hsm.library, hsm.token, PIN, label="person").close()
