"""Putting a gateway together from its configuration, and taking it apart again."""

import asyncio
import contextlib
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from lienthong.directory.errors import DirectoryError
from lienthong.directory.fetchers import CarrierFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.asic.containers import Containers
from lienthong.exchange.asic.signer import Signer, read_certificates
from lienthong.exchange.asic.timestamp import Authority
from lienthong.exchange.backend import HttpBackend
from lienthong.exchange.config import AsicConfig, ConfigInvalid, GatewayConfig
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.mail.items import MailItem, ReceiptItem
from lienthong.exchange.node import Node
from lienthong.exchange.rest.access import Access
from lienthong.exchange.rest.app import Proof, build
from lienthong.exchange.rest.faces import faces, renewing
from lienthong.exchange.rest.r1 import R1
from lienthong.exchange.tls import ServiceContexts
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.kernel.clock import Clock, SystemClock
from lienthong.kernel.errors import LienthongError
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.journal import Journal
from lienthong.trust.keys import KeyStore, Use
from lienthong.trust.keystore_file import FileKeyStore
from lienthong.trust.passphrase import PASSPHRASE_VARIABLE, passphrase_from

REFRESH_EVERY: Final = 30.0
"""Seconds between looks for a new directory, besides the notice that there is one."""
SWITCH_INTERVAL: Final = 0.0005
"""Seconds after which one thread of a gateway makes room for another."""
GC_THRESHOLD: Final = 50_000
"""New objects before the collector of cycles looks at them."""
BUCKET: Final = "directory"
NEWEST: Final = "metadata/timestamp.json"

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Running:
    """A gateway that runs."""

    gateway: Gateway
    follower: Follower
    carrier: NatsCarrier
    # Where its web face listens in plain HTTP, and with TLS, if it does.
    url: str | None = None
    secure_url: str | None = None


@contextlib.asynccontextmanager
async def running(
    config: GatewayConfig,
    *,
    clock: Clock | None = None,
    on_receipt: Callable[[ReceiptItem], None] | None = None,
    on_arrival: Callable[[MailItem], None] | None = None,
) -> AsyncIterator[Running]:
    """Run a gateway until the context ends.

    Args:
        config: what it needs to know.
        clock: the machine's own unless given.
        on_receipt: told of every receipt that holds.
        on_arrival: told of every message that has arrived in a mailbox.

    Raises:
        LienthongError: something it needs is missing or does not work; the text says what.
    """
    clock = clock or SystemClock()
    # The journal's thread needs the interpreter a few times per transaction; with the usual 5 ms it would
    # wait for it each time while calls keep the event loop busy.
    sys.setswitchinterval(SWITCH_INTERVAL)
    async with contextlib.AsyncExitStack() as stack:
        config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        access = Access(config.subsystems, config.tls, clock)
        contexts = ServiceContexts(config.trusts, config.tls)
        store = open_keys(config)
        journal = Journal.open(config.journal, site=config.site, clock=clock)
        stack.callback(journal.close)
        carrier = await NatsCarrier.connect(config.nats, config.credential)
        stack.push_async_callback(carrier.close)
        follower = await _follow(config, carrier, clock)
        archive = Archive.open(config.archive_file, config.archive, clock=clock, snapshot=lambda: follower.snapshot)
        if archive is not None:
            stack.callback(archive.close)
        config.spool.mkdir(mode=0o700, exist_ok=True)
        node = Node(
            site=config.site,
            clock=clock,
            store=store,
            directory=follower,
            carrier=carrier,
            journal=journal,
            spool=config.bodies.spool(config.spool),
        )
        gateway = Gateway(
            node=node,
            backend=HttpBackend(urls=config.services, tls=contexts.of),
            blobs=config.blobs,
            limits=config.limits,
            signer=_signer(follower.snapshot, config.site, store, clock),
            archive=archive,
            descriptions=Descriptions(sources=config.descriptions),
            on_receipt=on_receipt,
            on_arrival=on_arrival,
            max_content=config.max_content,
            hold=config.hold,
            keep=config.keep,
        )
        stack.push_async_callback(gateway.close)
        await gateway.start()
        # What is there now stays: the collector need not look at a directory of 3,400 organs again and again.
        gc.collect()
        gc.freeze()
        # A call makes some hundred short-lived objects, hardly any in cycles: looking often finds nothing.
        gc.set_threshold(GC_THRESHOLD)
        await _keep_following(stack, follower, gateway)
        state = Running(gateway=gateway, follower=follower, carrier=carrier)
        r1 = R1(
            caller=gateway.caller,
            instance=follower.snapshot.instance,
            directory=follower,
            codes=config.codes,
            limiter=gateway.limiting.subsystems,
        )
        containers = _containers(config.asic, gateway, follower)
        if containers.authority is not None:
            stack.callback(containers.authority.client.close)
        proof = Proof(containers=containers, root=config.root.read_bytes())
        served = await stack.enter_async_context(
            faces(config, build(gateway, r1, proof), access, on_stop=gateway.bell.close)
        )
        await stack.enter_async_context(renewing(access.renew, contexts.renew))
        state.url, state.secure_url = served.plain, served.secure
        yield state


def _containers(asic: AsicConfig | None, gateway: Gateway, follower: Follower) -> Containers:
    signer = authority = None
    if asic is not None:
        signer = Signer.load(asic.certificate, asic.key, gateway.node.store)
        if asic.tsa is not None and asic.tsa_certificates is not None:
            authority = Authority(url=asic.tsa, certificates=tuple(read_certificates(asic.tsa_certificates)))
    return Containers(
        node=gateway.node,
        archive=gateway.archive,
        signer=signer,
        authority=authority,
        published=lambda: follower.published,
        checkpoint=gateway.checkpoint,
    )


def open_keys(config: GatewayConfig) -> FileKeyStore:
    """Open the key store of a configuration.

    Raises:
        KeyStoreError: missing, damaged, or another passphrase.
    """
    if config.passphrase_file is None:
        return FileKeyStore.open(config.keys, passphrase_from())
    return FileKeyStore.open(config.keys, passphrase_from({PASSPHRASE_VARIABLE: str(config.passphrase_file)}))


async def _follow(config: GatewayConfig, carrier: NatsCarrier, clock: Clock) -> Follower:
    async def get(name: str) -> bytes | None:
        return await carrier.kv_get(BUCKET, name)

    try:
        root = config.root.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"{config.root}: {error.strerror}") from error
    fetcher = CarrierFetcher(get, asyncio.get_running_loop())
    follower = Follower(fetcher, folder=config.directory, root=root, clock=clock)
    follower.start()
    try:
        await follower.refresh()
    except DirectoryError as error:
        # What was verified before will do while it may: its standing decides.
        _log.warning("%s", error)
    return follower


async def _keep_following(stack: contextlib.AsyncExitStack, follower: Follower, gateway: Gateway) -> None:
    async def refresh() -> None:
        try:
            await follower.refresh()
            # Again even when nothing is new: a branch's stream may have been missing the last time.
            await gateway.directory_changed(follower.snapshot)
        except LienthongError as error:
            _log.warning("%s", error)

    async def changed(_: bytes) -> None:
        await refresh()

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(REFRESH_EVERY)
            await refresh()

    watch = await gateway.node.carrier.kv_watch(BUCKET, NEWEST, changed)
    stack.push_async_callback(watch.close)
    task = asyncio.create_task(again_and_again(), name="directory")

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


def _signer(snapshot: Snapshot, site: str, store: KeyStore, clock: Clock) -> CheckpointSigner | None:
    described = snapshot.site(site)
    held = store.kids()
    keys = [] if described is None else [key for key in described.keys if key.use is Use.SEAL and key.kid in held]
    at = clock.now()
    valid = [key for key in keys if key.not_before <= at < key.not_after and key.revoked_at is None]
    if not valid:
        _log.warning("site %s has no sealing key that is valid: its journal gets no checkpoints", site)
        return None
    return CheckpointSigner(key=max(valid, key=lambda key: key.not_before), store=store)
