"""Two sandboxes for all tests of conformance, one per style of error codes, and a recording service behind both."""

from collections.abc import Iterator

import pytest

from tests.support.recorder import Recorder, answer, recorder
from tests.support.sandbox import CONSUMER, PROVIDER, Sandbox, sandbox
from tests.support.wire import Face

# A member class, a member and a subsystem with all that real servers accept.
ODD_CLIENT = "VN/P%C3%81RT%C3%9D/B%C3%B6%20%26%3C%3E%22/s%2Fub"
ODD_PROVIDER = "VN/ST%2FATE/G%C3%B6%3A%40%7E%21/P%25%23%3B"
# The characters that the specification names, as they are but for the question mark.
PLAIN_CLIENT = "VN/Az09'()+,-.=%3F/Az09'()+,-.=%3F/Az09'()+,-.=%3F"
PLAIN_PROVIDER = "VN/Az09'()+,-.=%3F/Az09'()+,-.=%3F/Prov'()+,-.=%3F"
MEMBER = "VN/PARTY/C03"
MODERN_CLIENT = "CS%C3%B6/GOV/A/Consumer"
MODERN_PROVIDER = "CS%C3%B6/GOV/B/Provider"

CLASSIC = """
[[consumer]]
id = "{consumer}"
[[consumer]]
id = "{odd_client}"
[[consumer]]
id = "{plain_client}"
[[consumer]]
id = "{member}"
[[provider]]
id = "{odd_provider}"
service = [{{ code = "s%2F%C3%B6%20%3F", url = "{url}/odd" }}]
[[provider]]
id = "{plain_provider}"
service = [{{ code = "svc'()+,-.=%3F", url = "{url}/plain" }}]
[[provider]]
id = "{provider}"
[[provider.service]]
code = "echo"
url = "{url}/base"
[[provider.service]]
code = "slash"
url = "{url}/base/"
[[provider.service]]
code = "root"
url = "{url}"
[[provider.service]]
code = "api"
type = "OPENAPI"
url = "{url}/api"
openapi = "petstore.yaml"
grants = [
  {{ to = "{consumer}", methods = ["GET", "PUT"], path = "/persons/*" }},
  {{ to = "{consumer}", methods = ["POST"], path = "/open/**" }},
  {{ to = "{odd_client}", methods = ["GET"], path = "/cards" }},
  {{ to = "{member}" }},
]
[[provider.service]]
code = "all"
url = "{url}/all"
grants = [{{ to = "{consumer}" }}]
[[provider.service]]
code = "closed"
url = "{url}/closed"
grants = []
[[provider.service]]
code = "soap"
type = "SOAP"
[[provider.service]]
code = "down"
url = "http://127.0.0.1:1"
"""

MODERN = """
instance = "CS%C3%B6"
error-codes = "7.8"
[[consumer]]
id = "{client}"
[[provider]]
id = "{provider}"
service = [
  {{ code = "echo", url = "{url}/base" }},
  {{ code = "closed", url = "{url}", grants = [] }},
  {{ code = "soap", type = "SOAP" }},
  {{ code = "down", url = "http://127.0.0.1:1" }},
]
"""


@pytest.fixture(scope="session")
def recording() -> Iterator[Recorder]:
    """What stands behind all services."""
    with recorder() as running:
        yield running


@pytest.fixture(scope="session")
def gateway(recording: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """The consumer's side with the documented, older error codes."""
    config = CLASSIC.format(
        url=recording.url,
        consumer=CONSUMER,
        provider=PROVIDER,
        odd_client=ODD_CLIENT,
        odd_provider=ODD_PROVIDER,
        plain_client=PLAIN_CLIENT,
        plain_provider=PLAIN_PROVIDER,
        member=MEMBER,
    )
    with sandbox(tmp_path_factory.mktemp("classic"), config) as running:
        yield Face(port=running.port)


@pytest.fixture(scope="session")
def modern_sandbox(recording: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with the error codes of 7.8 that logs its refusals, in an instance with a letter beyond ASCII."""
    config = MODERN.format(url=recording.url, client=MODERN_CLIENT, provider=MODERN_PROVIDER)
    with sandbox(tmp_path_factory.mktemp("modern"), config, "--verbose") as running:
        yield running


@pytest.fixture
def modern(modern_sandbox: Sandbox) -> Face:
    """Its consumer's side."""
    return Face(port=modern_sandbox.port)


@pytest.fixture
def service(recording: Recorder) -> Recorder:
    """The recording service, with nothing received and an empty answer."""
    recording.taken()
    recording.answers(answer())
    return recording
