"""Headers, keys and a directory of keys for tests of seals and envelopes."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.labels import Label, Level
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
