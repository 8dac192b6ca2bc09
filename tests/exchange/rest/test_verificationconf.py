"""``/asic`` and ``/verificationconf`` of a running sandbox: what they hand out is all it takes to verify."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lienthong.exchange.asic.container import MANIFEST, SIGNATURE
from lienthong.exchange.asic.signer import read_certificates
from lienthong.exchange.asic.timestamp import Authority
from lienthong.exchange.rest.verificationconf import verification_conf
from tests.support.authorities import stamp_server
from tests.support.containers import containers_of, signer_in
from tests.support.gateways import World
from tests.support.sandbox import Backend, Sandbox

_ASKED = "xRoadInstance=VN&memberClass=PARTY&memberCode=A01&subsystemCode=Consumer"


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.openssl
@pytest.mark.line("Metaservices: verificationconf", "Metaservices: asic")
def test_what_is_handed_out_verifies_elsewhere(gateways: Sandbox, system: Backend, tmp_path: Path) -> None:
    system.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer"
    gateways.call("echo/x?y", "X-Road-Id: verified", method="PUT", body=b"question")
    reply = gateways.call(f"/asic?queryId=verified&{_ASKED}", client=None)
    assert (reply.status, reply.header("content-type")) == (200, "application/vnd.etsi.asic-e+zip")
    container = members(reply.body)
    assert (container["request/body"], container["response/body"]) == (b"question", b"answer")

    reply_ = gateways.call("/verificationconf", client=None)
    assert (reply_.status, reply_.header("content-type")) == (200, "application/zip")
    conf = members(reply_.body)
    assert list(conf) == [
        "verificationconf/instance-identifier",
        "verificationconf/VN/shared-params.xml",
        "verificationconf/VN/root.json",
    ]
    assert conf["verificationconf/instance-identifier"] == b"VN"

    # With our own program, from the root; and with another, from the authority's certificate.
    (tmp_path / "x.asice").write_bytes(reply.body)
    (tmp_path / "root.json").write_bytes(conf["verificationconf/VN/root.json"])
    ours = _run(
        sys.executable, "-m", "lienthong", "evidence", "verify", tmp_path / "x.asice", "--root", tmp_path / "root.json"
    )
    assert ours.returncode == 0, ours.stdout + ours.stderr
    shared = ET.fromstring(conf["verificationconf/VN/shared-params.xml"])  # noqa: S314 - our own
    authority = shared.findtext("approvedCA/topCA/cert")
    (tmp_path / "ca.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{authority}\n-----END CERTIFICATE-----\n")
    (tmp_path / "m.xml").write_bytes(container[MANIFEST])
    (tmp_path / "s.p7s").write_bytes(container[SIGNATURE])
    theirs = _run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tmp_path / "s.p7s"),
        *("-content", tmp_path / "m.xml", "-CAfile", tmp_path / "ca.pem", "-out", tmp_path / "out"),
    )
    assert (theirs.returncode, theirs.stderr) == (0, "CAdES Verification successful\n")


@pytest.mark.parametrize(
    "client", ["memberCode=G22&subsystemCode=Provider&memberClass=STATE", "memberClass=PARTY&memberCode=X"]
)
def test_an_organ_of_another_gateway_is_refused(gateways: Sandbox, client: str) -> None:
    reply = gateways.call(f"/asic?queryId=verified&xRoadInstance=VN&{client}", client=None)
    assert (reply.status, reply.header("x-road-error")) == (401, "Server.ClientProxy.UnknownMember")


@pytest.mark.openssl
async def test_it_names_the_timestamp_authority(country: World, tmp_path: Path) -> None:
    with stamp_server(tmp_path / "tsa") as server:
        authority = Authority(url=server.url, certificates=tuple(read_certificates(server.certificates)))
        containers = containers_of(country, "tw", signer_in(tmp_path, country), authority)
        found = members(bytes(verification_conf(containers, root=b"{}").body))
    shared = ET.fromstring(found["verificationconf/VN/shared-params.xml"])  # noqa: S314 - our own
    assert shared.findtext("approvedTSA/url") == server.url
    assert found["verificationconf/VN/root.json"] == b"{}"


async def test_without_certificates_it_still_names_the_members(country: World) -> None:
    found = members(bytes(verification_conf(containers_of(country, "tw", None), root=b"{}").body))
    shared = ET.fromstring(found["verificationconf/VN/shared-params.xml"])  # noqa: S314 - our own
    assert shared.find("approvedCA") is None
    assert len(shared.findall("member")) == 5


async def test_an_instance_of_any_name_is_one_part_of_a_path(country: World) -> None:
    snapshot = country.directory.snapshot
    object.__setattr__(snapshot, "instance", "../../etc\\x")
    try:
        found = members(bytes(verification_conf(containers_of(country, "tw", None), root=b"{}").body))
    finally:
        object.__setattr__(snapshot, "instance", "VN")
    assert found["verificationconf/instance-identifier"] == b"../../etc\\x"
    assert "verificationconf/..%2F..%2Fetc%5Cx/root.json" in found


def _run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
