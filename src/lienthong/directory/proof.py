"""Proof of what the directory said, without a network: the files that concern some organs and sites.

An extract holds the chain of roots, timestamp, snapshot and targets, and of each branch concerned its
role and the files with these organs and sites. Checked against nothing but a root that the verifier
already trusts (any version up to the extract's own), it gives back a snapshot of just these.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from lienthong.directory.client import verify as verify_published
from lienthong.directory.entries import ShardFile
from lienthong.directory.errors import DirectoryMissing
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import COMMON, Published, register_path
from lienthong.directory.snapshot import Snapshot
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import OrganId

_SHARD: Final = msgspec.json.Decoder(ShardFile)


def extract(published: Published, *, organs: Iterable[OrganId], sites: Iterable[str] = ()) -> bytes:
    """Return the part of a verified version that proves what it says of these organs and sites.

    Raises:
        DirectoryMissing: one of them is not in it.
    """
    ids, codes = set(map(str, organs)), set(sites)
    paths: set[str] = set()
    for path, data in published.targets.items():
        if path.startswith("branch/") and _concerned(data, ids, codes):
            paths.add(path)
    if ids or codes:
        raise DirectoryMissing(
            ", ".join(sorted(ids | codes)), hint="The directory does not name it; refresh the directory first."
        )
    branches = {path.split("/")[1] for path in paths}
    return published.part(branches=branches, paths={COMMON, *map(register_path, branches), *paths}).to_bytes()


def verify_extract(bundle: bytes, *, root: bytes, at: Millis) -> Snapshot:
    """Check an extract and return the snapshot of what is in it.

    Keys that ended or were revoked are listed with their ends, so that a seal can be judged by the time
    it was made. An extract that is older than the term of its timestamp before that time is refused: what
    it says of revocations would be too old to judge by.

    Args:
        bundle: what ``extract`` gave.
        root: root metadata that the verifier trusts already.
        at: the time to judge by, milliseconds UTC: that of the seal.

    Raises:
        DirectoryRefused: it is not what the keys under that root signed.
        DirectoryExpired: it had expired by that time.
        DirectoryUnreachable: a file that it needs is missing.
    """
    verified = verify_published(Published.from_bytes(bundle), root=root, at=at, partial=True)
    return Indexer().snapshot(verified.facts)


def _concerned(data: bytes, ids: set[str], codes: set[str]) -> bool:
    """Tell whether a file names one of them, and strike off those it names."""
    try:
        shard = _SHARD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # What a branch has signed and nobody can read names nobody, and must not keep others from their proof.
        return False
    organs = ids & {organ.id for organ in shard.organs}
    sites = codes & {site.code for site in shard.sites}
    ids -= organs
    codes -= sites
    return bool(organs or sites)
