"""A gateway's configuration: read as a whole, refused as a whole, and written as it is read."""

from pathlib import Path

import pytest

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.config import AsicConfig, ConfigInvalid, GatewayConfig
from lienthong.exchange.rest.faults import Codes
from lienthong.exchange.settings import ServiceTrust, Subsystem, Tls, Way
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId

SMALL = """
site = "p1"
state = "state"
nats = ["nats://127.0.0.1:4222"]
credential = "/etc/carrier.creds"
keys = "keys"
root = "root.json"
"""
FULL = (
    SMALL
    + """
passphrase-file = "pass"
listen = "127.0.0.1:8080"
error-codes = "7.8"
archive = "full"
archive-keep-days = 7
archive-max-body = 4096
[mail]
max-content = 1048576
hold-minutes = 0
keep-days = 7
[asic]
certificate = "asic.pem"
key = "asic.key"
tsa = "http://127.0.0.1:3161/"
tsa-certificates = "tsa.pem"
[[services]]
id = "VN/PARTY/U1/reg/%C4%91%C6%A1n"
url = "http://127.0.0.1:9000"
openapi = "api/đơn.yaml"
[[services]]
id = "VN/PARTY/U1/reg/pets"
url = "http://127.0.0.1:9000"
openapi = "http://127.0.0.1:9000/openapi.json"
"""
)
WEB = (
    SMALL
    + """
[tls]
certificate = "gateway.pem"
key = "/etc/gateway.key"
listen = "192.0.2.1:8443"
[[subsystems]]
id = "VN/PARTY/A01/hso"
certificates = ["hso.pem", "next.pem"]
[[subsystems]]
id = "VN/PARTY/A01/open"
connection = "https"
[[subsystems]]
id = "VN/PARTY/A01"
connection = "http"
[[services]]
id = "VN/PARTY/A01/hso/a"
url = "https://a:9000"
ca = "ca.pem"
[[services]]
id = "VN/PARTY/A01/hso/b"
url = "https://b:9000"
pinned = ["b.pem"]
[web]
head-bytes = 1000
rate = 10
[limits.subsystem]
calls-per-second = 10
[limits.site]
burst = 5
"""
)


def written(folder: Path, text: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text(text)
    return path


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    config = GatewayConfig.load(written(tmp_path, SMALL))
    assert config.site == "p1"
    assert config.nats == ("nats://127.0.0.1:4222",)
    assert config.credential == Path("/etc/carrier.creds")
    assert (config.keys, config.root) == (tmp_path / "keys", tmp_path / "root.json")
    assert (config.listen, config.passphrase_file, config.services) == (None, None, {})
    assert config.codes is Codes.CLASSIC
    assert (config.archive.keep, config.asic, config.descriptions) == (Keep.NONE, None, {})
    assert (config.max_content, config.hold, config.keep) == (64 << 30, 15 * MINUTE, 90 * DAY)
    assert {config.journal.parent, config.directory.parent, config.blobs.parent} == {tmp_path / "state"}
    assert len({config.journal, config.directory, config.blobs}) == 3


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = GatewayConfig.load(written(tmp_path, FULL))
    assert config.listen == ("127.0.0.1", 8080)
    assert config.passphrase_file == tmp_path / "pass"
    assert config.codes is Codes.V7_8
    letters, pets = (ServiceId("VN", "PARTY", "U1", "reg", code) for code in ("đơn", "pets"))
    assert config.services == {letters: "http://127.0.0.1:9000", pets: "http://127.0.0.1:9000"}
    assert config.descriptions == {
        letters: tmp_path / "api/đơn.yaml",
        pets: "http://127.0.0.1:9000/openapi.json",
    }
    assert (config.max_content, config.hold, config.keep) == (1 << 20, 0, 7 * DAY)
    assert config.archive == Settings(keep=Keep.FULL, days=7, max_body=4096)
    assert config.asic == AsicConfig(
        certificate=tmp_path / "asic.pem",
        key=tmp_path / "asic.key",
        tsa="http://127.0.0.1:3161/",
        tsa_certificates=tmp_path / "tsa.pem",
    )


def test_how_systems_and_services_connect_can_be_said(tmp_path: Path) -> None:
    config = GatewayConfig.load(written(tmp_path, WEB))
    assert config.tls == Tls(
        certificate=tmp_path / "gateway.pem", key=Path("/etc/gateway.key"), listen=("192.0.2.1", 8443)
    )
    assert config.subsystems == (
        Subsystem(
            id=SubsystemId("VN", "PARTY", "A01", "hso"), certificates=(tmp_path / "hso.pem", tmp_path / "next.pem")
        ),
        Subsystem(id=SubsystemId("VN", "PARTY", "A01", "open"), way=Way.HTTPS),
        Subsystem(id=OrganId("VN", "PARTY", "A01"), way=Way.HTTP),
    )
    # What is not said is the strictest.
    assert config.subsystems[0].way is Way.CLIENT_AUTH
    assert list(config.trusts.values()) == [
        ServiceTrust(ca=tmp_path / "ca.pem"),
        ServiceTrust(pinned=(tmp_path / "b.pem",)),
    ]
    assert (config.bounds.head_bytes, config.bounds.rate) == (1000, 10)
    assert (config.limits.subsystem.calls_per_second, config.limits.site.burst) == (10, 5)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:80", "[::1]:80", "localhost:80", '10.0.0.1:80"\ntrusted-segment = true\n#"']
)
def test_it_listens_on_loopback_or_where_the_segment_is_trusted(tmp_path: Path, address: str) -> None:
    config = GatewayConfig.load(written(tmp_path, f'{SMALL}listen = "{address}"'))
    assert config.listen == (address.partition('"')[0].rpartition(":")[0], 80)
    assert GatewayConfig.load(written(tmp_path, config.to_toml())) == config


@pytest.mark.parametrize(
    "text", [SMALL, FULL, WEB, SMALL + "subsystems = []", f'{SMALL}[asic]\ncertificate = "c.pem"\n']
)
def test_what_is_written_reads_the_same(tmp_path: Path, text: str) -> None:
    config = GatewayConfig.load(written(tmp_path, text))
    assert GatewayConfig.load(written(tmp_path, config.to_toml())) == config


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "site"),
        ("site = [", "gateway.toml"),
        (SMALL.replace("keys", "kyes"), "kyes"),
        (SMALL + "surprise = 1", "surprise"),
        (SMALL.replace('"p1"', "1"), "site"),
        (SMALL + 'error-codes = "8"', "error-codes"),
        (SMALL + 'archive = "some"', "archive"),
        (SMALL + "archive-keep-days = 0", "archive-keep-days"),
        (SMALL + "archive-max-body = -1", "archive-max-body"),
        (SMALL + "[asic]", "certificate"),
        (SMALL + '[asic]\ncertificate = "c"\ntsa = "http://x"', "tsa and tsa-certificates belong together"),
        (SMALL + '[asic]\ncertificate = "c"\ntsa = "x"\ntsa-certificates = "t"', "no HTTP address"),
        (FULL.replace("http://127.0.0.1:9000/openapi.json", "file:///etc/passwd"), "no HTTP address"),
        (SMALL + 'listen = "8080"', "HOST:PORT"),
        (SMALL + 'listen = ":8080"', "HOST:PORT"),
        (SMALL + 'listen = "127.0.0.1:"', "HOST:PORT"),
        (SMALL + 'listen = "0.0.0.0:8080"', "trusted-segment"),
        (FULL.replace("http://127.0.0.1:9000", "ftp://127.0.0.1"), "no HTTP address"),
        (FULL.replace("http://127.0.0.1:9000", "http://host:port"), "gateway.toml"),
        (SMALL + 'listen = "gateway.example:8080"', "trusted-segment"),
        (SMALL + 'listen = "127.0.0.1:65536"', "HOST:PORT"),
        (SMALL + 'listen = "127.0.0.1:²"', "gateway.toml"),
        (SMALL + '[[services]]\nid = "VN/PARTY/U1"\nurl = "x"', "5 parts"),
        (SMALL + '[[services]]\nid = "VN/PARTY/U1/reg/x"', "url"),
        (WEB.replace('"https://a:9000"', '"http://a:9000"'), "plain address"),
        (WEB.replace('ca = "ca.pem"', 'ca = "ca.pem"\npinned = ["x"]'), "either ca or pinned"),
        (WEB.replace('certificates = ["hso.pem", "next.pem"]', ""), "needs certificates"),
        (WEB.replace('"https"', '"https"\ncertificates = ["x"]'), "takes no certificates"),
        (WEB.replace('"https"', '"ftp"'), "connection"),
        (WEB.replace('"VN/PARTY/A01/open"', '"VN/PARTY"'), "has not 3 parts"),
        (WEB.replace("192.0.2.1:8443", "8443"), "HOST:PORT"),
        (WEB.replace("rate = 10", "rate = 0"), "rate must be above 0"),
        (WEB.replace("burst = 5", "burst = 0"), "burst must be above 0"),
        (WEB.replace("[web]", "[web]\nhead = 1"), "head"),
        (SMALL + '[tls]\ncertificate = "a"\nkey = "b"\nlisten = "127.0.0.1:1"', "subsystems"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        GatewayConfig.load(written(tmp_path, text))
    assert says in caught.value.where
    assert "docs/operations.md" in str(caught.value)


def test_a_missing_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file"):
        GatewayConfig.load(tmp_path / "none.toml")
    (tmp_path / "gateway.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigInvalid):
        GatewayConfig.load(tmp_path / "gateway.toml")
