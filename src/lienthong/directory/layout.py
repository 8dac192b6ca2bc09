"""How a source is cut into published files, so that a change of one organ moves little.

ML-KEM keys do not compress: an organ is some 2 KB, and a branch of 166 organs in one file would be 400 KB
for every change in it.
"""

import hashlib
from typing import Final

from lienthong.directory.entries import (
    BranchEntry,
    CommonFile,
    OrganEntry,
    RegisterFile,
    ShardFile,
    SiteEntry,
    encode,
)
from lienthong.directory.source import Source

ORGANS_PER_SHARD: Final = 8
"""Organs in one published file, on average at most."""


def split(code: str, branch: BranchEntry) -> dict[str, bytes]:
    """Return a branch's published files: organs and sites spread by a digest of their token.

    The number of files is a power of two, so that it rarely changes; an organ stays in its file as long
    as it does. A site has its organ's file where both have the same word.
    """
    count = 1
    while count * ORGANS_PER_SHARD < max(len(branch.organs), len(branch.sites)):
        count *= 2
    organs: dict[int, list[OrganEntry]] = {}
    sites: dict[int, list[SiteEntry]] = {}
    for organ in branch.organs:
        organs.setdefault(_slot(organ.token, count), []).append(organ)
    for site in branch.sites:
        sites.setdefault(_slot(site.code, count), []).append(site)
    return {
        f"branch/{code}/{slot:02x}.json": encode(
            ShardFile(
                format=1,
                organs=tuple(sorted(organs.get(slot, ()), key=lambda organ: organ.token)),
                sites=tuple(sorted(sites.get(slot, ()), key=lambda site: site.code)),
            )
        )
        for slot in sorted(organs.keys() | sites.keys())
    }


def common_file(source: Source) -> bytes:
    """Return ``common.json``: the instance, its groups, and the names of its branches."""
    return encode(
        CommonFile(
            format=1,
            instance=source.instance,
            groups=dict(source.groups),
            branches={code: branch.name for code, branch in source.branches.items()},
        )
    )


def register_file(branch: BranchEntry) -> bytes:
    """Return a branch's register: the organs and sites that the centre admits in it."""
    return encode(
        RegisterFile(
            format=1,
            organs={organ.id: organ.token for organ in branch.organs},
            sites=tuple(sorted(site.code for site in branch.sites)),
        )
    )


def _slot(word: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % count
