"""A PKCS#11 token (HSM, smart card, SoftHSM): the few things asked of it, behind typed calls.

Imports python-pkcs11 and with it the extra ``hsm``; `keystore_pkcs11` imports this module when a token
is really opened.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, Self, cast

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11.util.ec import encode_named_curve_parameters

from lienthong.trust.errors import KeyStoreError, PinRefused

_ID_SIZE: Final = 16
_IV_SIZE: Final = 12
_SEALING: Final = "lienthong sealing key"
_LOCKING: Final = "lienthong locking key"
_STAYS_INSIDE: Final = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
_P256: Final = encode_named_curve_parameters("secp256r1")
_POINT_SIZE: Final = 65


class _Key(Protocol):
    """What is asked of a key; the library mixes it in at run time, so that its stubs do not know it."""

    def sign(self, data: bytes, *, mechanism: pkcs11.Mechanism) -> bytes: ...

    def encrypt(self, data: bytes, *, mechanism: pkcs11.Mechanism, mechanism_param: pkcs11.GCMParams) -> bytes: ...

    def decrypt(self, data: bytes, *, mechanism: pkcs11.Mechanism, mechanism_param: pkcs11.GCMParams) -> bytes: ...


class Token:
    """One logged-in session; calls from several threads take turns."""

    def __init__(self, name: str, session: pkcs11.Session) -> None:
        """Wrap a session; use `open`."""
        self._name = name
        self._session = session
        self._turn = threading.Lock()
        self.closed = False
        self._signers: dict[bytes, _Key] = {}

    @classmethod
    def open(cls, library: Path, label: str, pin: bytes) -> Self:
        """Log in to the token of that label.

        Raises:
            KeyStoreError: no such library or token, wrong or locked PIN, the token is open already.
        """
        try:
            device = pkcs11.lib(str(library))
        except pkcs11.PKCS11Error:
            raise KeyStoreError(
                f"{library} cannot be loaded", hint="Give the path of the token maker's PKCS#11 library."
            ) from None
        try:
            text = pin.decode()
        except UnicodeDecodeError:
            raise PinRefused("the PIN is not text in UTF-8") from None
        name = f"token “{label}”"
        with _told(name):
            return cls(name, device.get_token(token_label=label).open(rw=True, user_pin=text))

    def close(self) -> None:
        """Log out."""
        with self._turn, _told(self._name):
            self.closed = True
            self._session.close()

    def new_sealing_key(self) -> tuple[bytes, bytes]:
        """Make a P-256 key that never leaves the token; return its object id and its compressed point."""
        id_ = secrets.token_bytes(_ID_SIZE)
        with self._turn, _told(self._name):
            curve = self._session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: _P256}, local=True
            )
            public, private = curve.generate_keypair(
                id=id_,
                label=_SEALING,
                store=True,
                capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                private_template=_STAYS_INSIDE,
            )
            # The point comes in a DER octet string; some tokens leave that off. The end is the same.
            point = bytes(public[pkcs11.Attribute.EC_POINT])[-_POINT_SIZE:]
        self._signers[id_] = cast("_Key", private)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return id_, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, id_: bytes, data: bytes) -> bytes:
        """Sign with ECDSA over SHA-256; r || s."""
        # CKM_ECDSA over our own digest: more tokens have it than CKM_ECDSA_SHA256 (SoftHSM 2.6 has not).
        digest = hashlib.sha256(data).digest()
        with self._turn, _told(self._name):
            signer = self._signers.get(id_)
            if signer is None:
                signer = self._signers[id_] = self._key(pkcs11.ObjectClass.PRIVATE_KEY, id_)
            return signer.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)

    def sign_rsa(self, id_: bytes, data: bytes) -> bytes:
        """Sign with RSA (PKCS #1 v1.5) over SHA-256."""
        with self._turn, _told(self._name):
            key = self._key(pkcs11.ObjectClass.PRIVATE_KEY, id_)
            return key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)

    def certificates(self, label: str = "") -> list[tuple[bytes, str, bytes]]:
        """Return the certificates in the token that have a private key there: object id, label, DER.

        Args:
            label: of those with this label only; a token may hold those of thousands of organs.
        """
        kind: dict[pkcs11.Attribute, object] = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
        if label:
            kind[pkcs11.Attribute.LABEL] = label
        with self._turn, _told(self._name):
            found = [
                (
                    bytes(each[pkcs11.Attribute.ID]),
                    str(each[pkcs11.Attribute.LABEL]),
                    bytes(each[pkcs11.Attribute.VALUE]),
                )
                for each in list(self._session.get_objects(kind))
            ]
            return [each for each in found if self._signs(each[0])]

    def remove_key(self, id_: bytes) -> None:
        """Destroy a key, of a pair both halves; harmless when it is not there."""
        with self._turn, _told(self._name):
            self._signers.pop(id_, None)
            for half in list(self._session.get_objects({pkcs11.Attribute.ID: id_})):
                half.destroy()

    def new_locking_key(self) -> bytes:
        """Make an AES-256 key that never leaves the token; return its object id."""
        id_ = secrets.token_bytes(_ID_SIZE)
        with self._turn, _told(self._name):
            self._session.generate_key(
                pkcs11.KeyType.AES,
                256,
                id=id_,
                label=_LOCKING,
                store=True,
                capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
                template=_STAYS_INSIDE,
            )
        return id_

    def has_locking_key(self, id_: bytes) -> bool:
        """Tell whether the token holds a locking key of that object id."""
        kind = {pkcs11.Attribute.ID: id_, pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY}
        with self._turn, _told(self._name):
            return bool(list(self._session.get_objects(kind)))

    def lock(self, id_: bytes, plain: bytes, associated: bytes) -> bytes:
        """Encrypt a few bytes under a locking key (AES-256-GCM): iv || ciphertext."""
        iv = secrets.token_bytes(_IV_SIZE)
        with self._turn, _told(self._name):
            key = self._key(pkcs11.ObjectClass.SECRET_KEY, id_)
            return iv + key.encrypt(plain, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(iv, associated))

    def unlock(self, id_: bytes, locked: bytes, associated: bytes) -> bytes:
        """Decrypt what `lock` encrypted."""
        iv, ciphertext = locked[:_IV_SIZE], locked[_IV_SIZE:]
        with self._turn, _told(self._name):
            key = self._key(pkcs11.ObjectClass.SECRET_KEY, id_)
            return key.decrypt(ciphertext, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(iv, associated))

    def _signs(self, id_: bytes) -> bool:
        """Tell whether there is a private key of that object id."""
        kind = {pkcs11.Attribute.ID: id_, pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
        return bool(list(self._session.get_objects(kind)))

    def _key(self, kind: pkcs11.ObjectClass, id_: bytes) -> _Key:
        return cast("_Key", self._session.get_key(object_class=kind, id=id_))


def _gcm(iv: bytes, associated: bytes) -> pkcs11.GCMParams:
    return pkcs11.GCMParams(iv, associated, 128)


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Turn what the token says into our own words."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        where = f"{place}: {type(error).__name__}"
        if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinLenRange):
            raise PinRefused(where) from None
        raise KeyStoreError(where, hint=_ADVICE.get(type(error), _OTHERWISE)) from None


_OTHERWISE: Final = "Look for this PKCS#11 error in the token's manual; start this program again if the token was away."
_ADVICE: Final[dict[type[Exception], str]] = {
    pkcs11.PinLocked: "The token's security officer must unlock the PIN.",
    pkcs11.NoSuchToken: "Check the token's label and that the token is connected.",
    pkcs11.NoSuchKey: "The key is not in this token: connect the right one, or restore it with its maker's tools.",
    pkcs11.UserAlreadyLoggedIn: "This process uses the token already: share one key store, or close the other first.",
}
