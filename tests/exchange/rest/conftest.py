"""One sandbox, with a backend that a test sets up, for all tests of the REST interface."""

from collections.abc import Iterator

import pytest

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
