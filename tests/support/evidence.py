"""A gateway's state with real evidence: two organs with keys, a signed directory, a journal with checkpoints."""

import asyncio
import hashlib
import shutil
import uuid
from collections.abc import Sequence
from copy import replace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lienthong.directory.cache import Cache, Cached
from lienthong.directory.entries import BranchEntry, InstanceEntry, OrganEntry, SiteEntry, key_entry
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.source import Source
from lienthong.exchange.evidence.export import export_record
from lienthong.exchange.evidence.reader import JournalReader
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.kernel.clock import DAY, HOUR, MINUTE, ManualClock, Millis
from lienthong.kernel.labels import INTERNAL, Label, Level
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.journal import Entry, Journal
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore
from lienthong.trust.seal import digest_of, seal, seal_many

NOW: Final[Millis] = 1_748_736_000_000
"""When the journal begins: 2025-06-01, so that it lies in the past of every machine."""
SITE: Final = "site-a"
A, B = "VN/PARTY/A01", "VN/STATE/B02"
SYSTEM, SERVICE = f"{A}/hso", f"{B}/registry/lookup"
DOCUMENT: Final = b"The text of a directive."
TITLE: Final = Content(digest=hashlib.sha256(DOCUMENT).digest(), size=len(DOCUMENT), name="directive.txt")


def key_of(store: MemoryKeyStore, algorithm: Algorithm = Algorithm.ES256, *, at: Millis = NOW) -> PublicKey:
    """Make a key in a store, valid from a day before to a year after."""
    (public,) = store.new_keys([algorithm])
    return PublicKey(algorithm, public, at - DAY, at + 365 * DAY)


@dataclass(kw_only=True)
class Parties:
    """Two organs in two branches and the two sites that serve them, with every private key."""

    store: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    roles: RoleKeys = field(default_factory=lambda: RoleKeys.generate(["a", "b"]))
    keys: dict[str, list[PublicKey]] = field(default_factory=dict)
    published: Published | None = None
    # When their keys were made.
    at: Millis = NOW
    # What organs have besides the key to seal with.
    wrapping: Sequence[Algorithm] = ()

    def __post_init__(self) -> None:
        """Make the keys."""
        for name in (A, B, SITE, "site-b"):
            wrapping = self.wrapping if name in {A, B} else ()
            self.keys[name] = [key_of(self.store, kind, at=self.at) for kind in (Algorithm.ES256, *wrapping)]

    def key(self, owner: str) -> PublicKey:
        """The key that an organ or a site seals with."""
        return self.keys[owner][0]

    def change(self, owner: str, **terms: int) -> None:
        """Give a key another term, or revoke it; the directory must be published again."""
        changes: dict[str, Any] = dict(terms)
        self.keys[owner] = [replace(self.keys[owner][0], **changes), *self.keys[owner][1:]]

    def publish(self, at: Millis = NOW) -> Published:
        """Sign the directory as it is now."""
        source = Source(
            instance=InstanceEntry(instance="VN", offline_days=3, grace_days=3),
            groups={},
            branches={"a": self._branch(A, "a"), "b": self._branch(B, "b")},
        )
        self.published = build(source, self.roles, ManualClock(at), self.published)
        return self.published

    def _branch(self, organ: str, code: str) -> BranchEntry:
        site = f"site-{code}"
        return BranchEntry(
            name=f"Branch {code}",
            organs=(
                OrganEntry(
                    id=organ,
                    token=f"organ-{code}",
                    name=f"Organ {code}",
                    site=site,
                    ceiling="secret",
                    keys=tuple(map(key_entry, self.keys[organ])),
                ),
            ),
            sites=(SiteEntry(code=site, name=site, keys=tuple(map(key_entry, self.keys[site]))),),
        )

    def seal(self, header: Header, owner: str) -> bytes:
        """Seal with an organ's key, whoever the header says it is from."""
        return seal(header, key=self.key(owner), store=self.store)

    def seal_batch(self, headers: Sequence[Header], owner: str) -> list[bytes]:
        """Seal many with one signature."""
        return seal_many([each.to_bytes() for each in headers], key=self.key(owner), store=self.store)


def header(kind: Kind, number: int, **changes: object) -> Header:
    """A header of a call or a message from A to B, or of what answers it."""
    back = kind in {Kind.RESPONSE, Kind.RECEIPT}
    ends = (SYSTEM, SERVICE) if kind in {Kind.REQUEST, Kind.RESPONSE} else (A, B)
    sender, receiver = reversed(ends) if back else ends
    values: dict[str, Any] = {
        "kind": kind,
        "id": uuid.UUID(int=number),
        "sender": sender,
        "receiver": receiver,
        "label": Label(Level.CONFIDENTIAL) if kind is Kind.MESSAGE else INTERNAL,
        "created": NOW,
        "expires": NOW + HOUR,
        "purpose": "lookup" if kind is Kind.REQUEST else "",
    }
    return Header(**(values | changes))


def entry_of(sealed: Header, seals: Sequence[bytes], *, direction: str = "out", **changes: object) -> Entry:
    """The entry a gateway of A would make of a header."""
    values: dict[str, Any] = {
        "at": NOW,
        "organ": A,
        "direction": direction,
        "kind": sealed.kind.value,
        "id": str(sealed.id),
        "peer": sealed.receiver if direction == "out" else sealed.sender,
        "label": str(sealed.label),
        "purpose": sealed.purpose,
        "verdict": "ok",
        "detail": "",
        "digests": tuple(each.digest for each in sealed.contents),
        "seals": tuple(seals),
    }
    return Entry(**(values | changes))


def call(parties: Parties, number: int) -> Entry:
    """A call of A to a service of B with its answer: two single seals."""
    request = header(Kind.REQUEST, number, method="GET", path="/persons/1", contents=(TITLE,))
    sealed = parties.seal(request, A)
    response = header(Kind.RESPONSE, number, answers=digest_of(sealed), status="200")
    return entry_of(request, (sealed, parties.seal(response, B)))


def messages(parties: Parties, numbers: Sequence[int]) -> list[Entry]:
    """Messages of A to B under one batch seal."""
    headers = [header(Kind.MESSAGE, number, contents=(TITLE,)) for number in numbers]
    return [entry_of(each, (sealed,)) for each, sealed in zip(headers, parties.seal_batch(headers, A), strict=True)]


def receipt(parties: Parties, number: int) -> Entry:
    """A receipt of B that came in."""
    back = header(Kind.RECEIPT, number, answers=b"\1" * 32, status="delivered", conversation=uuid.UUID(int=number))
    return entry_of(back, (parties.seal(back, B),), direction="in", detail="delivered")


def alarm(parties: Parties) -> Entry:
    """What is recorded of a message that B's key sealed in the name of A."""
    forged = header(Kind.MESSAGE, 99, sender=A, receiver=A)
    return Entry(
        at=NOW,
        organ=f"site:{SITE}",
        direction="in",
        kind="alarm",
        id="",
        peer="mail.a.site-a.organ-a.b.site-b.organ-b",
        label="",
        purpose="",
        verdict="key_unknown",
        detail="",
        seals=(parties.seal(forged, B),),
    )


def ordinary(parties: Parties) -> list[Entry]:
    """Ten entries of every kind: calls at 0 and 1, messages 2 to 7 in a batch, a receipt, an alarm."""
    entries = [call(parties, 0), call(parties, 1), *messages(parties, range(2, 8)), receipt(parties, 8), alarm(parties)]
    return [replace(each, at=NOW + MINUTE * number) for number, each in enumerate(entries)]


@dataclass(frozen=True, kw_only=True)
class State:
    """A gateway's state folder."""

    folder: Path
    parties: Parties

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.sqlite"

    @property
    def root(self) -> bytes:
        """The root that is trusted."""
        return (self.folder / "root.json").read_bytes()

    def keep(self, published: Published) -> None:
        """Put a version of the directory into the gateway's copy."""
        folder = self.folder / "directory"
        folder.mkdir(exist_ok=True)
        Cache(folder).store(Cached(published=published, fetched=NOW))

    def export(self, index: int, *, contents: Sequence[bytes] = (), at: Millis = NOW + DAY) -> Path:
        """Export a record beside the state."""
        published = self.parties.published
        assert published is not None
        with JournalReader.open(self.journal) as journal:
            trusted = Trusted.of(published, root=self.root, at=at)
            data = export_record(journal, trusted, index, contents=contents)
        path = self.folder / f"record-{index}.zip"
        path.write_bytes(data)
        return path


def copy_of(state: State, folder: Path) -> State:
    """Copy a state, to damage the copy."""
    shutil.copytree(state.folder, folder, dirs_exist_ok=True)
    return replace(state, folder=folder)


def make_state(folder: Path, *, parties: Parties | None = None, entries: Sequence[Entry] | None = None) -> State:
    """Make a state folder: entries with checkpoints after 3, 7 and all of them, a minute after the entry before."""
    parties = parties or Parties()
    state = State(folder=folder, parties=parties)
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_write(state, ordinary(parties) if entries is None else entries))
    published = parties.publish()
    state.keep(published)
    (folder / "root.json").write_bytes(published.roots[0])
    return state


async def _write(state: State, entries: Sequence[Entry]) -> None:
    clock = ManualClock(NOW)
    journal = Journal.open(state.journal, site=SITE, clock=clock)
    signer = CheckpointSigner(key=state.parties.key(SITE), store=state.parties.store)
    for size in sorted({min(3, len(entries)), min(7, len(entries)), len(entries)}):
        await journal.commit(entries[journal.size : size])
        clock.at = NOW + MINUTE * size
        await journal.checkpoint(signer)
    journal.close()
