"""The web faces of centre (tw) and province (p1) for every test of the endpoints."""

from collections.abc import AsyncGenerator

import pytest

from tests.support.gateways import World
from tests.support.v1 import Faces, faces


@pytest.fixture
async def web(country: World) -> AsyncGenerator[Faces]:
    """Both faces, on loopback."""
    async with faces(country) as made:
        yield made
