"""Headers, keys and a directory of keys for tests of seals and envelopes, and ways to damage these."""

from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import cbor2

from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.labels import Label, Level
from lienthong.trust import cose, merkle, seal
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore

NOW: Final[Millis] = 1_795_334_400_123
REQUEST: Final = Header(
    kind=Kind.REQUEST,
    id=UUID("6f1d9f4e-6f0c-4f3c-9b43-0d9c2f3f1a01"),
    sender="VN/PARTY/A01/Consumer",
    receiver="VN/STATE/G22/Provider/echo",
    label=Label(Level.INTERNAL),
    created=NOW,
    expires=NOW + MINUTE,
    method="GET",
    path="/persons/7?full=1",
    purpose="lookup",
    contents=(Content(digest=bytes(range(32)), size=12, media_type="application/json"),),
)


@dataclass(slots=True)
class Signer:
    """A key with its private half, as the directory and its owner have it."""

    algorithm: Algorithm = Algorithm.ES256
    store: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    key: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        """Make the key, valid from yesterday until tomorrow."""
        (public,) = self.store.new_keys([self.algorithm])
        self.key = PublicKey(self.algorithm, public, NOW - DAY, NOW + DAY)


@dataclass(slots=True)
class Known:
    """Keys by their id, for any sender: a directory of the simplest kind."""

    keys: dict[bytes, PublicKey]

    def __call__(self, kid: bytes, _: Header | None = None) -> PublicKey:
        """Resolve a key id."""
        if kid not in self.keys:
            raise KeyUnknown(kid.hex())
        return self.keys[kid]


def known(*signers: Signer) -> Known:
    """A directory with the keys of these signers."""
    return Known({signer.key.kid: signer.key for signer in signers})


def changed(data: bytes, change: Callable[[list[Any]], Any]) -> bytes:
    """The envelope with its parts changed in place, or replaced by what the change returns."""
    tag = cbor.decode(data)
    value = change(tag.value)
    return cbor.encode(cbor2.CBORTag(tag.tag, tag.value if value is None else value))


def put(path: tuple[object, ...], value: object) -> Callable[[list[Any]], None]:
    """A change that puts a value at a place."""

    def change(parts: Any) -> None:  # noqa: ANN401 - lists and maps within one another
        for step in path[:-1]:
            parts = parts[step]
        parts[path[-1]] = value

    return change


SIGNER = Signer()
HEADERS = [replace(REQUEST, id=UUID(int=number)) for number in range(7)]
ENCODED = [header.to_bytes() for header in HEADERS]
BATCH = seal.seal_many(ENCODED, key=SIGNER.key, store=SIGNER.store)
SINGLE = seal.seal(REQUEST, key=SIGNER.key, store=SIGNER.store)


def verifier(*signers: Signer) -> seal.Verifier:
    """A verifier that knows these signers' keys, or that of all seals here."""
    return seal.Verifier(known(*(signers or (SIGNER,))))


def taken_apart(sealed: bytes) -> tuple[bytes, list[Any]]:
    """The header and the four parts of the signature."""
    header, signature = cbor.decode(sealed)
    return header, cbor.decode(signature).value


def put_together(header: bytes, parts: list[Any]) -> bytes:
    """What ``taken_apart`` took apart."""
    return cbor.encode([header, cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, parts))])


def with_proof(sealed: bytes, change: Callable[[Any], Any]) -> bytes:
    """A batch seal with another inclusion proof."""
    header, parts = taken_apart(sealed)
    proof = cbor.decode(parts[1][cose.VDP][-1][0])
    parts[1] = {cose.VDP: {-1: [cbor.encode(change(proof))]}}
    return put_together(header, parts)


def with_protected(sealed: bytes, changes: dict[int, Any], payload: bytes) -> bytes:
    """Change what is signed and sign it anew, with the right key."""
    header, parts = taken_apart(sealed)
    protected = {key: item for key, item in {**cbor.decode(parts[0]), **changes}.items() if item is not None}
    parts[0] = cbor.encode(protected)
    parts[3] = SIGNER.store.sign(SIGNER.key.kid, cose.to_be_signed(parts[0], payload))
    return put_together(header, parts)


def batch_root() -> bytes:
    """The root that the seals of the batch are for."""
    header, parts = taken_apart(BATCH[0])
    size, index, path = cbor.decode(parts[1][cose.VDP][-1][0])
    return merkle.root_from_inclusion(merkle.leaf_hash(header), index, size, path)
