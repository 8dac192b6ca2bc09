"""A whole exchange on one machine: keys, directory, carrier and the configuration of every gateway.

The demo and the sandbox differ in who takes part; how that is set up is the same.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from lienthong.cli.world_plan import Plan
from lienthong.cli.world_source import adapted_source, check_same, home_of, new_source
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys, read_publics, write_publics
from lienthong.directory.source import Source, read_source, write_source
from lienthong.embedded.nats import EmbeddedNats, Trust
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.rest.faults import Codes
from lienthong.exchange.transport.auth import Operator
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import Role
from lienthong.exchange.transport.provision import provision, provision_directory
from lienthong.kernel.clock import DAY, Clock, Millis, SystemClock
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import ServiceId

CREDENTIAL_TERM: Final[Millis] = 365 * DAY
_ROOT: Final = "root.json"
# The file that opens all key stores of a world.
_OPENER: Final = "passphrase"
# What ``create`` makes, and nobody else may have put there.
_OWN: Final = (_OPENER, "sites", "source", "role-keys", "operator.keys", "published")
_PUBLISH_AT_ONCE: Final = 64


class WorldDamaged(LienthongError):
    """The folder holds a world that is not whole."""

    code = "world_damaged"
    hint = "Choose another folder with --state, or delete this one."


@dataclass(kw_only=True)
class World:
    """An exchange in a folder. ``create`` or ``reopen`` it, then ``carried`` while its gateways run."""

    folder: Path
    plan: Plan
    clock: Clock
    source: Source
    keys: RoleKeys
    operator: Operator
    published: Published
    nats: EmbeddedNats

    @classmethod
    def create(cls, folder: Path, plan: Plan, *, clock: Clock | None = None) -> Self:
        """Make all keys, sign the directory, and write everything into a folder.

        Raises:
            WorldDamaged: a part of a world is there already, as when its making was cut off.
            KeyStoreError, RoleKeyError, SourceInvalid: something cannot be written or is not in order.
        """
        clock = clock or SystemClock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if taken := [name for name in _OWN if (folder / name).exists()]:
            raise WorldDamaged(f"{folder}: {', '.join(taken)} without {_ROOT}")
        passphrase = secrets.token_hex(32)
        write_atomically(folder / _OPENER, passphrase.encode())
        source = new_source(folder, plan, passphrase.encode(), clock.now())
        keys = RoleKeys.generate(plan.branches)
        operator = Operator.create()
        operator.save(folder / "operator.keys")
        world = cls(
            folder=folder,
            plan=plan,
            clock=clock,
            source=source,
            keys=keys,
            operator=operator,
            published=build(source, keys, clock),
            nats=_nats(folder, operator, clock),
        )
        world._write()
        return world

    @staticmethod
    def is_complete(folder: Path) -> bool:
        """Tell whether ``create`` has filled a folder to the end."""
        # The root is written last.
        return (folder / _ROOT).exists()

    @classmethod
    def reopen(cls, folder: Path, plan: Plan, *, clock: Clock | None = None, adapt: bool = False) -> Self:
        """Take up a folder that ``create`` has filled.

        Args:
            folder: the folder.
            plan: who takes part.
            clock: the machine's own unless given.
            adapt: publish what the plan says now. Known organs keep their keys while these are valid and
                they stay at their site; organs that are no more stay listed as inactive, so that their
                seals can be verified. Sites and branches must be the same.

        Raises:
            WorldMismatch: it was made for another instance or, unless ``adapt``, for other organs or sites.
            LienthongError: something in it is missing or damaged; WorldDamaged if it is the world's own.
        """
        clock = clock or SystemClock()
        source = read_source(folder / "source")
        passphrase, root = _read(folder / _OPENER).decode(), _read(folder / _ROOT)
        if adapt:
            source = adapted_source(folder, plan, source, passphrase.encode(), clock.now())
        check_same(folder, source, plan)
        role_keys = folder / "role-keys"
        keys = RoleKeys.load(role_keys, read_publics(role_keys), lambda: passphrase)
        operator = Operator.load(folder / "operator.keys")
        world = cls(
            folder=folder,
            plan=plan,
            clock=clock,
            source=source,
            keys=keys,
            operator=operator,
            published=build(source, keys, clock, Published.load(folder / "published")),
            nats=_nats(folder, operator, clock),
        )
        world.published.save(folder / "published")
        if adapt:
            write_source(folder / "source", source)
            world._issue()
        world._hand_out_root(root)
        return world

    @property
    def root(self) -> Path:
        """File of the directory's root that all trust to begin with; every site has a copy of its own."""
        return self.folder / _ROOT

    def config(
        self,
        site: str,
        *,
        port: int | None = None,
        services: Mapping[ServiceId, str] | None = None,
        codes: Codes = Codes.CLASSIC,
    ) -> GatewayConfig:
        """Return the configuration of a site's gateway; the carrier must be running.

        Args:
            site: its code.
            port: where its web face listens on loopback: 0 a free one, None no web face.
            services: where the services of its organs are.
            codes: how it writes error types.
        """
        home = home_of(self.folder, site)
        return GatewayConfig(
            site=site,
            state=home,
            nats=(self.nats.url,),
            credential=home / "carrier.creds",
            keys=home / "keys",
            passphrase_file=self.folder / _OPENER,
            root=home / _ROOT,
            listen=None if port is None else ("127.0.0.1", port),
            codes=codes,
            services=dict(services or {}),
        )

    @contextlib.asynccontextmanager
    async def carried(self) -> AsyncIterator[None]:
        """Run the carrier, set it up, and publish the directory on it."""
        async with self.nats:
            await self._provision()
            yield

    async def publish(self) -> None:
        """Put what is published on the carrier, the timestamp last."""
        credential = self.operator.issue(Role.PUBLISHER, "publisher", clock=self.clock, lifetime=DAY)
        carrier = await NatsCarrier.connect([self.nats.url], credential)
        try:
            await provision_directory(carrier)
            files = list(self.published.files().items())
            # All but the last at once: with the timestamp a gateway sees the rest.
            for start in range(0, len(files) - 1, _PUBLISH_AT_ONCE):
                batch = files[start : min(start + _PUBLISH_AT_ONCE, len(files) - 1)]
                await asyncio.gather(*(carrier.kv_put("directory", name, data) for name, data in batch))
            await carrier.kv_put("directory", *files[-1])
        finally:
            await carrier.close()

    async def _provision(self) -> None:
        credential = self.operator.issue(Role.PROVISIONER, "provisioner", clock=self.clock, lifetime=DAY)
        carrier = await NatsCarrier.connect([self.nats.url], credential)
        try:
            await provision(carrier, self.plan.branches)
        finally:
            await carrier.close()
        await self.publish()

    def _write(self) -> None:
        write_source(self.folder / "source", self.source)
        role_keys = self.folder / "role-keys"
        role_keys.mkdir(mode=0o700, exist_ok=True)
        write_publics(role_keys, self.keys.publics())
        self.keys.save(role_keys, (self.folder / _OPENER).read_text())
        self.published.save(self.folder / "published")
        self._issue()
        self._hand_out_root(self.published.root)
        write_atomically(self.root, self.published.root, mode=0o644)

    def _hand_out_root(self, root: bytes) -> None:
        """Give every site its root: as a gateway somewhere else would have got it, by another way than the carrier."""
        for site in self.plan.sites:
            write_atomically(home_of(self.folder, site.code) / _ROOT, root, mode=0o644)

    def _issue(self) -> None:
        for site in self.plan.sites:
            credential = self.operator.issue(
                Role.SITE, site.code, self.plan.branches_of(site.code), clock=self.clock, lifetime=CREDENTIAL_TERM
            )
            credential.write(home_of(self.folder, site.code) / "carrier.creds")


def _nats(folder: Path, operator: Operator, clock: Clock) -> EmbeddedNats:
    trust = Trust(
        operator=operator.jwt(clock), system_account=operator.system.public, accounts=operator.accounts(clock)
    )
    return EmbeddedNats(folder / "nats", trust)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorldDamaged(f"{path}: {error.strerror}") from error
