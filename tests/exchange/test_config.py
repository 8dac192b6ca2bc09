"""A gateway's configuration: read as a whole, refused as a whole, and written as it is read."""

from pathlib import Path

import pytest

from lienthong.exchange.config import ConfigInvalid, GatewayConfig
from lienthong.exchange.rest.faults import Codes
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import ServiceId

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
[mail]
max-content = 1048576
hold-minutes = 0
[[services]]
id = "VN/PARTY/U1/reg/%C4%91%C6%A1n"
url = "http://127.0.0.1:9000"
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
    assert (config.max_content, config.hold) == (64 << 30, 15 * MINUTE)
    assert {config.journal.parent, config.directory.parent, config.blobs.parent} == {tmp_path / "state"}
    assert len({config.journal, config.directory, config.blobs}) == 3


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = GatewayConfig.load(written(tmp_path, FULL))
    assert config.listen == ("127.0.0.1", 8080)
    assert config.passphrase_file == tmp_path / "pass"
    assert config.codes is Codes.V7_8
    assert (config.max_content, config.hold) == (1 << 20, 0)
    assert config.services == {ServiceId("VN", "PARTY", "U1", "reg", "đơn"): "http://127.0.0.1:9000"}


@pytest.mark.parametrize(
    "address", ["127.0.0.1:80", "[::1]:80", "localhost:80", '10.0.0.1:80"\ntrusted-segment = true\n#"']
)
def test_it_listens_on_loopback_or_where_the_segment_is_trusted(tmp_path: Path, address: str) -> None:
    config = GatewayConfig.load(written(tmp_path, f'{SMALL}listen = "{address}"'))
    assert config.listen == (address.partition('"')[0].rpartition(":")[0], 80)
    assert GatewayConfig.load(written(tmp_path, config.to_toml())) == config


@pytest.mark.parametrize("text", [SMALL, FULL])
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
