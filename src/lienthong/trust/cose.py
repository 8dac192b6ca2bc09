"""COSE_Sign1 (RFC 9052, section 4.2) with detached payload: the one signature structure we use.

Built by hand over cbor2 and cryptography: thirty lines, checked against two other libraries in the tests.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import cbor2
import msgspec

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import SealInvalid
from lienthong.trust.keys import KID_SIZE, Algorithm, KeyStore, PublicKey

type Resolve = Callable[[bytes], PublicKey]
"""Finds the public key of a key id, or raises KeyUnknown."""

TAG_SIGN1: Final = 18
# Header parameters (IANA COSE Header Parameters).
ALG: Final = 1
CRIT: Final = 2
KID: Final = 4
TYP: Final = 16
VDS: Final = 395
VDP: Final = 396

MAX_SIGN1: Final = 64 * 1024
# Tag 18 and an array of four; null; an array of four and its first item; an empty byte string.
_MAX_PROTECTED: Final = 1024
_BEGIN: Final = b"\xd2\x84"
_DETACHED: Final = b"\xf6"
_TO_BE_SIGNED: Final = b"\x84\x6aSignature1"
_NO_EXTERNAL_DATA: Final = b"\x40"


class Sign1(msgspec.Struct, frozen=True, kw_only=True):
    """A COSE_Sign1 taken apart; nothing in it has been checked but its form."""

    # The protected header as signed, and decoded.
    protected_bytes: bytes
    protected: dict[int, Any]
    unprotected: dict[int, Any]
    # None when the payload travels elsewhere.
    payload: bytes | None
    signature: bytes


def sign1(
    protected: Mapping[int, Any],
    payload: bytes,
    *,
    key: PublicKey,
    store: KeyStore,
    unprotected: Mapping[int, Any] | None = None,
) -> bytes:
    """Sign a detached payload.

    Args:
        protected: header parameters to add to algorithm and key id.
        payload: what is signed; it is not part of the result.
        key: the public half; its algorithm is used.
        store: holds the private half.
        unprotected: header parameters outside the signature.

    Returns:
        The tagged COSE_Sign1, encoded.

    Raises:
        KeyUnknown: the store does not hold the key.
    """
    header = protected_by(key.algorithm, key.kid, protected)
    signature = store.sign(key.kid, to_be_signed(header, payload))
    return assembled(header, signature, cbor.encode(dict(unprotected or {})))


def protected_by(algorithm: Algorithm, kid: bytes, protected: Mapping[int, Any]) -> bytes:
    """Encode a protected header: algorithm, key id, and the parameters that are added to them."""
    return cbor.encode({ALG: int(algorithm), KID: kid, **protected})


def assembled(protected: bytes, signature: bytes, unprotected: bytes) -> bytes:
    """Put a tagged COSE_Sign1 with detached payload together from its encoded parts."""
    begin, end = around(protected, signature)
    return begin + unprotected + end


def around(protected: bytes, signature: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and behind the unprotected header of ``assembled``."""
    return _BEGIN + cbor.byte_string(protected), _DETACHED + cbor.byte_string(signature)


def with_unprotected(parsed: Sign1, unprotected: Mapping[int, Any]) -> bytes:
    """Return the same signature with other header parameters outside it, encoded."""
    return assembled(parsed.protected_bytes, parsed.signature, cbor.encode(dict(unprotected)))


def verify1(cose: bytes, payload: bytes, resolve: Resolve) -> tuple[Sign1, PublicKey]:
    """Check the signature of a detached payload.

    Raises:
        SealInvalid: malformed, an unknown critical header, an algorithm other than the key's, or a
            signature that does not fit.
        KeyUnknown: the key id cannot be resolved.
    """
    parsed = parse1(cose)
    key = signer_of(parsed, resolve)
    key.verify(parsed.signature, to_be_signed(parsed.protected_bytes, payload))
    return parsed, key


def signer_of(parsed: Sign1, resolve: Resolve) -> PublicKey:
    """Return the key that must have signed, by the directory's word and not the message's.

    Raises:
        SealInvalid: an unknown critical header, a payload inside, no key id, or an algorithm other than the key's.
        KeyUnknown: the key id cannot be resolved.
    """
    if CRIT in parsed.protected:
        raise SealInvalid("a critical header parameter that is not known here")
    if parsed.payload is not None:
        raise SealInvalid("a payload inside a detached signature")
    kid = parsed.protected.get(KID)
    if not isinstance(kid, bytes) or len(kid) != KID_SIZE:
        raise SealInvalid("no key id")
    key = resolve(kid)
    if parsed.protected.get(ALG) != key.algorithm:
        raise SealInvalid(f"an algorithm that is not the one of key {kid.hex()}")
    return key


def parse1(cose: bytes) -> Sign1:
    """Take a tagged COSE_Sign1 apart.

    Raises:
        SealInvalid: it is not one.
    """
    try:
        tagged = cbor.decode(cose, max_size=MAX_SIGN1)
        match tagged:
            case cbor2.CBORTag(
                tag=18, value=[bytes() as header, dict() as outside, None | bytes() as payload, bytes() as signature]
            ):
                protected = _protected(header)
            case _:
                raise SealInvalid("not a COSE_Sign1")
    except CborInvalid as error:
        raise SealInvalid(error.where) from error
    if not isinstance(protected, dict):
        raise SealInvalid("a protected header that is not a map")
    return Sign1(protected_bytes=header, protected=protected, unprotected=outside, payload=payload, signature=signature)


def detached1(protected: bytes, signature: bytes) -> Sign1:
    """Return a COSE_Sign1 whose parts came one by one.

    Raises:
        SealInvalid: the protected header is none.
    """
    try:
        decoded = _protected(protected)
    except CborInvalid as error:
        raise SealInvalid(error.where) from error
    if not isinstance(decoded, dict):
        raise SealInvalid("a protected header that is not a map")
    return Sign1(protected_bytes=protected, protected=decoded, unprotected={}, payload=None, signature=signature)


# A peer's protected headers differ by little more than its key: they are read once.
@lru_cache(maxsize=4096)
def _protected(header: bytes) -> Any:  # noqa: ANN401 - decoded CBOR
    return cbor.decode(header, max_size=_MAX_PROTECTED)


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052, section 4.4, with empty external data."""
    return _TO_BE_SIGNED + cbor.byte_string(protected) + _NO_EXTERNAL_DATA + cbor.byte_string(payload)
