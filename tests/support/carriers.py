"""Carriers to test with: both implementations behind one harness, and a real server with its operator."""

import asyncio
import itertools
import json
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lienthong.embedded.nats import EmbeddedNats, Trust
from lienthong.exchange.transport.auth import Operator
from lienthong.exchange.transport.base import Carrier, OnState
from lienthong.exchange.transport.credentials import Credential
from lienthong.exchange.transport.memory import MemoryCarrier
from lienthong.exchange.transport.memory_broker import MemoryBroker
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import Role
from lienthong.exchange.transport.provision import Keeping, provision, provision_directory
from lienthong.kernel.clock import DAY, SystemClock

CLOCK = SystemClock()
_COUNT = itertools.count()


def trust_of(operator: Operator) -> Trust:
    """What a server has to know of an operator."""
    return Trust(operator=operator.jwt(CLOCK), system_account=operator.system.public, accounts=operator.accounts(CLOCK))


@dataclass(slots=True)
class Broker:
    """A running server and who issues its credentials."""

    server: EmbeddedNats
    operator: Operator

    @property
    def servers(self) -> list[str]:
        return [self.server.url]

    def credential(self, role: Role, site: str, branches: Iterable[str] = ()) -> Credential:
        return self.operator.issue(role, site, branches, clock=CLOCK, lifetime=DAY)

    async def connect(
        self, site: str, branches: Iterable[str] = (), role: Role = Role.SITE, on_state: OnState | None = None
    ) -> NatsCarrier:
        return await NatsCarrier.connect(self.servers, self.credential(role, site, branches), on_state=on_state)

    async def provision(self, *branches: str, keeping: Keeping | None = None) -> None:
        carrier = await self.connect("provisioner", role=Role.PROVISIONER)
        await provision(carrier, branches, keeping)
        await carrier.close()

    async def provision_directory(self) -> None:
        carrier = await self.connect("publisher", role=Role.PUBLISHER)
        await provision_directory(carrier)
        await carrier.close()

    async def ask(self, verb: str, body: object = None) -> dict[str, Any]:
        """Ask JetStream as the provisioner; returns its answer."""
        carrier = await self.connect("provisioner", role=Role.PROVISIONER)
        answer = await carrier.ask(f"$JS.API.{verb}", json.dumps(body).encode() if body is not None else b"")
        await carrier.close()
        return dict(json.loads(answer))

    async def kill(self) -> None:
        """End the server as a failing machine would."""
        assert self.server.pid is not None
        os.kill(self.server.pid, signal.SIGKILL)
        await self.server.wait()


@asynccontextmanager
async def running_broker(folder: Path) -> AsyncGenerator[Broker]:
    """Run a server with an operator of its own."""
    operator = Operator.create()
    async with EmbeddedNats(folder, trust_of(operator)) as server:
        broker = Broker(server, operator)
        await broker.provision_directory()
        yield broker


class Harness(Protocol):
    """What the tests that hold for every carrier need."""

    async def branch(self) -> str:
        """A new branch with its streams."""
        ...

    async def carrier(
        self, site: str, *branches: str, role: Role = Role.SITE, on_state: OnState | None = None
    ) -> Carrier:
        """A connection, closed when the test ends."""
        ...

    async def stop(self) -> None:
        """Take the broker away."""
        ...

    async def start(self) -> None:
        """Bring it back with all it stored."""
        ...

    async def keep_only(self, stream: str, newest: int) -> None:
        """Forget all but the newest messages."""
        ...

    async def lose(self, stream: str) -> None:
        """Lose a stream's content; it begins at 1 again."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...


@dataclass(slots=True)
class MemoryHarness:
    """Carriers inside this process."""

    broker: MemoryBroker = field(default_factory=lambda: MemoryBroker(CLOCK))
    opened: list[Carrier] = field(default_factory=list)

    async def branch(self) -> str:
        code = f"b{next(_COUNT)}"
        self.broker.provision([code])
        return code

    async def carrier(
        self, site: str, *branches: str, role: Role = Role.SITE, on_state: OnState | None = None
    ) -> Carrier:
        self.opened.append(MemoryCarrier(self.broker, site, branches, role=role, on_state=on_state))
        return self.opened[-1]

    async def stop(self) -> None:
        self.broker.stop()

    async def start(self) -> None:
        self.broker.start()

    async def keep_only(self, stream: str, newest: int) -> None:
        self.broker.expire(stream, self.broker.streams[stream].last - newest)

    async def lose(self, stream: str) -> None:
        self.broker.lose(stream)

    async def close(self) -> None:
        for carrier in self.opened:
            await carrier.close()


@dataclass(slots=True)
class NatsHarness:
    """Carriers over a real server."""

    broker: Broker
    opened: list[Carrier] = field(default_factory=list)

    async def branch(self) -> str:
        code = f"b{next(_COUNT)}"
        await self.broker.provision(code)
        return code

    async def carrier(
        self, site: str, *branches: str, role: Role = Role.SITE, on_state: OnState | None = None
    ) -> Carrier:
        self.opened.append(await self.broker.connect(site, branches, role, on_state))
        return self.opened[-1]

    async def stop(self) -> None:
        await self.broker.kill()

    async def start(self) -> None:
        await self.broker.server.start()

    async def keep_only(self, stream: str, newest: int) -> None:
        info = await self.broker.ask(f"STREAM.INFO.{stream}")
        config = info["config"] | {"max_msgs": newest, "discard": "old"}
        assert "error" not in await self.broker.ask(f"STREAM.UPDATE.{stream}", config)

    async def lose(self, stream: str) -> None:
        await self.broker.ask(f"STREAM.DELETE.{stream}")
        await self.broker.provision(stream.removeprefix("MAIL_"))

    async def close(self) -> None:
        for carrier in self.opened:
            await carrier.close()


def mail(branch: str, to: str, sender_branch: str, sender: str) -> str:
    """The subject of a message from the organ o of one site to the organ o of another."""
    return f"mail.{branch}.{to}.o.{sender_branch}.{sender}.o"


def call(branch: str, to: str, sender_branch: str, sender: str) -> str:
    """The subject of a call from the organ o of one site to the organ o of another."""
    return f"rpc.{branch}.{to}.o.{sender_branch}.{sender}.o"


async def eventually(true: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for knows nothing of events
            await asyncio.sleep(0.005)
