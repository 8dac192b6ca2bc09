"""Envelopes: content encrypted end to end, its key wrapped for each receiver.

COSE_Encrypt (RFC 9052, section 5) with HPKE key encryption (draft-ietf-cose-hpke): AES-256-GCM under a
fresh content key, which is wrapped to the receiver's public key. From confidential upwards the receiver's
key is a hybrid of ML-KEM-768 and X25519, so that what is recorded today stays closed to a quantum computer.

A call that was opened this way also gives both ends a *session*: keys derived from its content key, for
the answer and for the calls of the next minute, which then need no public-key operation (COSE_Encrypt0).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

import cbor2
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.keys import KID_SIZE, Algorithm, KeyStore, PublicKey

TAG_ENCRYPT: Final = 96
TAG_ENCRYPT0: Final = 16
A256GCM: Final = 3
KEY_SIZE: Final = 32
IV_SIZE: Final = 12
SESSION_ID_SIZE: Final = 16
MAX_ENVELOPE: Final = 8 * 1024 * 1024
_ALG, _KID, _IV, _EK = 1, 4, 5, -4
_PROTECTED: Final = cbor.encode({_ALG: A256GCM})
# A COSE_Encrypt up to its nonce: tag 96, array of four, map of one; the list of its one recipient up to the protected
# header; and what stands around the key's id in the recipient's unprotected header.
_ENVELOPE: Final = b"\xd8\x60\x84" + cbor.byte_string(_PROTECTED) + b"\xa1\x05\x4c"
_ONE_RECIPIENT: Final = b"\x81\x83"
_KEY_ID: Final = b"\xa2\x04\x50"
_ENCAPSULATED: Final = b"\x23"
# A COSE_Encrypt0 up to its session id, and from there up to its nonce: tag 16, array of three, map of two.
_SESSION: Final = b"\xd0\x83" + cbor.byte_string(_PROTECTED) + b"\xa2\x04\x50"
_NONCE: Final = b"\x05\x4c"
# The Enc_structure (RFC 9052, section 5.3) up to the external data, by its context.
_AUTHENTICATED: Final = {
    "Encrypt": b"\x83\x67Encrypt" + cbor.byte_string(_PROTECTED),
    "Encrypt0": b"\x83\x68Encrypt0" + cbor.byte_string(_PROTECTED),
}


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True):
    """An opened envelope."""

    plaintext: bytes
    # The content key: 32 bytes, from which a session may be derived.
    content_key: bytes
    # The receiver's key that opened it.
    kid: bytes
    # How the envelope ends: the wrapped content key, encoded. Further envelopes may share it (``Wrap``).
    recipients: bytes


@cache
def suite_of(algorithm: Algorithm) -> Suite:
    """Return the HPKE suite of a wrapping algorithm (RFC 9180).

    Raises:
        EnvelopeInvalid: the algorithm does not wrap.
    """
    match algorithm:
        case Algorithm.HPKE_4_KE:
            return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
        case Algorithm.HPKE_MLKEM768_X25519_KE:
            return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
        case _:
            raise EnvelopeInvalid(f"algorithm {int(algorithm)} does not wrap")


@cache
def _encapsulation_size(algorithm: Algorithm) -> int:
    kem = KEM.X25519 if algorithm is Algorithm.HPKE_4_KE else KEM.MLKEM768_X25519
    return kem.enc_length()


def encrypt(plaintext: bytes, *, to: PublicKey, aad: bytes = b"", content_key: bytes | None = None) -> bytes:
    """Encrypt for one receiver.

    Args:
        plaintext: any bytes.
        to: the receiver's wrapping key.
        aad: bound to the ciphertext but not part of it; the receiver must know it.
        content_key: 32 fresh bytes if the caller derives a session from them.

    Returns:
        The tagged COSE_Encrypt, encoded.

    Raises:
        EnvelopeInvalid: the key does not wrap, or its public bytes are not a key.
    """
    return Wrap.to(to, content_key=content_key).encrypt(plaintext, aad=aad)


class Wrap:
    """A content key and its wrapped form: several envelopes to one receiver may share it.

    Each envelope has a random nonce of its own. Whoever opens one of them can open all.
    """

    __slots__ = ("_cipher", "_recipients", "content_key", "count")

    def __init__(self, content_key: bytes, recipients: bytes) -> None:
        """Use a content key that is wrapped already: ``recipients`` is how envelopes end that carry it."""
        self.content_key = content_key
        self._cipher = AESGCM(content_key)
        self._recipients = recipients
        # How many envelopes have been made.
        self.count = 0

    @classmethod
    def to(cls, key: PublicKey, *, content_key: bytes | None = None) -> Self:
        """Wrap a content key, a fresh one unless given, to a receiver's key.

        Raises:
            EnvelopeInvalid: the key does not wrap, or its public bytes are not a key.
        """
        content_key = content_key or os.urandom(KEY_SIZE)
        recipient = cbor.encode({_ALG: int(key.algorithm)})
        suite = suite_of(key.algorithm)
        try:
            wrapped = suite.encrypt(content_key, key.encapsulation_key, info=_info(recipient))
        except ValueError:
            advice = "Its organ must publish another key."
            raise EnvelopeInvalid(f"key {key.kid.hex()} is malformed", hint=advice) from None
        size = _encapsulation_size(key.algorithm)
        return cls(
            content_key,
            b"".join(
                (
                    _ONE_RECIPIENT,
                    cbor.byte_string(recipient),
                    _KEY_ID,
                    key.kid,
                    _ENCAPSULATED,
                    cbor.byte_string(wrapped[:size]),
                    cbor.byte_string(wrapped[size:]),
                )
            ),
        )

    def encrypt(self, plaintext: bytes, *, aad: bytes = b"") -> bytes:
        """Encrypt something and return the tagged COSE_Encrypt, encoded."""
        self.count += 1
        iv = os.urandom(IV_SIZE)
        ciphertext = self._cipher.encrypt(iv, plaintext, _authenticated("Encrypt", aad))
        return b"".join((_ENVELOPE, iv, cbor.byte_string(ciphertext), self._recipients))


class Unwraps:
    """Content keys that were unwrapped of late: a further envelope under one of them needs no public-key operation."""

    def __init__(self, *, remembered: int = 1024) -> None:
        """Remember so many."""
        self._remembered = remembered
        # How envelopes end that carry the key → id of the key that opens it, content key.
        self._known: dict[bytes, tuple[bytes, bytes]] = {}

    def find(self, recipients: bytes, *, store: KeyStore, resolve: Callable[[bytes], PublicKey]) -> Unwrapped | None:
        """Return what opens an envelope, but for its plaintext; None if it has not been unwrapped of late.

        Raises:
            KeyUnknown: the key that unwrapped it is not the receiver's.
        """
        kid, content_key = self._known.get(recipients, (b"", b""))
        # A key that was taken out of the store opens nothing any more.
        if not content_key or kid not in store.kids():
            return None
        resolve(kid)
        return Unwrapped(plaintext=b"", content_key=content_key, kid=kid, recipients=recipients)

    def add(self, unwrapped: Unwrapped) -> None:
        """Remember what has opened an envelope."""
        if len(self._known) >= self._remembered:
            del self._known[next(iter(self._known))]
        self._known[unwrapped.recipients] = (unwrapped.kid, unwrapped.content_key)


def decrypt(
    envelope: bytes,
    *,
    store: KeyStore,
    resolve: Callable[[bytes], PublicKey],
    aad: bytes = b"",
    known: Unwraps | None = None,
) -> Unwrapped:
    """Open an envelope with the receiver's key.

    Args:
        envelope: a tagged COSE_Encrypt with one recipient.
        store: holds the receiver's private key.
        resolve: finds the receiver's public key: its algorithm counts, not the one in the envelope.
        aad: what the sender bound to it.
        known: content keys that were unwrapped of late; learns this one.

    Raises:
        EnvelopeInvalid: malformed, altered, or another algorithm than the key's.
        KeyUnknown: it is encrypted to a key that is not ours.
    """
    if known is not None and (parts := _known_parts(envelope)) is not None:
        iv, ciphertext, recipients = parts
        found = known.find(recipients, store=store, resolve=resolve)
        if found is not None:
            plaintext = _opened(found.content_key, iv, ciphertext, _authenticated("Encrypt", aad))
            return msgspec.structs.replace(found, plaintext=plaintext)
    unwrapped = _decrypted(envelope, store, resolve, aad)
    if known is not None:
        known.add(unwrapped)
    return unwrapped


def decrypt_with(content_key: bytes, envelope: bytes) -> bytes:
    """Open an envelope whose content key is known from elsewhere, as to who has made it.

    Raises:
        EnvelopeInvalid: malformed, altered or of another key.
    """
    parts = _known_parts(envelope)
    if parts is None:
        raise EnvelopeInvalid("not an envelope of the expected form")
    iv, ciphertext, _ = parts
    return _opened(content_key, iv, ciphertext, _authenticated("Encrypt", b""))


def _known_parts(envelope: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return nonce, ciphertext and end of an envelope; None if it may have another form, which tells what is wrong."""
    begin = len(_ENVELOPE) + IV_SIZE
    if len(envelope) > MAX_ENVELOPE or not envelope.startswith(_ENVELOPE):
        return None
    try:
        ciphertext, end = cbor.read_byte_string(envelope, begin)
    except CborInvalid:
        return None
    return envelope[begin - IV_SIZE : begin], ciphertext, envelope[end:]


def _decrypted(envelope: bytes, store: KeyStore, resolve: Callable[[bytes], PublicKey], aad: bytes) -> Unwrapped:
    match _taken_apart(envelope, TAG_ENCRYPT):
        case [
            {5: bytes() as iv, **others},
            bytes() as ciphertext,
            [[bytes() as header, {4: bytes() as kid, -4: bytes() as encapsulated, **more}, bytes() as wrapped]],
        ] if len(kid) == KID_SIZE and not others and not more:
            pass
        case _:
            raise EnvelopeInvalid("a recipient of another form")
    key = resolve(kid)
    if header != cbor.encode({_ALG: int(key.algorithm)}):
        raise EnvelopeInvalid(f"an algorithm that is not the one of key {kid.hex()}")
    suite_of(key.algorithm)
    if len(encapsulated) != _encapsulation_size(key.algorithm):
        raise EnvelopeInvalid(f"an encapsulated key of {len(encapsulated)} bytes")
    content_key = store.unwrap(kid, encapsulated + wrapped, _info(header))
    if len(content_key) != KEY_SIZE:
        raise EnvelopeInvalid(f"a content key of {len(content_key)} bytes")
    plaintext = _opened(content_key, iv, ciphertext, _authenticated("Encrypt", aad))
    # Of the one form that there is: what stands behind nonce and ciphertext.
    recipients = envelope[len(_ENVELOPE) + IV_SIZE + len(cbor.byte_string(ciphertext)) :]
    return Unwrapped(plaintext=plaintext, content_key=content_key, kid=kid, recipients=recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Keys both ends of a call derive from its content key."""

    # 16 bytes, public: names the session on the wire.
    id: bytes
    _requests: AESGCM
    _responses: AESGCM

    @classmethod
    def derive(cls, content_key: bytes) -> Self:
        """Derive the session of a content key (HKDF-Expand with SHA-256, RFC 5869)."""
        size = SESSION_ID_SIZE + 2 * KEY_SIZE
        bits = HKDFExpand(hashes.SHA256(), size, b"lienthong session v1").derive(content_key)
        return cls(
            id=bits[:SESSION_ID_SIZE],
            _requests=AESGCM(bits[SESSION_ID_SIZE:-KEY_SIZE]),
            _responses=AESGCM(bits[-KEY_SIZE:]),
        )

    def encrypt_request(self, plaintext: bytes, *, aad: bytes = b"") -> bytes:
        """Encrypt a further call of the session as a tagged COSE_Encrypt0."""
        return self._encrypt(self._requests, plaintext, aad)

    def decrypt_request(self, envelope: bytes, *, aad: bytes = b"") -> bytes:
        """Open a further call of the session.

        Raises:
            EnvelopeInvalid: malformed, altered or of another session.
        """
        return self._decrypt(self._requests, envelope, aad)

    def encrypt_response(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """Encrypt an answer; ``aad`` is the digest of the call's seal."""
        return self._encrypt(self._responses, plaintext, aad)

    def decrypt_response(self, envelope: bytes, *, aad: bytes) -> bytes:
        """Open an answer; ``aad`` is the digest of the call's seal.

        Raises:
            EnvelopeInvalid: malformed, altered, of another session, or the answer to another call.
        """
        return self._decrypt(self._responses, envelope, aad)

    def _encrypt(self, key: AESGCM, plaintext: bytes, aad: bytes) -> bytes:
        # Random nonces: a session lives a minute, far from the 2^32 messages where they could collide.
        iv = os.urandom(IV_SIZE)
        ciphertext = key.encrypt(iv, plaintext, _authenticated("Encrypt0", aad))
        return b"".join((_SESSION, self.id, _NONCE, iv, cbor.byte_string(ciphertext)))

    def _decrypt(self, key: AESGCM, envelope: bytes, aad: bytes) -> bytes:
        session_id, iv, ciphertext = _session_parts(envelope)
        if session_id != self.id:
            raise EnvelopeInvalid("an envelope of another session")
        return _opened(key, iv, ciphertext, _authenticated("Encrypt0", aad))


def session_id_of(envelope: bytes) -> bytes | None:
    """Return the session id of a COSE_Encrypt0, or None for a COSE_Encrypt.

    Raises:
        EnvelopeInvalid: it is neither.
    """
    # The tag is one byte (16 = 0xd0) or two (96 = 0xd860): no need to decode megabytes to tell them apart.
    if envelope[:1] != b"\xd0":
        return None
    return _session_parts(envelope)[0]


def _session_parts(envelope: bytes) -> tuple[bytes, bytes, bytes]:
    """Return session id, nonce and ciphertext of a COSE_Encrypt0, whose form leaves no choice but these."""
    if len(envelope) > MAX_ENVELOPE:
        raise EnvelopeInvalid(f"{len(envelope)} bytes where {MAX_ENVELOPE} are allowed")
    nonce = len(_SESSION) + SESSION_ID_SIZE
    begin = nonce + len(_NONCE) + IV_SIZE
    if not envelope.startswith(_SESSION) or envelope[nonce : nonce + len(_NONCE)] != _NONCE:
        raise EnvelopeInvalid("not an envelope of the expected form")
    try:
        ciphertext, end = cbor.read_byte_string(envelope, begin)
    except CborInvalid as error:
        raise EnvelopeInvalid(error.where) from error
    if end != len(envelope):
        raise EnvelopeInvalid(f"{len(envelope) - end} bytes too many")
    return envelope[len(_SESSION) : nonce], envelope[begin - IV_SIZE : begin], ciphertext


def _authenticated(context: str, aad: bytes) -> bytes:
    return _AUTHENTICATED[context] + cbor.byte_string(aad)


def _info(recipient: bytes) -> bytes:
    return cbor.encode_sequence(["HPKE Recipient", A256GCM, recipient, b""])


def _opened(key: bytes | AESGCM, iv: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    cipher = key if isinstance(key, AESGCM) else AESGCM(key)
    if len(iv) != IV_SIZE:
        raise EnvelopeInvalid(f"a nonce of {len(iv)} bytes")
    try:
        return cipher.decrypt(iv, ciphertext, aad)
    except InvalidTag:
        raise EnvelopeInvalid("altered, or of another key") from None


def _taken_apart(envelope: bytes, tag: int) -> list[Any]:
    """Return what stands behind the protected header, which can only be one."""
    try:
        match cbor.decode(envelope, max_size=MAX_ENVELOPE):
            case cbor2.CBORTag(tag=found, value=[bytes() as protected, *rest]) if found == tag:
                if protected != _PROTECTED:
                    raise EnvelopeInvalid("a content algorithm or critical header that is not known here")
                return rest
    except CborInvalid as error:
        raise EnvelopeInvalid(error.where) from error
    raise EnvelopeInvalid("not an envelope of the expected form")
