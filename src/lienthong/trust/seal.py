"""Seals: who vouches for a header, so that anyone can check it later with the directory alone.

Two forms, one shape. A single seal signs the header. A batch seal signs the root of a Merkle tree over
many headers, and its size, and carries the inclusion proof of its own (the arrangement of RFC 9942), so that
a busy gateway signs once for all that is waiting. Either way: ``cbor([header, COSE_Sign1])``.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid, IdentifierInvalid
from lienthong.kernel.hashing import sha256
from lienthong.kernel.identifiers import OrganId, ServiceId, parse_client
from lienthong.trust import cose, merkle
from lienthong.trust.checkpoint import RFC9162_SHA256, TREE_SIZE
from lienthong.trust.errors import EvidenceInvalid, SealInvalid
from lienthong.trust.header import MAX_HEADER, Header, Kind
from lienthong.trust.keys import Algorithm, KeyStore, PublicKey

TYPE: Final = "lienthong-seal"
MAX_SEALED: Final = MAX_HEADER + cose.MAX_SIGN1
MAX_BATCH: Final = 256
"""Headers that are sealed with one signature."""
MAX_TREE: Final = 2 * MAX_BATCH
"""Leaves of a batch that a verifier takes."""
# The head of {396: {-1: [proof]}}: what stands before the proof.
_ONE_PROOF: Final = b"\xa1\x19\x01\x8c\xa1\x20\x81"
# The head of a byte string of 32 bytes.
_HASH: Final = b"\x58\x20"
# An empty map: a single seal has nothing outside its signature.
_NO_PROOF: Final = b"\xa0"


type ResolveFor = Callable[[bytes, Header], PublicKey]
"""Finds the key of an id among those of the header's sender, or raises KeyUnknown."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A seal that has been checked."""

    header: Header
    key: PublicKey
    # SHA-256 of the sealed bytes: how answers and receipts refer to it.
    digest: bytes


class Bundled(msgspec.Struct, frozen=True, kw_only=True):
    """Headers sealed with one signature, from which each one's seal follows."""

    # Protected header and signature of the COSE_Sign1 over the header, or over the root of several.
    protected: bytes
    signature: bytes
    # What each header's seal is, wherever it stands alone.
    seals: tuple[bytes, ...]


def seal(header: Header, *, key: PublicKey, store: KeyStore) -> bytes:
    """Seal one header.

    Raises:
        KeyUnknown: the store does not hold the key.
    """
    return seal_many([header.to_bytes()], key=key, store=store)[0]


def seal_many(headers: Sequence[bytes], *, key: PublicKey, store: KeyStore) -> list[bytes]:
    """Seal encoded headers with one signature.

    Raises:
        KeyUnknown: the store does not hold the key.
    """
    if len(headers) < 2:  # noqa: PLR2004 - several make a tree
        return list(seal_bundle(headers, key=key, store=store).seals) if headers else []
    leaves: list[bytes] = []
    for header in headers:
        # A message to many has the same header for each but for the receiver's name: whoever got one could try names
        # until its neighbours in the tree come out. Beside every header stands a leaf that nobody can guess.
        leaves += [merkle.leaf_hash(header), os.urandom(merkle.HASH_SIZE)]
    root, paths = merkle.root_and_paths(leaves)
    protected, signature = _signed(root, len(leaves), key, store)
    return [
        _batched(header, protected, signature, _proof(len(leaves), index, paths[index]))
        for index, header in zip(range(0, len(leaves), 2), headers, strict=True)
    ]


def seal_bundle(headers: Sequence[bytes], *, key: PublicKey, store: KeyStore) -> Bundled:
    """Seal encoded headers that travel beside each other, and whose ids nobody can guess, with one signature.

    Raises:
        KeyUnknown: the store does not hold the key.
    """
    if len(headers) == 1:
        protected, signature = _signed(headers[0], 1, key, store)
        return Bundled(protected=protected, signature=signature, seals=(_single(headers[0], protected, signature),))
    root, paths = merkle.root_and_paths(list(map(merkle.leaf_hash, headers)))
    protected, signature = _signed(root, len(headers), key, store)
    return Bundled(protected=protected, signature=signature, seals=_all_batched(headers, protected, signature, paths))


def digest_of(sealed: bytes) -> bytes:
    """Return the SHA-256 digest of sealed bytes."""
    return sha256(sealed)


def header_of(sealed: bytes) -> Header:
    """Read the header without checking the seal: to show or to route, never to trust.

    Raises:
        SealInvalid: malformed.
    """
    return Header.from_bytes(_split(sealed)[0])


def sender_organ(header: Header) -> OrganId:
    """Return the organ whose key must have sealed a header.

    Raises:
        SealInvalid: the sender's identifier is malformed.
    """
    try:
        if header.kind is Kind.RESPONSE:
            return ServiceId.parse(header.sender).organ
        return parse_client(header.sender).organ
    except IdentifierInvalid as error:
        raise SealInvalid(error.where) from error


class Verifier:
    """Checks seals; remembers the batches whose signature it has checked."""

    def __init__(self, resolve: ResolveFor, *, remembered: int = 4096) -> None:
        """Check with the keys that ``resolve`` finds, remembering so many batch signatures."""
        self._resolve = resolve
        self._batches: dict[bytes, bytes] = {}
        self._remembered = remembered

    def open(self, sealed: bytes, *, at: Millis) -> Opened:
        """Check a seal as of a time.

        Args:
            sealed: ``cbor([header, COSE_Sign1])``.
            at: when the key must have been valid; a receiver says now, a judge the time in the journal.

        Raises:
            SealInvalid: malformed or the signature does not fit.
            KeyUnknown: the key cannot be resolved.
            KeyNotValid: the key was not valid then.
        """
        encoded, signature = _split(sealed)
        header = Header.from_bytes(encoded)
        parsed = cose.parse1(signature)
        if parsed.protected.get(cose.TYP) != TYPE:
            raise SealInvalid("a signature that is not a seal")
        key = cose.signer_of(parsed, lambda kid: self._resolve(kid, header))
        key.check_valid(at)
        if cose.VDS in parsed.protected:
            self._check_batch(parsed, _root(parsed, encoded), key)
        elif parsed.unprotected:
            raise SealInvalid("header parameters that nobody signed")
        else:
            key.verify(parsed.signature, cose.to_be_signed(parsed.protected_bytes, encoded))
        return Opened(header=header, key=key, digest=digest_of(sealed))

    def open_bundle(
        self, headers: Sequence[tuple[Header, bytes]], *, protected: bytes, signature: bytes, at: Millis
    ) -> list[tuple[Opened, bytes]]:
        """Check the one signature over headers that travelled beside each other.

        Args:
            headers: at least one, each with its encoding; all of one organ.
            protected: protected header of the COSE_Sign1.
            signature: its signature.
            at: when the key must have been valid.

        Returns:
            Each opened, with its seal as it stands alone.

        Raises:
            SealInvalid, KeyUnknown, KeyNotValid: as for ``open``.
        """
        first, encoded = headers[0]
        # Mostly one: who sends a bundle's headers is looked at once.
        senders = {(header.kind, header.sender): header for header, _ in headers}
        if len(set(map(sender_organ, senders.values()))) > 1:
            raise SealInvalid("headers of several organs under one signature")
        parsed = cose.detached1(protected, signature)
        key = cose.signer_of(parsed, lambda kid: self._resolve(kid, first))
        key.check_valid(at)
        if parsed.protected.get(cose.TYP) != TYPE:
            raise SealInvalid("a signature that is not a seal")
        if len(headers) == 1:
            if cose.VDS in parsed.protected:
                raise SealInvalid("the signature of a batch over a single header")
            key.verify(signature, cose.to_be_signed(protected, encoded))
            seals: tuple[bytes, ...] = (_single(encoded, protected, signature),)
        else:
            all_encoded = [encoded for _, encoded in headers]
            if parsed.protected.get(cose.VDS) != RFC9162_SHA256 or parsed.protected.get(TREE_SIZE) != len(headers):
                raise SealInvalid("a batch of unknown structure or size")
            root, paths = merkle.root_and_paths(list(map(merkle.leaf_hash, all_encoded)))
            key.verify(signature, cose.to_be_signed(protected, root))
            seals = _all_batched(all_encoded, protected, signature, paths)
        return [
            (Opened(header=header, key=key, digest=digest_of(sealed)), sealed)
            for (header, _), sealed in zip(headers, seals, strict=True)
        ]

    def _check_batch(self, parsed: cose.Sign1, root: bytes, key: PublicKey) -> None:
        signed = cose.to_be_signed(parsed.protected_bytes, root)
        # The signature alone would not do: it must have been checked over this very root and header.
        if self._batches.get(parsed.signature) == signed:
            return
        key.verify(parsed.signature, signed)
        if len(self._batches) >= self._remembered:
            del self._batches[next(iter(self._batches))]
        self._batches[parsed.signature] = signed


def _split(sealed: bytes) -> list[bytes]:
    if len(sealed) > MAX_SEALED:
        raise SealInvalid(f"{len(sealed)} bytes where {MAX_SEALED} are allowed")
    try:
        return cbor.read_byte_strings(sealed, 0, 2)
    except CborInvalid as error:
        raise SealInvalid(f"not a header and a signature: {error.where}") from error


def _signed(payload: bytes, size: int, key: PublicKey, store: KeyStore) -> tuple[bytes, bytes]:
    protected = _protected(key.algorithm, key.kid, size)
    return protected, store.sign(key.kid, cose.to_be_signed(protected, payload))


# Of one key they differ by the size of the tree alone.
@lru_cache(maxsize=4096)
def _protected(algorithm: Algorithm, kid: bytes, size: int) -> bytes:
    tree = {cose.VDS: RFC9162_SHA256, TREE_SIZE: size} if size > 1 else {}
    return cose.protected_by(algorithm, kid, {cose.TYP: TYPE, **tree})


def _single(header: bytes, protected: bytes, signature: bytes) -> bytes:
    return cbor.byte_strings(header, cose.assembled(protected, signature, _NO_PROOF))


def _batched(header: bytes, protected: bytes, signature: bytes, proof: bytes) -> bytes:
    return cbor.byte_strings(header, cose.assembled(protected, signature, proof))


def _all_batched(
    headers: Sequence[bytes], protected: bytes, signature: bytes, paths: Sequence[Sequence[bytes]]
) -> tuple[bytes, ...]:
    # What ``_batched`` makes, with what all have in common made once.
    begin, end = cose.around(protected, signature)
    size = cbor.number(len(headers))
    # What stands between a header and its number in the tree, by what their lengths are made of.
    between: dict[tuple[int, int], bytes] = {}
    seals = []
    for index, (header, path) in enumerate(zip(headers, paths, strict=True)):
        number, depth = cbor.number(index), len(path)
        middle = between.get((len(number), depth))
        if middle is None:
            proof = 1 + len(size) + len(number) + len(cbor.array(depth)) + depth * (len(_HASH) + merkle.HASH_SIZE)
            shown = b"".join((begin, _ONE_PROOF, cbor.bytes_head(proof), b"\x83", size))
            signed = len(begin) + len(_ONE_PROOF) + len(cbor.bytes_head(proof)) + proof + len(end)
            middle = between[len(number), depth] = cbor.bytes_head(signed) + shown
        begun = (b"\x82", cbor.bytes_head(len(header)), header, middle, number, cbor.array(depth), _HASH)
        seals.append(b"".join((*begun, _HASH.join(path), end)))
    return tuple(seals)


def _proof(size: int, index: int, path: Sequence[bytes]) -> bytes:
    """Encode ``{396: {-1: [proof]}}``."""
    return _ONE_PROOF + cbor.byte_string(cbor.encode_sequence([size, index, path]))


def _root(parsed: cose.Sign1, header: bytes) -> bytes:
    signed_size = parsed.protected.get(TREE_SIZE)
    if parsed.protected[cose.VDS] != RFC9162_SHA256 or not _is_batch(signed_size):
        raise SealInvalid("a batch of unknown structure or size")
    match parsed.unprotected:
        # Exactly this: whatever else stood there nobody would have signed.
        case {cose.VDP: {-1: [bytes() as proof], **others}, **more} if not others and not more:
            pass
        case _:
            raise SealInvalid("a batch seal without exactly one inclusion proof")
    try:
        match cbor.decode(proof, max_size=cose.MAX_SIGN1):
            case [int() as size, int() as index, [*path]] if size == signed_size and _are_hashes(index, path):
                return merkle.root_from_inclusion(merkle.leaf_hash(header), index, size, path)
    except (CborInvalid, EvidenceInvalid) as error:
        raise SealInvalid(error.where) from error
    raise SealInvalid("a malformed inclusion proof")


def _is_batch(size: object) -> bool:
    return isinstance(size, int) and 1 < size <= MAX_TREE


def _are_hashes(index: int, path: list[object]) -> bool:
    # True would pass as the index 1.
    return not isinstance(index, bool) and all(isinstance(item, bytes) for item in path)
