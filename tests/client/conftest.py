"""Two gateways with web faces in this process, and a sandbox as a process of its own."""

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from tests.support.gateways import Echo, World, world
from tests.support.sandbox import Sandbox, Seen, answer, backend, sandbox
from tests.support.v1 import Faces, faces

FILE = """
[[consumer]]
id = "VN/PARTY/A01/Consumer"
[[consumer]]
id = "VN/PARTY/B02/Office"
[[provider]]
id = "VN/STATE/G22/Provider"
[[provider.service]]
code = "echo"
url = "{echo}"
"""


@pytest.fixture
def echo() -> Echo:
    """The service behind the gateway of the province."""
    return Echo()


@pytest.fixture
async def country(tmp_path: Path, echo: Echo) -> AsyncGenerator[World]:
    """Centre (tw) and province (p1)."""
    async with world(tmp_path, "tw", "p1", backend=echo) as made:
        yield made


@pytest.fixture
async def web(country: World) -> AsyncGenerator[Faces]:
    """Both faces, on loopback."""
    async with faces(country) as made:
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with two organs whose information systems ask, and an echo service."""
    with backend() as service:
        service.answer = told
        with sandbox(tmp_path_factory.mktemp("sandbox"), FILE.format(echo=service.url)) as made:
            yield made


def told(seen: Seen) -> bytes:
    """Answer with what has reached the service."""
    path, _, query = seen.target.partition("?")
    said = {"method": seen.method, "path": path, "query": query, "body": seen.body.decode()}
    return answer("200 OK", "Content-Type: application/json", body=json.dumps(said).encode())
