"""Checkpoints: signed tree heads of a journal, and the receipts made from them.

A checkpoint is a COSE_Sign1 (RFC 9052) over the root of the tree, detached, with protected header
``{1: alg, 4: kid, 15: {1: site, 6: seconds}, 395: 1, -65601: size, -65602: milliseconds}``. The same
signature with an inclusion or consistency proof in its unprotected header is a COSE receipt (RFC 9942).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from lienthong.kernel import cbor
from lienthong.kernel.clock import SECOND, Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.trust import cose
from lienthong.trust.cose import Resolve
from lienthong.trust.errors import EvidenceInvalid, SealInvalid
from lienthong.trust.keys import KeyStore, PublicKey
from lienthong.trust.merkle import HASH_SIZE, check_consistency, leaf_hash, root_from_inclusion

# CWT claims in the header (RFC 9597), and the claims issuer and issued-at (RFC 8392).
CWT_CLAIMS: Final = 15
ISS: Final = 1
IAT: Final = 6
# Private header parameters: the size of the tree, and the time in milliseconds.
TREE_SIZE: Final = -65601
TIME: Final = -65602
# The verifiable data structure (RFC 9942): a tree as in RFC 9162 with SHA-256, and its two proofs.
RFC9162_SHA256: Final = 1
INCLUSION: Final = -1
CONSISTENCY: Final = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSigner:
    """What a site signs its checkpoints with."""

    key: PublicKey
    # Holds the private half.
    store: KeyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed tree head. Its fields are what it says; ``verify`` tells whether that is signed."""

    site: str
    # How many entries it covers, and the root over them.
    size: int
    root: bytes
    at: Millis
    # The COSE_Sign1, encoded, without proofs.
    signed: bytes

    @classmethod
    def parse(cls, signed: bytes, root: bytes) -> Self:
        """Read a checkpoint and the root it is said to sign, without checking the signature.

        Raises:
            SealInvalid: malformed.
        """
        parsed = cose.parse1(signed)
        site, size, at = _facts(parsed)
        if parsed.unprotected or len(root) != HASH_SIZE:
            raise SealInvalid("not a checkpoint and a root")
        return cls(site=site, size=size, root=root, at=at, signed=signed)

    def to_bytes(self) -> bytes:
        """Encode checkpoint and root, to send to a witness or to keep in a file."""
        return cbor.encode([self.root, self.signed])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what ``to_bytes`` wrote, without checking the signature.

        Raises:
            SealInvalid: malformed.
        """
        match _decoded(data):
            case [bytes() as root, bytes() as signed]:
                return cls.parse(signed, root)
            case _:
                raise SealInvalid("not a checkpoint and a root")

    def verify(self, resolve: Resolve) -> PublicKey:
        """Check that the site's key signed exactly these fields, and could at that time.

        Raises:
            SealInvalid: the signature does not fit, or a field differs from what is signed.
            KeyUnknown: the key cannot be resolved.
            KeyNotValid: the key was not valid at the time of the checkpoint.
        """
        parsed, key = cose.verify1(self.signed, self.root, resolve)
        if _facts(parsed) != (self.site, self.size, self.at):
            raise SealInvalid(f"checkpoint of {self.size} entries: a field differs from what is signed")
        key.check_valid(self.at)
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What a verified receipt proves: this entry is number ``index`` of the journal of ``site``."""

    site: str
    index: int
    # How many entries the checkpoint covers, and when it was made.
    size: int
    at: Millis
    key: PublicKey


def sign_checkpoint(*, site: str, size: int, root: bytes, at: Millis, signer: CheckpointSigner) -> Checkpoint:
    """Sign a tree head.

    Args:
        site: whose journal it is.
        size: how many entries the root covers.
        root: the root, 32 bytes.
        at: the time it is signed.
        signer: the site's key.

    Raises:
        KeyUnknown: the store does not hold the key.
        KeyNotValid: the key is not valid at that time.
        KeyStoreError: the store refused.
    """
    signer.key.check_valid(at)
    protected: Mapping[int, Any] = {
        CWT_CLAIMS: {ISS: site, IAT: at // SECOND},
        cose.VDS: RFC9162_SHA256,
        TREE_SIZE: size,
        TIME: at,
    }
    signed = cose.sign1(protected, root, key=signer.key, store=signer.store)
    return Checkpoint(site=site, size=size, root=root, at=at, signed=signed)


def receipt_of(checkpoint: Checkpoint, size: int, index: int, path: Sequence[bytes]) -> bytes:
    """Return the COSE receipt that entry ``index`` is under a checkpoint (RFC 9942, section 5.2.1).

    Raises:
        EvidenceInvalid: the path is for another size than the checkpoint's.
    """
    if size != checkpoint.size:
        raise EvidenceInvalid(f"a path for {size} entries, a checkpoint over {checkpoint.size}")
    return _with_proof(checkpoint, INCLUSION, [size, index, list(path)])


def verify_receipt(receipt: bytes, entry: bytes, resolve: Resolve) -> ReceiptFacts:
    """Check a receipt against the encoded entry it is for.

    Raises:
        SealInvalid: malformed, or the signature does not fit the root that the proof leads to, which is
            also what an altered entry looks like.
        EvidenceInvalid: the proof does not fit the size of the tree.
        KeyUnknown: the key cannot be resolved.
        KeyNotValid: the key was not valid when it signed.
    """
    parsed = cose.parse1(receipt)
    site, size, at = _facts(parsed)
    match _proof(parsed, INCLUSION):
        case [int() as of, int() as index, list() as path] if of == size:
            root = root_from_inclusion(leaf_hash(entry), index, size, _hashes(path))
        case _:
            raise SealInvalid("a receipt whose inclusion proof is malformed or for another size")
    _, key = cose.verify1(receipt, root, resolve)
    key.check_valid(at)
    return ReceiptFacts(site=site, index=index, size=size, at=at, key=key)


def read_receipt(receipt: bytes) -> tuple[str, int, Millis]:
    """Return what a receipt says: site, entries under its checkpoint, and time. Nothing of it is checked.

    Raises:
        SealInvalid: malformed.
    """
    return _facts(cose.parse1(receipt))


def consistency_receipt(new: Checkpoint, old_size: int, path: Sequence[bytes]) -> bytes:
    """Return the COSE receipt that a checkpoint continues the first ``old_size`` entries (RFC 9942, section 5.3.1)."""
    return _with_proof(new, CONSISTENCY, [old_size, new.size, list(path)])


def verify_consistency(receipt: bytes, old: Checkpoint, new: Checkpoint, resolve: Resolve) -> None:
    """Check that a newer checkpoint continues an older one of the same site.

    The older one is taken as known good: a witness has verified it before.

    Raises:
        SealInvalid: malformed, another site, or a signature that does not fit.
        EvidenceInvalid: the newer list does not begin with the older one.
        KeyUnknown: the key cannot be resolved.
        KeyNotValid: the key was not valid when it signed.
    """
    parsed = cose.parse1(receipt)
    if _facts(parsed) != (new.site, new.size, new.at) or new.site != old.site:
        raise SealInvalid("a consistency receipt of another checkpoint")
    match _proof(parsed, CONSISTENCY):
        case [int() as first, int() as second, list() as path] if (first, second) == (old.size, new.size):
            check_consistency(old.size, old.root, new.size, new.root, _hashes(path))
        case _:
            raise SealInvalid("a receipt whose consistency proof is malformed or for other sizes")
    _, key = cose.verify1(receipt, new.root, resolve)
    key.check_valid(new.at)


def _facts(parsed: cose.Sign1) -> tuple[str, int, Millis]:
    match parsed.protected:
        case {
            cose.VDS: 1,
            15: {1: str() as site, 6: int() as seconds},
            -65601: int() as size,
            -65602: int() as at,
        } if size >= 0 and seconds == at // SECOND:
            return site, size, at
        case _:
            raise SealInvalid("a signature that is not a checkpoint")


def _with_proof(checkpoint: Checkpoint, kind: int, proof: list[Any]) -> bytes:
    return cose.with_unprotected(cose.parse1(checkpoint.signed), {cose.VDP: {kind: [cbor.encode(proof)]}})


def _proof(parsed: cose.Sign1, kind: int) -> object:
    proofs = parsed.unprotected.get(cose.VDP)
    match proofs.get(kind) if isinstance(proofs, dict) else None:
        case [bytes() as proof]:
            return _decoded(proof)
        case _:
            raise SealInvalid("a receipt without exactly one such proof")


def _decoded(data: bytes) -> object:
    try:
        value: object = cbor.decode(data, max_size=cose.MAX_SIGN1)
    except CborInvalid as error:
        raise SealInvalid(error.where) from error
    return value


def _hashes(path: list[Any]) -> list[bytes]:
    if not all(isinstance(item, bytes) for item in path):
        raise SealInvalid("a proof with something other than hashes in it")
    return path
