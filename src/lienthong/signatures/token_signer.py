"""A key that signs inside a PKCS #11 token (HSM, smart card, USB token) and cannot leave it."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lienthong.signatures.errors import SignerInvalid

if TYPE_CHECKING:
    # Only when a token is opened: python-pkcs11 is an extra.
    from lienthong.trust.pkcs11_token import Token

_PROOF: Final = 32


class TokenSigner:
    """A `Signer` over a logged-in token; threads take turns, and it is not to be used after a fork."""

    def __init__(self, token: "Token", object_id: bytes, chain: Sequence[x509.Certificate]) -> None:
        """Join a token and the certificates of one of its keys; use `open`."""
        self._token = token
        self._id = object_id
        self.certificate, *above = chain
        self.chain = tuple(above)
        self.digest = "sha256"

    def __repr__(self) -> str:
        """Whose it is, and nothing else."""
        return f"<TokenSigner: {self.certificate.subject.rfc4514_string()}>"

    @classmethod
    def open(
        cls, library: Path, token: str, pin: bytes, *, label: str = "", chain: Sequence[x509.Certificate] = ()
    ) -> Self:
        """Log in, and find the certificate whose key is in the token.

        Args:
            library: the token maker's PKCS #11 library.
            token: the token's label.
            pin: the PIN of the token's user.
            label: the certificate's label in the token; needed if there are several with keys.
            chain: certificates above it.

        Raises:
            SignerInvalid: no such certificate, several, or its key does not sign for it.
            KeyStoreError: the token refuses, or python-pkcs11 is not installed.
        """
        from lienthong.trust.keystore_pkcs11 import open_token  # noqa: PLC0415 - an extra, needed from here on

        device = open_token(library, token, pin)
        try:
            return cls.over(device, token, label=label, chain=chain)
        except BaseException:
            device.close()
            raise

    @classmethod
    def over(cls, device: "Token", token: str, *, label: str = "", chain: Sequence[x509.Certificate] = ()) -> Self:
        """Find the certificate in a token that is logged in to, which others may use as well.

        Args:
            device: the token.
            token: its label.
            label: the certificate's label in it; needed if there are several with keys.
            chain: certificates above it.

        Raises:
            SignerInvalid: no such certificate, several, or its key does not sign for it.
            KeyStoreError: the token refuses.
        """
        object_id, certificate = _choose(device, token, label)
        signer = cls(device, object_id, [certificate, *chain])
        _prove(signer, token)
        return signer

    def close(self) -> None:
        """Log out."""
        self._token.close()

    def sign(self, data: bytes) -> bytes:
        """Sign inside the token.

        Raises:
            KeyStoreError: the token refuses.
        """
        if isinstance(self.certificate.public_key(), rsa.RSAPublicKey):
            return self._token.sign_rsa(self._id, data)
        raw = self._token.sign(self._id, data)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _choose(device: "Token", token: str, label: str) -> tuple[bytes, x509.Certificate]:
    """Return object id and certificate of the one to sign with."""
    fitting = device.certificates(label)
    if len(fitting) != 1:
        names = ", ".join(f"“{name}”" for _, name, _ in device.certificates()) or "none"
        raise SignerInvalid(
            f"token “{token}” has {len(fitting)} certificates with a key that fit; in all: {names}",
            hint="Name the one to sign with by its label.",
        )
    object_id, _label, der = fitting[0]
    return object_id, x509.load_der_x509_certificate(der)


def _prove(signer: TokenSigner, token: str) -> None:
    """Sign something: the id alone does not say that key and certificate belong together."""
    data = secrets.token_bytes(_PROOF)
    try:
        match signer.certificate.public_key():
            case rsa.RSAPublicKey() as public:
                public.verify(signer.sign(data), data, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePublicKey() as curve:
                curve.verify(signer.sign(data), data, ec.ECDSA(hashes.SHA256()))
            case _:
                raise SignerInvalid(f"token “{token}”: neither RSA nor ECDSA")
    except InvalidSignature:
        raise SignerInvalid(f"token “{token}”: the key is not that of the certificate") from None
