"""Containers: what stands in them, who accepts them, and that no file in them can be changed unnoticed."""

import asyncio
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.asic import reading
from lienthong.exchange.asic.container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURE, manifest
from lienthong.exchange.asic.payload import Parts
from lienthong.exchange.asic.signer import read_certificates
from lienthong.exchange.asic.timestamp import Authority
from lienthong.exchange.evidence.errors import WitnessInvalid
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.kernel.clock import DAY, MINUTE, SystemClock
from lienthong.kernel.identifiers import ClientId
from tests.support.authorities import stamp_server
from tests.support.containers import (
    Container,
    asking,
    containers_of,
    keeping,
    openssl_verifies,
    packed,
    signer_in,
)
from tests.support.gateways import HSO, UNITS, World

_MESSAGE = ("message.json", "head", "body", "header.cbor", "seal.cose")
_EVIDENCE = ("entry-1.cbor", "receipt-1.cose", "directory.cbor")
_ALL = [MIMETYPE, *(f"{part}/{name}" for part in ("request", "response") for name in _MESSAGE)]


async def made(
    world: World,
    site: str = "tw",
    client: ClientId = HSO,
    parts: Parts = Parts.BOTH,
    authority: Authority | None = None,
) -> Container:
    """A container of a call that was just made."""
    await world.running["tw"].caller.call(asking())
    containers = containers_of(world, site, signer_in(world.folder, world), authority)
    (found,) = await containers.of(client, "q1", parts=parts, unique=True)
    return Container(data=found.data)


def judged(world: World, data: bytes, *, later: int = MINUTE, content: bytes | None = None) -> Report:
    """What verifying comes to."""
    path = world.folder / "x.asice"
    path.write_bytes(data)
    contents = []
    if content is not None:
        (world.folder / "content").write_bytes(content)
        contents = [world.folder / "content"]
    return verify(path, world.published().root, world.clock.now() + later, contents=contents)


def unzips(path: Path) -> bool:
    """What `python -m zipfile` says."""
    command = [sys.executable, "-m", "zipfile", "-t", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout == "Done testing\n"


@pytest.mark.openssl
@pytest.mark.parametrize(("site", "client"), [("tw", HSO), ("p1", UNITS.provider)])
async def test_each_side_gets_what_everybody_can_check(tmp_path: Path, site: str, client: ClientId) -> None:
    async with keeping(tmp_path) as world:
        container = await made(world, site, client)
        names = list(container.members)
        assert names[: len(_ALL)] == _ALL
        assert names[-2:] == [MANIFEST, SIGNATURE]
        # The caller has one entry about both, the provider one about each.
        assert len([name for name in names if name.startswith("evidence/entry")]) == (1 if site == "tw" else 2)
        assert (container["request/body"], container["response/body"]) == (b"asked", b"hi")
        assert b'"method": "POST"' in container["request/message.json"]
        assert b'"status": "200"' in container["response/message.json"]
        said = openssl_verifies(container, tmp_path, world)
        assert (said.returncode, said.stderr) == (0, "CAdES Verification successful\n")
        report = judged(world, container.data)
        assert report.findings == ()
        assert [notice.what for notice in report.notices] == ["signed_by"]
        assert (report.site, report.contents) == (site, 4)
        (tmp_path / "x.asice").write_bytes(container.data)
        assert unzips(tmp_path / "x.asice")


async def test_the_media_type_comes_first_and_bare(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        data = (await made(world)).data
        # EN 319 162-1, annex A.1: what `file` and others look at.
        assert data[26:30] == b"\x08\x00\x00\x00"
        assert data[30:].startswith(MIMETYPE.encode() + MEDIA_TYPE.encode())


@pytest.mark.parametrize(("parts", "other"), [(Parts.REQUEST, "response"), (Parts.RESPONSE, "request")])
async def test_one_message_alone_is_verified_alike(tmp_path: Path, parts: Parts, other: str) -> None:
    async with keeping(tmp_path) as world:
        container = await made(world, parts=parts)
        assert not any(name.startswith(other) for name in container.members)
        assert judged(world, container.data).findings == ()


@pytest.mark.parametrize(("site", "client"), [("tw", HSO), ("p1", UNITS.provider)])
async def test_calls_that_travelled_together_are_proved_apart(tmp_path: Path, site: str, client: ClientId) -> None:
    async with keeping(tmp_path) as world:
        caller = world.running["tw"].caller
        await asyncio.gather(*(caller.call(asking(f"q{n}", body=b"%d" % n)) for n in range(20)))
        containers = containers_of(world, site, signer_in(tmp_path, world))
        for number in (0, 7, 19):
            (found,) = await containers.of(client, f"q{number}", parts=Parts.BOTH, unique=True)
            container = Container(data=found.data)
            assert container["request/body"] == b"%d" % number
            assert judged(world, found.data).findings == ()
            # Nothing of the others is in it.
            assert not any(b"q%d\r\n" % (number + 1) in data for data in container.members.values())


async def test_a_large_body_is_not_kept_and_can_be_brought(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        body = bytes(INLINE_LIMIT + 1)
        await world.running["tw"].caller.call(asking(body=body))
        for site, client in (("tw", HSO), ("p1", UNITS.provider)):
            containers = containers_of(world, site, signer_in(tmp_path, world))
            (found,) = await containers.of(client, "q1", parts=Parts.BOTH, unique=True)
            assert "request/body" not in Container(data=found.data).members
            report = judged(world, found.data)
            assert report.findings == ()
            assert "content_left_out" in [notice.what for notice in report.notices]
            assert judged(world, found.data, content=body).findings == ()


async def test_a_body_that_was_not_kept_is_said_to_be_missing(tmp_path: Path) -> None:
    async with keeping(tmp_path, Settings(keep=Keep.HEADERS)) as world:
        container = await made(world)
        assert "request/body" not in container.members
        report = judged(world, container.data)
        assert report.findings == ()
        assert [notice.what for notice in report.notices] == ["signed_by", "content_left_out", "content_left_out"]
        assert judged(world, container.data, content=b"asked").findings == ()
        (finding,) = judged(world, container.data, content=b"another").findings
        assert finding.what == "digest_mismatch"


@pytest.mark.openssl
async def test_a_timestamp_is_in_it_and_checked(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        with stamp_server(tmp_path / "tsa") as server:
            authority = Authority(url=server.url, certificates=tuple(read_certificates(server.certificates)))
            container = await made(world, authority=authority)
            authority.client.close()
        later = SystemClock().now() - world.clock.now() + MINUTE
        report = judged(world, container.data, later=max(later, MINUTE))
        assert [notice.what for notice in report.notices][:2] == ["signed_by", "stamped_at"]
        assert "CN=Test authority" in report.notices[1].detail
        assert openssl_verifies(container, tmp_path, world).returncode == 0


async def test_no_file_in_it_can_be_changed_unnoticed(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        members = (await made(world)).members
        assert judged(world, packed(members)).findings == ()
        for name, data in members.items():
            for changed in (bytes([data[0] ^ 1]) + data[1:], data[:-1] + bytes([data[-1] ^ 1]), data + b"\0", b""):
                assert judged(world, packed(members | {name: changed})).findings, name
            without = {other: content for other, content in members.items() if other != name}
            assert judged(world, packed(without)).findings, name


async def test_whoever_signs_an_altered_one_anew_is_found_by_the_seals(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        members = (await made(world)).members
        payload = {name: data for name, data in members.items() if name != MIMETYPE and not name.startswith("META")}

        def again(changes: dict[str, bytes]) -> Report:
            # Even if they could sign: the manifest fits, and the seals do not.
            files = {name: data for name, data in (payload | changes).items() if data}
            signed = {MANIFEST: manifest(files), SIGNATURE: members[SIGNATURE]}
            return judged(world, packed({MIMETYPE: MEDIA_TYPE.encode(), **files, **signed}))

        def places(report: Report) -> set[tuple[str, str]]:
            return {(finding.where, finding.what) for finding in report.findings} - {(SIGNATURE, "signature_invalid")}

        assert places(again({})) == set()
        assert places(again({"request/body": b"other"})) == {("request/body", "digest_mismatch")}
        assert places(again({"response/head": b"other"})) == {("response/head", "digest_mismatch")}
        assert places(again({"request/message.json": b"{}"})) == {("request/message.json", "member_differs")}
        assert places(again({"request/seal.cose": b"x"})) == {("request", "seal_missing")}
        assert places(again({"request/header.cbor": payload["response/header.cbor"]})) == {("request", "seal_missing")}
        assert places(again({"evidence/entry-1.cbor": b"\x80"}))
        assert ("file", "entry_missing") in places(again({"evidence/entry-1.cbor": b""}))
        assert ("entry 1", "seal_invalid") in places(again({"evidence/receipt-1.cose": b""}))


async def test_another_root_is_not_trusted(tmp_path: Path) -> None:
    async with keeping(tmp_path / "a") as world, keeping(tmp_path / "b") as other:
        other.clock.advance(DAY)
        path = tmp_path / "x.asice"
        path.write_bytes((await made(world)).data)
        report = verify(path, b"{}", world.clock.now() + MINUTE)
        assert ("directory", "directory_refused") in {(each.where, each.what) for each in report.findings}


async def test_nothing_may_come_from_the_future(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        report = judged(world, (await made(world)).data, later=-MINUTE)
        assert "in_the_future" in {finding.what for finding in report.findings}


async def test_a_container_has_no_witnesses(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        path = tmp_path / "x.asice"
        path.write_bytes((await made(world)).data)
        checkpoint = world.running["tw"].node.journal.checkpoints()[0]
        with pytest.raises(WitnessInvalid):
            verify(path, b"", 0, witnessed=[checkpoint])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m | {"../evil": b"x"}, "does not belong"),
        (lambda m: m | {"/etc/passwd": b"x"}, "does not belong"),
        (lambda m: m | {"request/../body": b"x"}, "does not belong"),
        (lambda m: m | {"evidence/entry-100.cbor": b"x"}, "does not belong"),
        (lambda m: m | {"META-INF/other.p7s": b"x"}, "does not belong"),
        (lambda m: m | {"request/head": bytes(513 * 1024)}, "is larger than"),
        (lambda m: m | {MIMETYPE: b"application/zip"}, "another media type"),
        (lambda m: {MIMETYPE: m[MIMETYPE]}, "is missing"),
    ],
)
async def test_what_does_not_belong_there_is_refused(
    tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], says: str
) -> None:
    async with keeping(tmp_path) as world:
        (finding,) = judged(world, packed(change((await made(world)).members))).findings
        assert (finding.where, finding.what) == ("file", "container_invalid")
        assert says in finding.detail


async def test_a_name_twice_and_a_compressed_media_type_are_refused(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        members = (await made(world)).members
        buffer = io.BytesIO(packed(members))
        with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("request/body", b"other")
        (finding,) = judged(world, buffer.getvalue()).findings
        assert "twice" in finding.detail
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(MIMETYPE, members[MIMETYPE], zipfile.ZIP_DEFLATED)
        (finding,) = judged(world, buffer.getvalue()).findings
        assert "first member" in finding.detail


async def test_what_is_unpacked_is_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with keeping(tmp_path) as world:
        members = (await made(world)).members
        monkeypatch.setattr(reading, "_MAX_TOTAL", sum(map(len, members.values())))
        assert judged(world, packed(members)).ok
        # Each within its bound, and small as long as it is packed.
        grown = packed(members | {"request/body": bytes(1 << 24)})
        assert len(grown) < 100_000
        (finding,) = judged(world, grown).findings
        assert finding.what == "container_invalid"
        assert "bytes in all" in finding.detail


@given(data=st.data())
def test_damaged_files_are_findings_and_never_more(
    data: st.DataObject, sample: tuple[bytes, bytes, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    container, root, now = sample
    at = data.draw(st.integers(38, len(container) - 1))
    path = tmp_path_factory.mktemp("damaged") / "x.asice"
    kind = data.draw(st.sampled_from(["cut", "flip", "zero"]))
    altered = {
        "cut": container[:at],
        "flip": container[:at] + bytes([container[at] ^ 0xFF]) + container[at + 1 :],
        "zero": container[:at] + bytes(min(64, len(container) - at)) + container[at + 64 :],
    }[kind]
    path.write_bytes(altered)
    report = verify(path, root, now)
    # What ZIP says twice, or says of times, may be damaged without harm; a piece that is missing may not.
    assert report.findings or kind != "cut"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, int]:
    """A container, the root that it is checked from, and when."""

    async def make() -> tuple[bytes, bytes, int]:
        async with keeping(tmp_path_factory.mktemp("sample")) as world:
            return (await made(world)).data, world.published().root, world.clock.now() + MINUTE

    return asyncio.run(make())
