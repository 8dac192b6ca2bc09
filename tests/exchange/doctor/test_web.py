"""Certificates of the web face, of information systems and of services."""

import shutil
from copy import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.doctor.lines import Level, Subject
from lienthong.exchange.doctor.web import web
from lienthong.exchange.rest.faults import Codes
from lienthong.exchange.settings import ServiceTrust, Subsystem, Tls
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.identifiers import ServiceId, SubsystemId
from tests.support.certificates import Identity, identity

SERVICE = ServiceId("VN", "STATE", "G22", "Provider", "echo")
CLOCK = SystemClock()


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Identity]:
    ends = {"gateway": 90, "desk": 90, "shop": 20, "service": 90, "authority": -1}
    return {
        name: identity(tmp_path, name, begins=timedelta(days=-9), ends=timedelta(days=days, hours=-1))
        for name, days in ends.items()
    }


def config(folder: Path, made: dict[str, Identity]) -> GatewayConfig:
    files = {name: each.certificate for name, each in made.items()}
    other = replace(SERVICE, service="other")
    return GatewayConfig(
        site="p1",
        state=folder,
        nats=(),
        credential=folder / "credential",
        keys=folder / "keys",
        passphrase_file=None,
        root=folder / "root.json",
        listen=None,
        codes=Codes.CLASSIC,
        services={SERVICE: "https://a", other: "https://b"},
        trusts={SERVICE: ServiceTrust(pinned=(files["service"],)), other: ServiceTrust(ca=files["authority"])},
        tls=Tls(certificate=files["gateway"], key=made["gateway"].key, listen=("127.0.0.1", 0)),
        subsystems=(
            Subsystem(id=SubsystemId("VN", "A", "B", "desk"), certificates=(files["desk"], files["shop"])),
            Subsystem(id=SubsystemId("VN", "A", "B", "shop"), certificates=(files["shop"],)),
        ),
    )


def test_the_end_of_every_certificate_is_told_once(tmp_path: Path, made: dict[str, Identity]) -> None:
    lines = web(config(tmp_path, made), CLOCK)
    assert {line.subject for line in lines} == {Subject.CERTIFICATES}
    assert [(line.text.partition(".pem")[0], line.level) for line in lines] == [
        ("gateway", Level.OK),
        ("desk", Level.OK),
        ("shop", Level.WARN),
        ("service", Level.OK),
        ("authority", Level.FAIL),
    ]


def test_a_key_that_is_not_the_certificate_s_is_told(tmp_path: Path, made: dict[str, Identity]) -> None:
    shutil.copy(made["desk"].key, made["gateway"].key)
    first, *rest = web(config(tmp_path, made), CLOCK)
    assert first.level is Level.FAIL
    assert "gateway.key" in first.text
    assert len(rest) == 5


def test_without_any_there_is_nothing_to_tell(tmp_path: Path, made: dict[str, Identity]) -> None:
    assert web(replace(config(tmp_path, made), tls=None, subsystems=None, trusts={}), CLOCK) == []
