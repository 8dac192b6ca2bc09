"""The sandbox's file: what is read, and what each mistake is told as."""

from pathlib import Path

import pytest

from lienthong.cli.sandbox_config import SandboxConfig, SandboxGrant, SandboxInvalid, SandboxService, SandboxTopic
from lienthong.exchange.rest.faults import Codes
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId, TopicId

CONSUMER = '[[consumer]]\nid = "VN/PARTY/A01/Consumer"\n'
PROVIDER = '[[provider]]\nid = "VN/STATE/G22/Provider"\n'
SERVICE = PROVIDER + '[[provider.service]]\ncode = "echo"\n'
WITH_URL = SERVICE + 'url = "http://127.0.0.1:9000"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.toml"


def test_everything_is_read(file: Path) -> None:
    file.write_text("""
instance = "EE"
error-codes = "7.8"
[[consumer]]
id = "EE/BUSINESS/a%2Fb/s%C3%B6"
  [[consumer.topic]]
  code = "to/pic"
  [[consumer.topic]]
  code = "other"
  grants = ["EE/BUSINESS/bare", "EE/GOV/1/P"]
[[consumer]]
id = "EE/BUSINESS/bare"
[[provider]]
id = "EE/GOV/1/P"
  [[provider.service]]
  code = "d%C3%B6%2Fner"
  url = "https://example.org:8443/base"
  grants = [{ to = "EE/BUSINESS/bare", methods = ["GET", "POST"], path = "/a/*" }, { to = "EE/GOV/1/P" }]
  [[provider.service]]
  code = "open"
  type = "OPENAPI"
  url = "http://[::1]:9000"
  openapi = "petstore.yaml"
[[provider]]
id = "EE/GOV/1/Q"
  [[provider.service]]
  code = "open"
  type = "SOAP"
  grants = []
""")
    provider = SubsystemId("EE", "GOV", "1", "P")
    assert SandboxConfig.load(file) == SandboxConfig(
        instance="EE",
        codes=Codes.V7_8,
        consumers=(SubsystemId("EE", "BUSINESS", "a/b", "sö"), OrganId("EE", "BUSINESS", "bare")),
        providers=(provider, SubsystemId("EE", "GOV", "1", "Q")),
        services=(
            SandboxService(
                id=ServiceId("EE", "GOV", "1", "P", "dö/ner"),
                type="REST",
                url="https://example.org:8443/base",
                grants=(
                    SandboxGrant(to=OrganId("EE", "BUSINESS", "bare"), methods=("GET", "POST"), path="/a/*"),
                    SandboxGrant(to=provider, methods=(), path="/**"),
                ),
            ),
            SandboxService(
                id=ServiceId("EE", "GOV", "1", "P", "open"),
                type="OPENAPI",
                url="http://[::1]:9000",
                openapi=file.parent.resolve() / "petstore.yaml",
                grants=None,
            ),
            SandboxService(id=ServiceId("EE", "GOV", "1", "Q", "open"), type="SOAP", url=None, grants=()),
        ),
        topics=(
            SandboxTopic(id=TopicId("EE", "BUSINESS", "a/b", "sö", "to/pic"), grants=None),
            SandboxTopic(
                id=TopicId("EE", "BUSINESS", "a/b", "sö", "other"),
                grants=(OrganId("EE", "BUSINESS", "bare"), provider),
            ),
        ),
    )


def test_nothing_but_the_defaults_is_a_sandbox(file: Path) -> None:
    file.write_text("")
    read = SandboxConfig.load(file)
    assert (read.instance, read.codes, read.consumers, read.providers, read.services) == (
        "VN",
        Codes.CLASSIC,
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("instance = = 3", "line 1"),
        ("instance = 3", "`instance`"),
        ('instance = "a\\u0000"', "instance: "),
        ('error-codes = "7.7"', "`error-codes`"),
        ("consumers = []", "`consumers`"),
        ("consumer = 3", "`consumer`"),
        ("[[consumer]]", "`consumer[0]`"),
        ("[[consumer]]\nid = 3", "`consumer[0].id`"),
        ('[[consumer]]\nid = "VN/A/B"\nname = "x"', "`consumer[0]`"),
        ('[[consumer]]\nid = "VN/PARTY"', "consumer[0].id: "),
        ('[[consumer]]\nid = "VN/PARTY/A01/x/y"', "consumer[0].id: "),
        ('[[consumer]]\nid = "VN/PARTY/A01/%zz"', "consumer[0].id: "),
        ('[[consumer]]\nid = "EE/PARTY/A01/x"', "consumer[0].id: EE/PARTY/A01/x is not of the instance VN"),
        (CONSUMER + '[[consumer]]\nid = "VN/PARTY/A01/%43onsumer"', "consumer[1].id: "),
        ('[[provider]]\nid = "VN/STATE/G22"', "provider[0].id: "),
        ('[[provider]]\nid = "EE/STATE/G22/P"', "provider[0].id: "),
        (PROVIDER + PROVIDER, "provider[1].id: VN/STATE/G22/Provider is already at provider[0]"),
        (PROVIDER + "[[provider.service]]", "`provider[0].service[0]`"),
        (PROVIDER + 'service = "echo"', "`provider[0].service`"),
        (SERVICE, "provider[0].service[0].url: "),
        (SERVICE + "url = 9000", "`provider[0].service[0].url`"),
        (SERVICE + 'url = "ftp://127.0.0.1"', "provider[0].service[0].url: "),
        (SERVICE + 'url = "127.0.0.1:9000"', "provider[0].service[0].url: "),
        (SERVICE + 'url = "http://"', "provider[0].service[0].url: "),
        (SERVICE + 'url = "http://h:99999"', "provider[0].service[0].url: "),
        (SERVICE + 'url = "http://h/?q"', "provider[0].service[0].url: "),
        (SERVICE + 'url = "http://h/a b"', "provider[0].service[0].url: "),
        (WITH_URL + 'port = "1"', "`provider[0].service[0]`"),
        (WITH_URL + 'type = "GRPC"', "`provider[0].service[0].type`"),
        (WITH_URL + "openapi = 3", "`provider[0].service[0].openapi`"),
        (WITH_URL + 'openapi = "file:///etc/passwd"', "provider[0].service[0].openapi: "),
        (WITH_URL + '[[provider.service]]\ncode = "%65cho"\nurl = "http://h"', "provider[0].service[1].code: "),
        (WITH_URL.replace("echo", ".."), "provider[0].service[0].code: "),
        (WITH_URL + 'grants = "all"', "`provider[0].service[0].grants`"),
        (WITH_URL + "grants = [{}]", "`provider[0].service[0].grants[0]`"),
        (WITH_URL + 'grants = [{ to = "*" }]', "provider[0].service[0].grants[0].to: "),
        (WITH_URL + 'grants = [{ to = "EE/A/B" }]', "provider[0].service[0].grants[0].to: "),
        (WITH_URL + 'grants = [{ to = "VN/A/B", methods = "GET" }]', "`provider[0].service[0].grants[0].methods`"),
        (WITH_URL + 'grants = [{ to = "VN/A/B", methods = ["get"] }]', "provider[0].service[0].grants[0].methods: "),
        (WITH_URL + 'grants = [{ to = "VN/A/B", path = "a" }]', "`provider[0].service[0].grants[0].path`"),
        (WITH_URL + 'grants = [{ to = "VN/A/B", who = "a" }]', "`provider[0].service[0].grants[0]`"),
    ],
)
def test_mistakes_are_named_with_file_and_place(file: Path, text: str, place: str) -> None:
    file.write_text(text)
    with pytest.raises(SandboxInvalid) as caught:
        SandboxConfig.load(file)
    assert str(file) in str(caught.value)
    assert place in str(caught.value)


def test_file_that_cannot_be_read_is_named(file: Path) -> None:
    with pytest.raises(SandboxInvalid, match="No such file"):
        SandboxConfig.load(file)
    file.write_bytes(b'instance = "\xff"')
    with pytest.raises(SandboxInvalid, match=file.name):
        SandboxConfig.load(file)
