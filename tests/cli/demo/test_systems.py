"""What information systems do in the demo besides: a gateway that does not is named."""

from pathlib import Path

import pytest

from lienthong.cli.demo.systems import ContainerMissing, Systems
from lienthong.kernel.identifiers import ServiceId, SubsystemId
from tests.support.sandbox import answer, backend

OFFICE = SubsystemId("VN", "PARTY", "A01", "office")
SERVICE = ServiceId("VN", "PARTY", "U01", "registry", "units")


async def test_a_proof_that_is_not_handed_out_is_said(tmp_path: Path) -> None:
    with backend() as gateway:
        gateway.answer = answer("404 Not Found", "X-Road-Error: Client.NotFound")
        systems = Systems(office=OFFICE, office_url=gateway.url, register=SERVICE.provider, register_url=gateway.url)
        with pytest.raises(ContainerMissing, match=r"Client\.NotFound"):
            await systems._proof(SERVICE, "/01", tmp_path)
        assert gateway.last.target.startswith("/asic?queryId=")
        assert gateway.last.target.endswith("&xRoadInstance=VN&memberClass=PARTY&memberCode=A01&subsystemCode=office")
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - an empty folder
