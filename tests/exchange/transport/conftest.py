"""A real server for all tests of the carrier, and a harness for each implementation."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.support.carriers import Broker, Harness, MemoryHarness, NatsHarness, running_broker


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Broker]:
    """A server that all tests share; each takes branches of its own."""
    async with running_broker(tmp_path_factory.mktemp("nats")) as running:
        yield running


@pytest.fixture(params=["memory", "nats"])
async def harness(request: pytest.FixtureRequest, broker: Broker) -> AsyncGenerator[Harness]:
    """Either implementation."""
    kind: Harness = MemoryHarness() if request.param == "memory" else NatsHarness(broker)
    yield kind
    await kind.close()


@pytest.fixture(params=["memory", "nats"])
async def fragile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Harness]:
    """Either implementation, with a broker of its own to break."""
    if request.param == "memory":
        memory = MemoryHarness()
        yield memory
        await memory.close()
        return
    async with running_broker(tmp_path_factory.mktemp("nats")) as running:
        nats = NatsHarness(running)
        yield nats
        await nats.close()
