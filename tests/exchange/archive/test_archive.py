"""The archive: what is kept, for whom it can be read, for how long, and what it does when it can't keep up."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lienthong.exchange.archive import archive as module
from lienthong.exchange.archive.archive import Archive, Settings
from lienthong.exchange.archive.kept import Keep, Side
from lienthong.exchange.errors import RequestInvalid, StorageFailed
from lienthong.exchange.packet import content_of
from lienthong.kernel.clock import DAY
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import EnvelopeInvalid, KeyUnknown
from lienthong.trust.header import Header, Kind
from tests.support.calls import HEAD
from tests.support.containers import FULL, asking, keeping
from tests.support.gateways import CENTRE, FILES, HSO, LOW, UNITS, Echo, World

REGISTRY = UNITS.provider


def archive_at(world: World, site: str) -> Archive:
    archive = world.running[site].archive
    assert archive is not None
    return archive


@contextmanager
def opened(world: World, settings: Settings = FULL) -> Iterator[Archive]:
    """An archive of its own, beside the gateways."""
    archive = Archive(
        world.folder / "own.sqlite", settings, clock=world.clock, snapshot=lambda: world.directory.snapshot, gather=0.0
    )
    try:
        yield archive
    finally:
        archive.close()


def request(world: World, **fields: object) -> Header:
    return world.header(HSO, UNITS, Kind.REQUEST, contents=(content_of(HEAD), content_of(b"")), **fields)


async def test_both_sides_keep_what_was_sealed(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        made = asking()
        await world.running["tw"].caller.call(made)
        for site, owner, side in (("tw", HSO, Side.CALLER), ("p1", REGISTRY, Side.PROVIDER)):
            archive = archive_at(world, site)
            await archive.settled()
            (kept,) = archive.find(owner, "q1", world.running[site].node.unwrap)
            assert (kept.place.side, kept.place.exchange, kept.place.owner) == (side, made.id, str(owner))
            assert (kept.request.body, kept.response.body) == (b"asked", b"hi")
            entry = world.entries(site)[0]
            assert content_of(kept.request.head).digest == entry.digests[0]


async def test_it_is_found_by_its_client_and_its_id_only(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        archive, unwrap = archive_at(world, "tw"), world.running["tw"].node.unwrap
        await archive.settled()
        for owner, query in (
            (HSO, "q2"),
            (LOW, "q1"),
            (CENTRE, "q1"),
            (REGISTRY, "q1"),
            (HSO, ""),
        ):
            assert archive.find(owner, query, unwrap) == []


async def test_nothing_is_readable_in_its_files(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking("a-number-of-ours", body=b"the secret body"))
        await archive_at(world, "tw").settled()
        lying = b"".join(path.read_bytes() for path in (tmp_path / "tw").glob("archive.sqlite*"))
        assert b"the secret body" not in lying
        assert b"a-number-of-ours" not in lying
        assert str(HSO).encode() in lying
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "tw").glob("archive.sqlite*")} == {0}


async def test_only_the_organs_own_key_opens_it(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        archive = archive_at(world, "tw")
        await archive.settled()
        world.stores["tw"].remove(
            *(key.kid for key in world.organ(CENTRE).keys if key.kid in world.stores["tw"].kids())
        )
        with pytest.raises(KeyUnknown):
            archive.find(HSO, "q1", world.running["tw"].node.unwrap)
        with pytest.raises(KeyUnknown):
            archive.find(HSO, "q1", world.running["p1"].node.unwrap)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kept SET content = zeroblob(length(content))",
        "UPDATE kept SET content = x''",
        "UPDATE kept SET peer = 'VN/STATE/M1/spy/x'",
        "UPDATE kept SET at = at + 1",
        "UPDATE kept SET side = 'in'",
    ],
)
async def test_what_was_altered_is_noticed(tmp_path: Path, change: str) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        archive = archive_at(world, "tw")
        await archive.settled()
        with closing(sqlite3.connect(tmp_path / "tw/archive.sqlite", autocommit=True)) as connection:
            connection.execute(change)
        with pytest.raises(StorageFailed, match="altered"):
            archive.find(HSO, "q1", world.running["tw"].node.unwrap)


async def test_an_altered_key_opens_nothing(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        archive = archive_at(world, "tw")
        await archive.settled()
        with closing(sqlite3.connect(tmp_path / "tw/archive.sqlite", autocommit=True)) as connection:
            connection.execute("UPDATE keys SET wrapped = substr(wrapped, 1, length(wrapped) - 1)")
        with pytest.raises(EnvelopeInvalid):
            archive.find(HSO, "q1", world.running["tw"].node.unwrap)


@pytest.mark.parametrize(
    ("settings", "bodies"),
    [
        (Settings(keep=Keep.FULL, max_body=2), (None, b"hi")),
        (Settings(keep=Keep.FULL, max_body=5), (b"asked", b"hi")),
        (Settings(keep=Keep.HEADERS), (None, None)),
    ],
)
async def test_bodies_are_kept_up_to_a_size(
    tmp_path: Path, settings: Settings, bodies: tuple[bytes | None, bytes | None]
) -> None:
    async with keeping(tmp_path, settings) as world:
        await world.running["tw"].caller.call(asking())
        archive = archive_at(world, "tw")
        await archive.settled()
        (kept,) = archive.find(HSO, "q1", world.running["tw"].node.unwrap)
        assert (kept.request.body, kept.response.body) == bodies
        assert kept.request.head
        assert kept.response.head


async def test_nothing_is_kept_unless_it_is_wanted(tmp_path: Path) -> None:
    async with keeping(tmp_path, Settings()) as world:
        await world.running["tw"].caller.call(asking())
        assert world.running["tw"].archive is None
        assert not (tmp_path / "tw/archive.sqlite").exists()


async def test_what_is_too_old_is_found_no_more_and_goes_with_its_key(tmp_path: Path) -> None:
    async with keeping(tmp_path, Settings(keep=Keep.FULL, days=2)) as world:
        await world.running["tw"].caller.call(asking())
        archive, unwrap = archive_at(world, "tw"), world.running["tw"].node.unwrap
        await archive.settled()
        world.clock.advance(2 * DAY)
        assert len(archive.find(HSO, "q1", unwrap)) == 1
        world.clock.advance(1)
        assert archive.find(HSO, "q1", unwrap) == []
        # It goes from the file when somebody looks, the next time at the start.
        await world.restart("tw")
        await archive_at(world, "tw").settled()
    with closing(sqlite3.connect(tmp_path / "tw/archive.sqlite")) as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM keys)").fetchone() == (
            0,
            0,
        )


async def test_it_stays_over_a_restart_under_another_key(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking())
        await world.restart("tw")
        await world.running["tw"].caller.call(asking(body=b"again"))
        archive = archive_at(world, "tw")
        await archive.settled()
        found = archive.find(HSO, "q1", world.running["tw"].node.unwrap)
        assert [kept.request.body for kept in found] == [b"asked", b"again"]


async def test_a_day_has_its_own_key(country: World) -> None:
    with opened(country) as archive:
        for day in range(3):
            for _ in range(2):
                archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
            await archive.settled()
            assert _count(country, "keys") == day + 1
            country.clock.advance(DAY)
        assert _count(country, "kept") == 6


async def test_confidential_copies_need_a_post_quantum_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with keeping(tmp_path) as world:
        confidential = request(world, label=Label(Level.CONFIDENTIAL))
        world.change(CENTRE, keys=world.source.branches["tw"].organs[0].keys[:2])
        with opened(world) as archive, caplog.at_level(logging.WARNING):
            archive.keep(Side.CALLER, confidential, (HEAD, b""), (HEAD, b""))
            archive.keep(Side.CALLER, request(world), (HEAD, b""), (HEAD, b""))
            await archive.settled()
            assert (archive.left_out, _count(world, "kept")) == (1, 1)
        assert "post-quantum" in caplog.text


async def test_a_confidential_call_is_kept(tmp_path: Path) -> None:
    async with keeping(tmp_path) as world:
        await world.running["tw"].caller.call(asking(service=FILES))
        archive = archive_at(world, "p1")
        await archive.settled()
        assert len(archive.find(FILES.provider, "q1", world.running["p1"].node.unwrap)) == 1


async def test_an_organ_that_is_gone_keeps_nothing(country: World, caplog: pytest.LogCaptureFixture) -> None:
    with opened(country) as archive, caplog.at_level(logging.WARNING):
        unknown = country.header("VN/PARTY/X9/s", UNITS, Kind.REQUEST)
        malformed = country.header("nobody", UNITS, Kind.REQUEST)
        for header in (unknown, malformed):
            archive.keep(Side.CALLER, header, (HEAD, b""), (HEAD, b""))
        await archive.settled()
        assert archive.left_out == 2
    assert "VN/PARTY/X9" in caplog.text


async def test_beyond_what_may_wait_bodies_are_left_out(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    with opened(country) as archive:
        archive.keep(Side.CALLER, request(country), (HEAD, b"x" * 101), (HEAD, b""))
        await archive.settled()
        archive.keep(Side.CALLER, request(country), (HEAD, b"x" * 50), (HEAD, b""))
        await archive.settled()
        found = archive.find(HSO, "", country.running["tw"].node.unwrap)
        assert [len(kept.request.body or b"") for kept in found] == [0, 50]
        assert archive.left_out == 0


async def test_beyond_how_many_may_wait_they_are_left_out(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_QUEUE", 0)
    with opened(country) as archive:
        archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
        assert archive.left_out == 1
        await archive.settled()
        assert _count(country, "kept") == 0


async def test_a_full_disk_leaves_copies_out_and_goes_on(country: World, caplog: pytest.LogCaptureFixture) -> None:
    with opened(country) as archive, caplog.at_level(logging.WARNING):
        archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
        await archive.settled()
        archive._file._connection.execute("PRAGMA max_page_count = 1")
        archive.keep(Side.CALLER, request(country), (HEAD, bytes(100_000)), (HEAD, b""))
        await archive.settled()
        assert archive.left_out == 1
        archive._file._connection.execute("PRAGMA max_page_count = 100000")
        archive.keep(Side.CALLER, request(country), (HEAD, bytes(100_000)), (HEAD, b""))
        await archive.settled()
        assert _count(country, "kept") == 2
    assert "are not in the archive" in caplog.text


async def test_closing_writes_what_waits_and_then_takes_nothing(country: World) -> None:
    with opened(country) as archive:
        for _ in range(300):
            archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
        await asyncio.to_thread(archive.close)
        archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
        assert archive.left_out == 1
    assert _count(country, "kept") == 300


@pytest.mark.parametrize(("name", "bound"), [("MAX_FOUND", 2), ("MAX_FOUND_BYTES", 100)])
async def test_too_many_under_one_id_are_not_read(
    country: World, monkeypatch: pytest.MonkeyPatch, name: str, bound: int
) -> None:
    monkeypatch.setattr(module, name, bound)
    with opened(country) as archive:
        for _ in range(3):
            archive.keep(Side.CALLER, request(country), (HEAD, b""), (HEAD, b""))
        await archive.settled()
        with pytest.raises(RequestInvalid, match="3 exchanges have this queryId"):
            archive.find(HSO, "", country.running["tw"].node.unwrap)


async def test_whoever_waits_for_a_dead_disk_is_told(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with opened(country) as archive:
        archive._handed += 1
        with pytest.raises(StorageFailed, match="not written within"):
            await archive.settled()


async def test_answers_do_not_wait_for_it(tmp_path: Path) -> None:
    async with keeping(tmp_path, echo=Echo()) as world:
        archive = archive_at(world, "tw")
        with archive._reading, closing(sqlite3.connect(tmp_path / "tw/archive.sqlite", autocommit=True)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await world.running["tw"].caller.call(asking())
            assert answer.status == 200
            other.execute("ROLLBACK")
        await archive.settled()
        assert len(archive.find(HSO, "q1", world.running["tw"].node.unwrap)) == 1


def _count(world: World, table: str) -> int:
    with closing(sqlite3.connect(world.folder / "own.sqlite")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a test's own words
