"""Ends of certificates and of the carrier's credential."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lienthong.exchange.doctor.certificates import certificates, credential
from lienthong.exchange.doctor.lines import Level
from lienthong.exchange.transport.auth import Operator
from lienthong.exchange.transport.permissions import Role
from lienthong.kernel.clock import DAY, ManualClock, from_datetime

START = datetime(2025, 6, 1, tzinfo=UTC)
AT = from_datetime(START)


def certificate(days: int, *, begins: int = -1) -> bytes:
    """A certificate that ends so many days after the start."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START + timedelta(days=begins))
        .not_valid_after(START + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("data", "levels"),
    [
        (certificate(60), [Level.OK]),
        (certificate(29), [Level.WARN]),
        (certificate(0), [Level.FAIL]),
        (certificate(60, begins=1), [Level.FAIL]),
        (certificate(60) + certificate(0), [Level.OK, Level.FAIL]),
        (b"text", [Level.FAIL]),
        (b"", [Level.FAIL]),
    ],
)
def test_certificates(tmp_path: Path, data: bytes, levels: list[Level]) -> None:
    path = tmp_path / "chain.pem"
    path.write_bytes(data)
    lines = certificates([path], at=AT)
    assert [line.level for line in lines] == levels
    assert all("chain.pem" in line.text for line in lines)


@pytest.mark.parametrize(("days", "level"), [(0, Level.OK), (60, Level.OK), (29, Level.WARN), (-1, Level.FAIL)])
def test_a_credential_ends(tmp_path: Path, days: int, level: Level) -> None:
    path = tmp_path / "site.creds"
    issued = ManualClock(AT - 2 * DAY)
    lifetime = 0 if days == 0 else (days + 2) * DAY
    Operator.create().issue(Role.SITE, "site-a", ["a"], clock=issued, lifetime=lifetime).write(path)
    (line,) = credential(path, site="site-a", branches=["a"], at=AT)
    assert line.level is level
    assert ("without an end" in line.text) is (days == 0)


def test_a_credential_that_is_not_there(tmp_path: Path) -> None:
    (line,) = credential(tmp_path / "nowhere", site="site-a", branches=[], at=AT)
    assert line.level is Level.FAIL
