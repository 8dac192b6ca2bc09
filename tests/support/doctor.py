"""A gateway with everything it needs: a real server with its streams and directory, keys, credential, state."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.doctor.lines import Level, Line
from lienthong.exchange.transport.permissions import Role
from lienthong.kernel.clock import SystemClock
from lienthong.trust.keys import Algorithm
from lienthong.trust.keystore_file import FileKeyStore
from lienthong.trust.passphrase_lock import Cost
from tests.support.carriers import Broker, running_broker
from tests.support.evidence import SITE, Parties

WRAPPING = (Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE)
PASSPHRASE = "words that open the store"


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """A gateway's configuration and what stands behind it."""

    file: Path
    parties: Parties
    broker: Broker

    @property
    def config(self) -> GatewayConfig:
        return GatewayConfig.load(self.file)

    async def publish(self) -> None:
        """Put the directory on the carrier."""
        published = self.parties.published
        assert published is not None
        carrier = await self.broker.connect("publisher", role=Role.PUBLISHER)
        for name, data in published.files().items():
            await carrier.kv_put("directory", name, data)
        await carrier.close()


@asynccontextmanager
async def surroundings(folder: Path) -> AsyncGenerator[Surroundings]:
    """Run what a gateway of the site of organ A needs."""
    parties = Parties(at=SystemClock().now(), wrapping=WRAPPING)
    published = parties.publish(SystemClock().now())
    async with running_broker(folder / "nats") as broker:
        await broker.provision("a", "b")
        state = folder / "state"
        state.mkdir()
        (state / "root.json").write_bytes(published.root)
        (folder / "passphrase").write_text(PASSPHRASE)
        broker.credential(Role.SITE, SITE, ["a"]).write(folder / "site.creds")
        write_keys(folder / "keys", parties)
        file = folder / "gateway.toml"
        file.write_text(
            f'site = "{SITE}"\nstate = "state"\nnats = ["{broker.server.url}"]\ncredential = "site.creds"\n'
            'keys = "keys"\nroot = "state/root.json"\npassphrase-file = "passphrase"\n'
        )
        found = Surroundings(file=file, parties=parties, broker=broker)
        await found.publish()
        yield found


def write_keys(path: Path, parties: Parties) -> None:
    """Write the private keys of organ A and its site into a store."""
    path.unlink(missing_ok=True)
    store = FileKeyStore.create(path, PASSPHRASE.encode(), cost=Cost(memory=8 * 1024, iterations=1, lanes=1))
    own = {key.kid for owner in (SITE, "VN/PARTY/A01") for key in parties.keys[owner]}
    store.add(*(private for kid, private in parties.store._keys.items() if kid in own))


def worst(lines: list[Line]) -> dict[str, Level]:
    """The worst level of each subject."""
    order = list(Level)
    levels: dict[str, Level] = {}
    for line in lines:
        before = levels.get(line.subject.value, Level.OK)
        levels[line.subject.value] = max(before, line.level, key=order.index)
    return levels
