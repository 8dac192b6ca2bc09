"""A world for every test of the exchange: three sites on a carrier in memory."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.support.gateways import Echo, World, world


@pytest.fixture
def echo() -> Echo:
    """The service behind the gateway of the province."""
    return Echo()


@pytest.fixture
async def country(tmp_path: Path, echo: Echo) -> AsyncGenerator[World]:
    """Centre (tw) and province (p1) run; the attacker's site (p2) is on the carrier, but runs no gateway."""
    async with world(tmp_path, "tw", "p1", backend=echo) as made:
        yield made


@pytest.fixture
async def attacked(country: World) -> World:
    """A world in which the attacker's gateway runs as well."""
    await country.start("p2")
    return country
