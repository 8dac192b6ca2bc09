"""Journals for tests: entries, sealing keys of a site, and files that can be damaged on purpose."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lienthong.kernel.clock import DAY, ManualClock, Millis
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.journal import Entry, Journal
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore
from lienthong.trust.merkle import Frontier, leaf_hash

NOW: Final[Millis] = 1_795_334_400_123
SITE: Final = "site-a01"
# A table of somebody else's in the same file, and how it is written to.
REPLAYS: Final = "CREATE TABLE IF NOT EXISTS replays (id TEXT PRIMARY KEY)"
REMEMBER: Final = "INSERT INTO replays VALUES (?)"


def entry(number: int = 0, *, at: Millis = NOW, kind: str = "request", seals: Iterable[bytes] = ()) -> Entry:
    """An entry that differs from the others by its number."""
    return Entry(
        at=at,
        organ="VN/PARTY/A01",
        direction="out",
        kind=kind,
        id=f"00000000-0000-7000-8000-{number:012d}",
        peer="VN/STATE/G22/Registry",
        label="internal",
        purpose="lookup",
        verdict="ok",
        detail=f"number {number}",
        digests=(number.to_bytes(32),),
        seals=tuple(seals),
    )


def signer(algorithm: Algorithm = Algorithm.ES256, *, until: Millis = NOW + DAY) -> CheckpointSigner:
    """A new sealing key, valid from a day ago."""
    store = MemoryKeyStore()
    (public,) = store.new_keys([algorithm])
    return CheckpointSigner(key=PublicKey(algorithm, public, NOW - DAY, until), store=store)


@dataclass(slots=True)
class Keys:
    """What a directory would say: the public keys by their id."""

    known: dict[bytes, PublicKey] = field(default_factory=dict)

    def __call__(self, kid: bytes) -> PublicKey:
        """Resolve a key id."""
        if kid not in self.known:
            raise KeyUnknown(kid.hex())
        return self.known[kid]


def keys_of(*signers: CheckpointSigner) -> Keys:
    """A directory with the public keys of these signers."""
    return Keys({each.key.kid: each.key for each in signers})


def opened(path: Path, *, site: str = SITE, at: Millis = NOW) -> Journal:
    """Open a journal whose clock stands still."""
    return Journal.open(path, site=site, clock=ManualClock(at))


def consistent(journal: Journal) -> bool:
    """Tell whether tree, table and columns say the same."""
    frontier = Frontier()
    for each in journal.entries(0, journal.size):
        frontier.append(leaf_hash(each.to_bytes()))
    ((count,),) = journal.read("SELECT count(*) FROM entries")
    return bool(count == journal.size == frontier.size) and journal.root() == frontier.root()


async def written(path: Path, sign: CheckpointSigner, *, sizes: Sequence[int], more: int = 0) -> None:
    """Write a journal with checkpoints at these sizes, a second apart, and some entries after the last."""
    clock = ManualClock(NOW)
    journal = Journal.open(path, site=SITE, clock=clock)
    for size in sizes:
        await journal.commit([entry(number) for number in range(journal.size, size)])
        await journal.checkpoint(sign)
        clock.advance(1000)
    await journal.commit([entry(number) for number in range(journal.size, journal.size + more)])
    journal.close()


def damage(path: Path, *statements: tuple[str, Sequence[object]]) -> None:
    """Change a journal file behind the journal's back."""
    with closing(sqlite3.connect(path, autocommit=True)) as connection:
        for sql, parameters in statements:
            connection.execute(sql, parameters)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
