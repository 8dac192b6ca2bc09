"""Files of large contents: kept as long as a message needs them, gone afterwards, wherever a gateway was cut off."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from lienthong.directory.snapshot import Standing
from lienthong.exchange import blobs, leftovers
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import CarrierUnavailable, ContentGone, StorageFailed
from lienthong.exchange.leftovers import GRACE
from lienthong.exchange.mail import contents, fetching
from lienthong.exchange.mail.draft import Uploaded
from lienthong.exchange.mail.sweeping import KEEP
from lienthong.exchange.mail.uploads import UPLOAD_TERM
from lienthong.kernel.clock import DAY
from lienthong.trust.chunks import CHUNK
from lienthong.trust.errors import JournalError
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, OTHER, World, turns
from tests.support.mail import taken

DATA = b"0123456789" * 30_000
NOW = 1_795_000_000_000


def names(world: World, site: str = "p1", folder: str = "blobs") -> list[str]:
    return sorted(path.name for path in (world.folder / site / folder).iterdir())


def age(world: World, seconds: float = GRACE) -> None:
    """Let nobody have touched any file for so long."""
    at = time.time() - seconds
    for path in world.folder.glob("*/*/*"):
        os.utime(path, (at, at))


async def large(world: World, *receivers: object, **fields: object) -> uuid.UUID:
    """Send a message with a content that lies apart, and wait until it is there."""
    known = len(world.arrivals)
    draft = world.draft(*(receivers or (COMMUNE,)), data=DATA, **fields)  # type: ignore[arg-type]  # by name
    dispatch = await world.running["tw"].sender.send(draft)
    await eventually(lambda: len(world.arrivals) == known + (len(receivers) or 1))
    return dispatch.message


async def read(world: World, message: uuid.UUID, organ: object = COMMUNE) -> bytes:
    return b"".join([piece async for piece in world.running["p1"].mailbox.read(organ, message, 0)])  # type: ignore[arg-type]  # an organ


async def swept(world: World, site: str = "p1") -> None:
    await world.running[site].sweep()


# -- received


async def test_what_nobody_has_decided_on_stays_for_ever(country: World) -> None:
    message = await large(country)
    await country.running["p1"].mailbox.open(COMMUNE, message)
    country.clock.advance(10 * KEEP)
    age(country)
    await swept(country)
    assert await read(country, message) == DATA


async def test_what_was_concluded_goes_after_its_time_and_with_all_who_needed_it(country: World) -> None:
    message = await large(country, COMMUNE, OTHER)
    mailbox = country.running["p1"].mailbox
    assert len(names(country)) == 1
    await mailbox.accept(COMMUNE, message)
    country.clock.advance(KEEP - DAY)
    await mailbox.refuse(OTHER, message, reason="not ours")
    for days, kept in ((1, True), (KEEP // DAY - 2, True), (1, False)):
        country.clock.advance(days * DAY)
        age(country)
        await swept(country)
        assert bool(names(country)) is kept
    assert country.running["p1"].node.journal.read("SELECT 1 FROM content") == []
    # The message stays, with what its content was.
    assert (await mailbox.view(COMMUNE, message)).header.contents[0].size == len(DATA)
    for work in (read(country, message), mailbox.open(OTHER, message)):
        with pytest.raises(ContentGone, match=str(message)):
            await work


async def test_what_was_taken_back_goes(country: World) -> None:
    message = await large(country)
    await country.running["tw"].sender.recall(message, reason="wrong")
    await eventually(lambda: country.states()[-1:] == [(str(COMMUNE), "recalled")])
    age(country, GRACE - 60)
    await swept(country)
    assert len(names(country)) == 1
    age(country)
    await swept(country)
    assert names(country) == []


async def test_a_content_that_is_wanted_again_is_young_again(country: World) -> None:
    sender = country.running["tw"].sender
    upload = await sender.uploads.begin(CENTRE, size=len(DATA))

    async def pieces() -> AsyncIterator[bytes]:
        yield DATA

    await sender.uploads.append(CENTRE, upload.id, offset=0, pieces=pieces())
    content = Uploaded(name="a", media_type="", upload=upload.id)
    first = (await sender.send(country.draft(COMMUNE, contents=(content,)))).message
    await eventually(lambda: len(country.arrivals) == 1)
    await country.running["p1"].mailbox.accept(COMMUNE, first)
    country.directory.forced = Standing.FRESH
    country.clock.advance(KEEP)
    age(country)
    # It is here already, and nothing of it is fetched: all that happens to the file is that it is young again.
    second = (await sender.send(country.draft(COMMUNE, contents=(content,)))).message
    await eventually(lambda: len(country.arrivals) == 2)
    (name,) = names(country)
    assert (country.folder / "p1" / "blobs" / name).stat().st_mtime > time.time() - 60
    await swept(country)
    age(country)
    await swept(country)
    assert await read(country, second) == DATA
    assert await read(country, first) == DATA


async def test_a_sweep_between_arrival_and_note_takes_nothing(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = country.running["p1"].node.journal
    age(country)
    commit = journal.commit
    sweeps: list[int] = []

    async def sweeping_first(*args: object) -> object:
        if not sweeps and names(country):
            sweeps.append(1)
            await swept(country)
        return await commit(*args)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(journal, "commit", sweeping_first)
    message = await large(country)
    assert sweeps == [1]
    assert await read(country, message) == DATA


async def test_what_is_being_fetched_is_kept_and_what_expired_meanwhile_goes(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "LARGE", 200_000)
    monkeypatch.setattr(fetching, "_RETRY", 0.1)
    carrier = country.running["p1"].node.carrier
    get_blob = carrier.get_blob
    broken = asyncio.Event()

    async def breaking(stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncIterator[bytes]:
        number = first
        async for chunk in get_blob(stream, prefix, count, first=first):
            if number == 16:
                broken.set()
                raise CarrierUnavailable("it broke")
            number += 1
            yield chunk

    monkeypatch.setattr(carrier, "get_blob", breaking)
    await country.running["tw"].sender.send(country.draft(COMMUNE, data=bytes(30 * CHUNK), term=DAY))
    await broken.wait()
    await eventually(lambda: not country.running["p1"]._receiver._fetcher._tasks)
    age(country)
    await swept(country)
    (name,) = names(country)
    assert name.endswith(".part")
    # Its time is over: it is refused, and the part of it is nobody's any more.
    country.clock.advance(DAY)
    await asyncio.sleep(0.2)
    await country.running["p1"]._receiver.tend()
    await eventually(lambda: country.states() == [(str(COMMUNE), "refused")])
    age(country)
    await swept(country)
    assert names(country) == []
    await country.restart("p1")
    await swept(country)
    assert country.running["p1"].node.journal.read("SELECT 1 FROM content") == []


async def test_a_content_whose_message_did_not_hold_goes(attacked: World) -> None:
    message = await large(attacked)
    stray = attacked.folder / "p1" / "blobs" / f"tw.tw.{'0' * 32}"
    stray.write_bytes(b"x")
    part = stray.with_name(f"{stray.name}.part")
    part.write_bytes(b"x")
    age(attacked)
    # Where there is both half of it and the whole, one goes after the other.
    for left in (2, 1):
        await swept(attacked)
        assert len(names(attacked)) == left
    assert await read(attacked, message) == DATA


async def test_who_is_fetching_is_not_disturbed(country: World) -> None:
    store = BlobStore(country.folder / "kept")
    path = country.folder / "kept" / "tw.tw.x.part"
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    lock = store._fetching.setdefault("tw.tw.x", asyncio.Lock())

    async def forget(_: object) -> None:
        raise AssertionError

    async with lock:
        assert await store.sweep(lambda _: set(), forget) == 0
    assert path.exists()


async def test_what_comes_to_be_needed_while_it_waits_for_its_turn_is_kept(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlobStore(country.folder / "kept")
    for name in "ab":
        (country.folder / "kept" / name).write_bytes(b"x")
        os.utime(country.folder / "kept" / name, (0, 0))
    needed: set[str] = set()

    async def forget(files: Collection[str]) -> None:
        needed.add("b" if "a" in files else "a")

    monkeypatch.setattr(blobs, "_SWEPT_AT_ONCE", 1)
    assert await store.sweep(lambda files: needed & set(files), forget) == 1
    assert [path.name for path in (country.folder / "kept").iterdir()] == ["b"]


async def test_a_sweep_is_bounded(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "LOOKED_AT", 3)
    for number in range(8):
        (country.folder / "p1" / "blobs" / f"tw.tw.{number}").write_bytes(b"x")
    age(country)
    left = []
    for _ in range(3):
        await swept(country)
        left.append(len(names(country)))
    assert left == [5, 2, 0]


async def test_where_it_cannot_be_noted_nothing_is_removed(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await large(country)
    await country.running["p1"].mailbox.accept(COMMUNE, message)
    country.clock.advance(KEEP)
    age(country)
    sweeper = country.running["p1"]._sweeper
    await sweeper._settle()
    sweeper._settled = True

    async def full(*_: object) -> None:
        raise JournalError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(country.running["p1"].node.journal, "commit", full)
        with pytest.raises(JournalError):
            await sweeper.sweep()
    assert await read(country, message) == DATA
    assert await sweeper.sweep() == 1


async def test_a_file_that_cannot_be_removed_is_said_and_tried_again(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (country.folder / "p1" / "blobs" / "stray").write_bytes(b"x")
    age(country)

    def busy(self: Path, *, missing_ok: bool = False) -> None:
        raise OSError(16, "Device or resource busy")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", busy)
        with pytest.raises(StorageFailed, match="busy"):
            await swept(country)
    await swept(country)
    assert names(country) == []


# -- sent


async def test_what_a_break_left_in_the_outbox_goes_and_what_is_sent_stays(country: World) -> None:
    message = await large(country)
    (name,) = names(country, "tw", "outbox")
    (country.folder / "tw" / "outbox" / ("0" * 32)).write_bytes(b"x")
    await swept(country, "tw")
    assert len(names(country, "tw", "outbox")) == 2
    age(country)
    await swept(country, "tw")
    assert names(country, "tw", "outbox") == [name]
    status = country.running["tw"].sender.status(message)
    country.clock.advance(status.receivers[0].expires + 8 * DAY - country.clock.now())
    await swept(country, "tw")
    assert names(country, "tw", "outbox") == []


async def test_an_upload_in_use_is_not_swept_from_under_it(country: World) -> None:
    uploads = country.running["tw"].sender.uploads
    upload = await uploads.begin(CENTRE, size=40 * CHUNK)
    going, more = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield bytes(20 * CHUNK)
        going.set()
        await more.wait()
        yield bytes(20 * CHUNK)

    task = asyncio.create_task(uploads.append(CENTRE, upload.id, offset=0, pieces=slowly()))
    await going.wait()
    country.clock.advance(UPLOAD_TERM)
    age(country)
    await swept(country, "tw")
    more.set()
    assert (await task).whole
    # Nobody has sent it in its time.
    await swept(country, "tw")
    assert names(country, "tw", "outbox") == []


async def test_an_upload_that_is_just_being_sent_is_kept(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = country.running["tw"].sender
    # In the order of their ids, which is that of time, they are swept.
    await sender.uploads.begin(CENTRE, size=1)
    upload = await sender.uploads.begin(CENTRE, size=len(DATA))

    async def pieces() -> AsyncIterator[bytes]:
        yield DATA

    await sender.uploads.append(CENTRE, upload.id, offset=0, pieces=pieces())
    country.directory.forced = Standing.FRESH
    country.clock.advance(UPLOAD_TERM)
    drop = sender.uploads._drop
    content = Uploaded(name="a", media_type="", upload=upload.id)

    async def sending_meanwhile(row: object) -> None:
        # While the first is dropped, the second is sent, and with that kept for its message's term.
        await sender.send(country.draft(COMMUNE, contents=(content,)))
        await drop(row)  # type: ignore[arg-type]  # a row

    monkeypatch.setattr(sender.uploads, "_drop", sending_meanwhile)
    assert await sender.uploads.sweep() == 1
    assert (await sender.uploads.get(CENTRE, upload.id)).whole
    await taken(country)


async def test_a_gateway_sweeps_by_itself(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await country.stop("p1")
    (country.folder / "p1" / "blobs" / "stray").write_bytes(b"x")
    age(country)
    monkeypatch.setattr("lienthong.exchange.gateway.SWEEP_EVERY", 0.01)
    await country.start("p1")
    await eventually(lambda: names(country) == [])
    await turns(5)
