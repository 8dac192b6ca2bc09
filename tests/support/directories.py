"""Synthetic directories with real keys, as small or as large as a test wants them."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from copy import replace
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata

from lienthong.directory.client import verify
from lienthong.directory.entries import (
    BranchEntry,
    GrantEntry,
    InstanceEntry,
    KeyEntry,
    OrganEntry,
    ServiceEntry,
    SiteEntry,
    SubsystemEntry,
    key_entry,
)
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import Published
from lienthong.directory.snapshot import Snapshot
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, ManualClock, Millis
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import generate

NOW: Millis = 1_795_000_000_000
"""The time at which synthetic directories begin: 2026-11-18."""
ORGAN_KEYS = (Algorithm.ES256, Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE)


def clock(at: Millis = NOW) -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock(at)


def new_key(algorithm: Algorithm = Algorithm.ES256, *, start: Millis = NOW, days: int = 365) -> KeyEntry:
    """Make a key; its private half is thrown away."""
    public, _ = generate(algorithm)
    return key_entry(PublicKey(algorithm, public, start, start + days * DAY))


def new_organ(branch: str, number: int, *, algorithms: Sequence[Algorithm] = ORGAN_KEYS) -> OrganEntry:
    """Make an organ at a site of its own, with an information system that offers a service to everyone."""
    word = f"o{branch}-{number}"
    return OrganEntry(
        id=f"VN/PARTY/{branch.upper()}.{number}",
        token=word,
        name=f"Organ {number} of {branch}",
        site=word,
        ceiling="secret",
        keys=tuple(map(new_key, algorithms)),
        subsystems=(SubsystemEntry(code="registry", name="Registry", ceiling="confidential"),),
        services=(
            ServiceEntry(
                subsystem="registry", code="lookup", grants=(GrantEntry(to="group:everyone", methods=("GET",)),)
            ),
        ),
    )


def new_branch(code: str, organs: int, *, algorithms: Sequence[Algorithm] = ORGAN_KEYS) -> BranchEntry:
    """Make a branch with so many organs, each at a site of its own."""
    members = tuple(new_organ(code, number, algorithms=algorithms) for number in range(organs))
    return BranchEntry(
        name=f"Branch {code}",
        organs=members,
        sites=tuple(SiteEntry(code=organ.site, name=organ.name, keys=(new_key(),)) for organ in members),
    )


def new_source(sizes: Sequence[int] = (2, 3), *, algorithms: Sequence[Algorithm] = ORGAN_KEYS) -> Source:
    """Make a source whose branches ``01``, ``02``, … have so many organs."""
    branches = {
        f"{number:02}": new_branch(f"{number:02}", size, algorithms=algorithms)
        for number, size in enumerate(sizes, start=1)
    }
    everyone = itertools.chain.from_iterable(branch.organs for branch in branches.values())
    return Source(
        instance=InstanceEntry(instance="VN", profile="none", offline_days=3, grace_days=3),
        groups={"everyone": tuple(f"{organ.id}/registry" for organ in everyone)},
        branches=branches,
    )


def snapshot_of(published: Published, *, at: Millis = NOW) -> Snapshot:
    """Verify a published version and return what a gateway would look things up in."""
    return Indexer().snapshot(verify(published, root=published.root, at=at).facts)


def files_in(folder: Path) -> list[str]:
    """Return the names of all files below a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def with_organ(source: Source, branch: str, organ: OrganEntry) -> Source:
    """Return a source with that organ added to a branch, or put in the place of the one with its identifier."""
    entry = source.branches[branch]
    others = tuple(other for other in entry.organs if other.id != organ.id)
    return replace(source, branches={**source.branches, branch: changed(entry, organs=(*others, organ))})


def renamed(source: Source, branch: str, name: str) -> Source:
    """Return a source in which the first organ of a branch bears another name."""
    return with_organ(source, branch, changed(source.branches[branch].organs[0], name=name))


def forged(
    published: Published, name: str, change: Callable[[Any], None], signers: Iterable[CryptoSigner]
) -> Published:
    """Return it with one role's content changed and signed by these keys: what their thief could do."""
    metadata: Metadata[Any] = Metadata[Any].from_bytes(published.roles[name])
    change(metadata.signed)
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    return replace(published, roles={**published.roles, name: metadata.to_bytes()})
