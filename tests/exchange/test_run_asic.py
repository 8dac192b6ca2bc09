"""A gateway put together from its configuration hands out stamped containers, over a real server."""

from collections.abc import AsyncGenerator, Iterator
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.asic.errors import SigningKeyInvalid
from lienthong.exchange.asic.local import ensure_local
from lienthong.exchange.config import AsicConfig, GatewayConfig
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.http_client import fetch
from lienthong.exchange.run import running
from lienthong.kernel.clock import MINUTE
from tests.support.authorities import StampServer, stamp_server
from tests.support.nationwide import HSO, UNITS, Nation, nation

pytestmark = pytest.mark.openssl
ASKED = "queryId=q1&xRoadInstance=VN&memberClass=PARTY&memberCode=A01&subsystemCode=hso"


@pytest.fixture
async def country(tmp_path: Path) -> AsyncGenerator[Nation]:
    async with nation(tmp_path) as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[StampServer]:
    with stamp_server(tmp_path / "tsa") as server:
        yield server


def keeping(country: Nation, **asic: Any) -> GatewayConfig:  # noqa: ANN401 - fields of AsicConfig
    """The configuration of the centre's gateway, read from a file that says what is kept and who signs."""
    config = country.world.config("tw", port=0)
    certificate, key = ensure_local(config.state, name="tw", at=country.clock.now())
    signing = replace(AsicConfig(certificate=certificate, key=key), **asic)
    config = replace(config, archive=Settings(keep=Keep.FULL), asic=signing)
    file = config.state / "gateway.toml"
    file.write_text(config.to_toml())
    return GatewayConfig.load(file)


async def test_a_call_is_proved_with_a_timestamp(country: Nation, authority: StampServer, tmp_path: Path) -> None:
    config = keeping(country, tsa=authority.url, tsa_certificates=authority.certificates)
    async with running(config, clock=country.clock) as tw, country.gateway("p1"):
        headers = (("x-road-client", str(HSO)), ("x-road-id", "q1"))
        assert (await fetch(f"{tw.url}/r1/{UNITS}/open/a", headers)).status == 200
        reply = await fetch(f"{tw.url}/asic?{ASKED}")
        assert reply.status == 200
        path = tmp_path / "x.asice"
        path.write_bytes(reply.body)
        report = verify(path, config.root.read_bytes(), country.clock.now() + MINUTE)
        assert report.findings == ()
        assert [notice.what for notice in report.notices] == ["signed_by", "stamped_at"]
        # Without the authority there is no container, rather than one without a timestamp.
        authority.status = 500
        reply = await fetch(f"{tw.url}/asic?{ASKED}")
        assert (reply.status, reply.header("x-road-error")) == (500, "Server.ClientProxy.InternalError")
        assert b"The timestamp authority does not vouch for the time" in reply.body


async def test_a_certificate_that_cannot_be_used_ends_the_start(country: Nation) -> None:
    config = keeping(country, key=None)
    with pytest.raises(SigningKeyInvalid, match="not in the key store"):
        async with running(config, clock=country.clock):
            pass
