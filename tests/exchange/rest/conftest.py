"""One sandbox, with a backend that a test sets up, for all tests of the REST interface."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.support.sandbox import CONSUMER, PROVIDER, Backend, Sandbox, answer, backend, sandbox

SECOND = "VN/PARTY/B%C3%B6/s%2Fub"
CONFIG = """
[[consumer]]
id = "{consumer}"
[[consumer]]
id = "{second}"
[[consumer]]
id = "VN/PARTY/C03"
[[provider]]
id = "{provider}"
[[provider.service]]
code = "echo"
url = "{url}/base"
[[provider.service]]
code = "slash"
url = "{url}/base/"
[[provider.service]]
code = "d%C3%B6%2Fner"
url = "{url}"
[[provider.service]]
code = "soap"
type = "SOAP"
[[provider.service]]
code = "open"
type = "OPENAPI"
url = "{url}"
openapi = "petstore.yaml"
grants = [
  {{ to = "{consumer}", methods = ["GET", "PUT"], path = "/a/*" }},
  {{ to = "VN/PARTY/C03" }},
  {{ to = "{second}", methods = ["POST"], path = "/c" }},
]
[[provider.service]]
code = "closed"
url = "{url}"
grants = []
[[provider.service]]
code = "down"
url = "http://127.0.0.1:1"
"""
PETSTORE = """\
openapi: 3.0.3
info: {title: Pets, version: '1'}
servers:
- url: http://10.0.0.7:9000/internal
paths: {}
"""

# Those that stand on transports: a gateway runs on uvloop, tests and Windows on asyncio's own loop.
_BOTH_LOOPS = frozenset({"test_access", "test_http1", "test_http1_hostile", "test_server"})


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests of the web server on both loops."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    return loops | {"uvloop": uvloop.new_event_loop} if item.path.stem in _BOTH_LOOPS else loops


@pytest.fixture(scope="module")
def information_system() -> Iterator[Backend]:
    """What stands behind the services."""
    with backend() as running:
        yield running


@pytest.fixture(scope="module")
def gateways(information_system: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in front of it."""
    config = CONFIG.format(url=information_system.url, consumer=CONSUMER, second=SECOND, provider=PROVIDER)
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "petstore.yaml").write_text(PETSTORE)
    with sandbox(folder, config) as running:
        yield running


@pytest.fixture
def system(information_system: Backend) -> Backend:
    """The same, with nothing seen and an empty answer."""
    information_system.seen.clear()
    information_system.answer = answer()
    return information_system
