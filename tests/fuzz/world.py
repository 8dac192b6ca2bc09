"""What decoders look things up in while they are fuzzed: keys that everybody has, a directory, a credulous verifier.

A fuzzer cannot forge signatures. Behind a key that takes every one of them it reaches what is checked after that.
"""

import json
from pathlib import Path
from typing import Final

from lienthong.directory.entries import (
    BranchEntry,
    GrantEntry,
    InstanceEntry,
    OrganEntry,
    ServiceEntry,
    SiteEntry,
    SubsystemEntry,
    TopicEntry,
)
from lienthong.directory.indexing import Facts, Indexer
from lienthong.directory.layout import common_file, register_file, split
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, Millis
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import Header
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey
from lienthong.trust.seal import Verifier

ROOT: Final = Path(__file__).resolve().parent.parent.parent
VECTORS: Final = ROOT / "docs" / "vectors"
AT: Final[Millis] = 1_795_334_400_123
"""The time of the vectors."""
_KEYS: Final = json.loads((VECTORS / "keys.json").read_text(encoding="utf-8"))["cases"]
KEYS: Final = {
    bytes.fromhex(key["kid"]): PublicKey(Algorithm(key["number"]), bytes.fromhex(key["public"]), AT - DAY, AT + DAY)
    for key in _KEYS
}
STORE: Final = MemoryKeyStore(
    PrivateKey(kid=bytes.fromhex(key["kid"]), algorithm=Algorithm(key["number"]), secret=bytes.fromhex(key["secret"]))
    for key in _KEYS
)


class Credulous(PublicKey):
    """A key under which every signature holds, at any time."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Believe it."""

    def check_valid(self, at: Millis) -> None:
        """Believe it."""


_SEALING: Final = next(key for key in KEYS.values() if key.algorithm is Algorithm.ES256)
_CREDULOUS: Final = Credulous(_SEALING.algorithm, _SEALING.public, 0, 1 << 53)


def resolve(kid: bytes, _: Header | None = None) -> PublicKey:
    """Find a key of the vectors."""
    if kid not in KEYS:
        raise KeyUnknown(kid.hex())
    return KEYS[kid]


def believe(_: bytes, __: Header | None = None) -> PublicKey:
    """Find the credulous key, whatever is asked for."""
    return _CREDULOUS


def credulous() -> Verifier:
    """Return a verifier that takes every signature."""
    return Verifier(believe)


def source() -> Source:
    """Return a country of two organs: one calls and reads, one serves and publishes."""
    consumer = OrganEntry(
        id="VN/PARTY/A01",
        token="a01",
        name="Centre",
        site="tw",
        ceiling="secret/personnel",
        subsystems=(SubsystemEntry(code="Consumer", name="Records", ceiling="secret"),),
    )
    provider = OrganEntry(
        id="VN/STATE/G22",
        token="g22",
        name="Province",
        site="p1",
        ceiling="confidential",
        parent="VN/PARTY/A01",
        subsystems=(SubsystemEntry(code="Provider", name="Registry", ceiling="confidential"),),
        services=(
            ServiceEntry(
                subsystem="Provider",
                code="echo",
                grants=(GrantEntry(to="group:readers", methods=("GET",), path="/persons/**", purposes=("lookup",)),),
            ),
        ),
        topics=(TopicEntry(subsystem="Provider", code="moves", schemas=("person-moved/2",)),),
    )
    return Source(
        instance=InstanceEntry(instance="VN"),
        groups={"readers": ("VN/PARTY/A01/Consumer",)},
        branches={
            "centre": BranchEntry(name="Centre", sites=(SiteEntry(code="tw", name="tw"),), organs=(consumer,)),
            "north": BranchEntry(name="North", sites=(SiteEntry(code="p1", name="p1"),), organs=(provider,)),
        },
    )


def facts() -> Facts:
    """Return the directory of that country, as if it had been verified."""
    made = source()
    return Facts(
        version=1,
        expires=AT + DAY,
        common=common_file(made),
        registers={code: register_file(branch) for code, branch in made.branches.items()},
        shards={code: split(code, branch) for code, branch in made.branches.items()},
    )


DIRECTORY: Final = Indexer().snapshot(facts())
