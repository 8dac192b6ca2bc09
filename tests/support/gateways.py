"""A small world of gateways: two sites, an attacker's third, a directory with real keys, and the means to cheat."""

import asyncio
import os
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import replace
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from msgspec.structs import replace as changed

from lienthong.directory.entries import (
    BranchEntry,
    GrantEntry,
    InstanceEntry,
    OrganEntry,
    ServiceEntry,
    SiteEntry,
    SubsystemEntry,
    key_entry,
)
from lienthong.directory.model import Organ
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.directory.source import Source
from lienthong.exchange.archive.archive import Archive, Settings
from lienthong.exchange.backend import Backend
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.descriptions import Source as Description
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.mail.items import MailItem, ReceiptItem
from lienthong.exchange.mail.sender import Attachment, Draft
from lienthong.exchange.node import Node
from lienthong.exchange.packet import CallPart, Part, content_of
from lienthong.exchange.spool import Spool
from lienthong.exchange.subjects import call_subject, mail_subject
from lienthong.exchange.transport.base import Carrier
from lienthong.exchange.transport.memory import MemoryCarrier
from lienthong.exchange.transport.memory_broker import MemoryBroker
from lienthong.kernel.clock import DAY, MINUTE, ManualClock, Millis
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import INTERNAL
from lienthong.trust import envelope, seal
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Journal
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore, new_organs_keys
from tests.support.directories import NOW, snapshot_of
from tests.support.whole import packed, whole

CENTRE: Final = OrganId("VN", "PARTY", "A01")
NEIGHBOUR: Final = OrganId("VN", "PARTY", "A02")
COMMUNE: Final = OrganId("VN", "PARTY", "U1")
OTHER: Final = OrganId("VN", "PARTY", "U2")
MALLORY: Final = OrganId("VN", "STATE", "M1")
HSO: Final = SubsystemId("VN", "PARTY", "A01", "hso")
LOW: Final = SubsystemId("VN", "PARTY", "A01", "low")
SPY: Final = SubsystemId("VN", "STATE", "M1", "spy")
UNITS: Final = ServiceId("VN", "PARTY", "U1", "reg", "units")
FILES: Final = ServiceId("VN", "PARTY", "U1", "reg", "files")
OLD: Final = ServiceId("VN", "PARTY", "U1", "reg", "old")
TERM: Final[Millis] = 2 * 365 * DAY
BRANCHES: Final = {"tw": "Centre", "01": "Province", "02": "Elsewhere"}
# Token, identifier, branch and site, ceiling.
_ORGANS: Final = (
    ("a01", CENTRE, "tw", "top-secret/personnel"),
    ("a02", NEIGHBOUR, "tw", "secret"),
    ("u1", COMMUNE, "01", "confidential"),
    ("u2", OTHER, "01", "internal"),
    ("m1", MALLORY, "02", "secret"),
)
_SYSTEMS: Final = {
    "a01": (
        SubsystemEntry(code="hso", name="Records", ceiling="secret"),
        SubsystemEntry(code="low", name="Canteen", ceiling="internal"),
    ),
    "u1": (SubsystemEntry(code="reg", name="Registry", ceiling="confidential"),),
    "m1": (SubsystemEntry(code="spy", name="Spy", ceiling="secret"),),
}
_SERVICES: Final = (
    ServiceEntry(
        subsystem="reg",
        code="units",
        title="Units",
        grants=(
            GrantEntry(to=str(HSO)),
            GrantEntry(to=str(LOW), methods=("GET",), path="/public/**"),
            GrantEntry(to="group:spies", path="/spied/*", purposes=("audit",)),
        ),
    ),
    ServiceEntry(subsystem="reg", code="files", label="confidential", grants=(GrantEntry(to=str(CENTRE)),)),
    ServiceEntry(subsystem="reg", code="old", type="SOAP", grants=(GrantEntry(to="*"),)),
)


@dataclass(slots=True)
class StaticDirectory:
    """A directory that changes only when a test says so."""

    snapshot: Snapshot
    clock: ManualClock
    forced: Standing | None = None

    def standing(self) -> Standing:
        return self.forced or self.snapshot.standing(self.clock.now())


@dataclass(slots=True)
class Echo(Backend):
    """A service that says what it was asked, as a whole, or what a test wants it to say."""

    calls: list[tuple[ServiceId, str, str, HttpMessage]] = field(default_factory=list)
    answer: HttpMessage = field(
        default_factory=lambda: HttpMessage(headers=(("content-type", "text/plain"),), body=b"hi")
    )
    before: Callable[[], Awaitable[None]] | None = None
    error: Exception | None = None
    closed: bool = False

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        self.calls.append((service, method, path, changed(message, body=await whole(message.body))))
        if self.before is not None:
            await self.before()
        if self.error is not None:
            raise self.error
        return 200, self.answer

    async def close(self) -> None:
        self.closed = True


@cache
def _made(at: Millis) -> tuple[Source, dict[str, MemoryKeyStore], RoleKeys]:
    """Make all keys of the world; once per time, for they never change."""
    stores = {site: MemoryKeyStore() for site in ("tw", "p1", "p2")}
    home = {"tw": "tw", "01": "p1", "02": "p2"}
    entries: dict[str, list[OrganEntry]] = {branch: [] for branch in BRANCHES}
    for token, id_, branch, ceiling in _ORGANS:
        (keys,) = new_organs_keys(stores[home[branch]], 1, not_before=at - DAY, not_after=at + TERM)
        entries[branch].append(
            OrganEntry(
                id=str(id_),
                token=token,
                name=str(id_),
                site=home[branch],
                ceiling=ceiling,
                keys=tuple(map(key_entry, keys)),
                subsystems=_SYSTEMS.get(token, ()),
                services=_SERVICES if token == "u1" else (),
            )
        )
    sites = {}
    for branch, site in home.items():
        (public,) = stores[site].new_keys([Algorithm.ES256])
        key = key_entry(PublicKey(Algorithm.ES256, public, at - DAY, at + TERM))
        sites[branch] = SiteEntry(code=site, name=site, keys=(key,))
    source = Source(
        instance=InstanceEntry(instance="VN", offline_days=3, grace_days=3),
        groups={"spies": (str(MALLORY),)},
        branches={
            branch: BranchEntry(name=name, sites=(sites[branch],), organs=tuple(entries[branch]))
            for branch, name in BRANCHES.items()
        },
    )
    return source, stores, RoleKeys.generate(BRANCHES)


@cache
def _first_snapshot(at: Millis) -> Snapshot:
    source, _, keys = _made(at)
    return snapshot_of(build(source, keys, ManualClock(at)), at=at)


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that the gateways of one test share, and what an attacker can do."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    source: Source = field(init=False)
    stores: dict[str, MemoryKeyStore] = field(init=False)
    directory: StaticDirectory = field(init=False)
    broker: MemoryBroker = field(init=False)
    running: dict[str, Gateway] = field(default_factory=dict)
    # What gateways told: (site, item).
    receipts: list[tuple[str, ReceiptItem]] = field(default_factory=list)
    arrivals: list[tuple[str, MailItem]] = field(default_factory=list)
    # Connects a site; the in-memory carrier unless a test brings another.
    connect: Callable[[str], Awaitable[Carrier]] | None = None
    # What gateways keep of calls.
    archive: Settings = field(default_factory=Settings)
    descriptions: dict[ServiceId, Description] = field(default_factory=dict)
    _began: Millis = field(init=False)

    def __post_init__(self) -> None:
        """Take over keys and directory."""
        self._began = self.clock.now()
        self.source, stores, _ = _made(self._began)
        # Stores of its own, for a test may take keys away.
        self.stores = {site: MemoryKeyStore(store._keys.values()) for site, store in stores.items()}
        self.directory = StaticDirectory(_first_snapshot(self._began), self.clock)
        self.broker = MemoryBroker(self.clock)
        self.broker.provision(BRANCHES)

    # -- the directory

    def publish(self, source: Source) -> None:
        """Let every gateway decide by another directory from now on."""
        self.source = source
        now = self.clock.now()
        self.directory.snapshot = snapshot_of(build(source, _made(self._began)[2], ManualClock(now)), at=now)

    def published(self) -> Published:
        """The files of the directory as it is now."""
        return build(self.source, _made(self._began)[2], ManualClock(self.clock.now()))

    def change(self, id_: OrganId, **fields: object) -> None:
        """Publish one organ with other facts."""
        branches = {
            code: changed(
                branch,
                organs=tuple(changed(organ, **fields) if organ.id == str(id_) else organ for organ in branch.organs),
            )
            for code, branch in self.source.branches.items()
        }
        self.publish(replace(self.source, branches=branches))

    def organ(self, id_: OrganId) -> Organ:
        found = self.directory.snapshot.organ(id_)
        assert found is not None
        return found

    # -- gateways

    async def start(self, site: str, backend: Backend | None = None) -> Gateway:
        """Run the gateway of a site, with what it kept of its last run."""
        journal = Journal.open(self.folder / site / "journal.sqlite", site=site, clock=self.clock)
        carrier = await self._carrier(site)
        described = self.directory.snapshot.site(site)
        assert described is not None
        kept = self.folder / site / "archive.sqlite"
        gateway = Gateway(
            node=Node(
                site=site,
                clock=self.clock,
                store=self.stores[site],
                directory=self.directory,
                carrier=carrier,
                journal=journal,
                spool=Spool(folder=self.folder / site),
            ),
            backend=backend or Echo(),
            blobs=self.folder / site / "blobs",
            archive=Archive.open(kept, self.archive, clock=self.clock, snapshot=lambda: self.directory.snapshot),
            descriptions=Descriptions(sources=self.descriptions),
            signer=CheckpointSigner(key=described.keys[0], store=self.stores[site]),
            on_receipt=lambda item: self.receipts.append((site, item)),
            on_arrival=lambda item: self.arrivals.append((site, item)),
        )
        await gateway.start()
        self.running[site] = gateway
        return gateway

    async def _carrier(self, site: str) -> Carrier:
        if self.connect is not None:
            return await self.connect(site)
        return MemoryCarrier(
            self.broker,
            site,
            [
                code
                for code, branch in self.source.branches.items()
                if any(organ.site == site for organ in branch.organs)
            ],
        )

    async def stop(self, site: str) -> None:
        """End a gateway in order."""
        gateway = self.running.pop(site)
        try:
            await gateway.close()
        finally:
            await gateway.node.carrier.close()
            if gateway.archive is not None:
                gateway.archive.close()
            gateway.node.journal.close()

    async def restart(self, site: str) -> Gateway:
        """End a gateway and run it again on what it kept."""
        backend = self.running[site].backend
        await self.stop(site)
        return await self.start(site, backend)

    async def close(self) -> None:
        for site in list(self.running):
            await self.stop(site)

    def entries(self, site: str) -> list[Entry]:
        """All evidence of a site."""
        journal = self.running[site].node.journal
        return journal.entries(0, journal.size)

    def evidence(self, site: str) -> list[tuple[str, str, str]]:
        """Direction, kind and verdict of all evidence of a site."""
        return [(entry.direction, entry.kind, entry.verdict) for entry in self.entries(site)]

    # -- what anyone with a gateway's keys and carrier can do

    def header(self, sender: object, receiver: object, kind: Kind = Kind.MESSAGE, **fields: object) -> Header:
        """A header as its sender would write it, with whatever a test makes of it."""
        at = self.clock.now()
        base = {
            "kind": kind,
            "id": uuid.uuid4(),
            "sender": str(sender),
            "receiver": str(receiver),
            "label": INTERNAL,
            "created": at,
            "expires": at + MINUTE,
        }
        return Header(**cast("dict[str, Any]", base | fields))

    def seal(self, header: Header, by: OrganId) -> bytes:
        """Seal a header with an organ's key, its sender's or not."""
        organ = self.organ(by)
        key = self.directory.snapshot.sealing_key(by, self.clock.now())
        return seal.seal(header, key=key, store=self.stores[organ.site])

    def wrap(
        self, sealed: bytes, to: OrganId, *parts: Part | CallPart, content_key: bytes | None = None, pq: bool = False
    ) -> bytes:
        """Encrypt a packet to an organ."""
        wanted = Algorithm.HPKE_MLKEM768_X25519_KE if pq else Algorithm.HPKE_4_KE
        key = next(key for key in self.organ(to).keys if key.algorithm is wanted)
        return envelope.encrypt(packed(sealed, parts), to=key, content_key=content_key)

    def message(self, sender: OrganId, receiver: OrganId, *, by: OrganId | None = None, **fields: object) -> bytes:
        """The envelope of a message with a small content."""
        contents = {"contents": (content_of(b"text"),)}
        header = self.header(sender, receiver, **cast("dict[str, Any]", contents | fields))
        return self.wrap(self.seal(header, by or sender), receiver, b"text")

    def post(self, sender: OrganId, receiver: OrganId, data: bytes) -> str:
        """Put an envelope on the carrier as mail from one organ's gateway to another organ."""
        subject = mail_subject(self.organ(sender), self.organ(receiver))
        self.broker.store(subject, data, secrets.token_hex(16))
        return subject

    async def ask(self, sender: OrganId, receiver: OrganId, data: bytes) -> bytes:
        """Bring a call from one organ's gateway to another organ."""
        subject = call_subject(self.organ(sender), self.organ(receiver))
        (listener,) = self.broker.reached(subject)
        answer = await listener.answer(subject, data)
        assert isinstance(answer, bytes)
        return answer

    # -- shorthands

    def draft(
        self, *receivers: OrganId, sender: ClientId = CENTRE, data: bytes = b"content", **fields: object
    ) -> Draft:
        content = Attachment(name="a.txt", media_type="text/plain", data=data)
        given = cast("dict[str, Any]", {"subject": "Subject", "contents": (content,)} | fields)
        return Draft(sender=sender, receivers=receivers, **given)

    def states(self, site: str = "tw") -> list[tuple[str, str]]:
        """Who receipted what, as the gateway of a site was told."""
        return [(item.receiver, item.state.value) for at, item in self.receipts if at == site]


@asynccontextmanager
async def world(folder: Path, *sites: str, backend: Backend | None = None) -> AsyncGenerator[World]:
    """A world in which the gateways of these sites run."""
    made = World(folder=folder)
    try:
        for site in sites:
            await made.start(site, backend if site == "p1" else None)
        yield made
    finally:
        await made.close()


def new_content_key() -> bytes:
    """A fresh content key, known to who makes the call."""
    return os.urandom(envelope.KEY_SIZE)


async def turns(number: int = 20) -> None:
    """Let the event loop turn a few times."""
    for _ in range(number):
        await asyncio.sleep(0)
