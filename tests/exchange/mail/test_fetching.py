"""Large contents at the receiver: nothing waits behind them, and they go on where they broke."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from lienthong.directory.snapshot import Standing
from lienthong.exchange import blobs
from lienthong.exchange.errors import CarrierUnavailable, MessageUnknown, StorageFailed
from lienthong.exchange.mail import contents, fetching
from lienthong.exchange.mail.draft import Uploaded
from lienthong.exchange.transport.errors import NotStored
from lienthong.kernel.clock import DAY
from lienthong.trust.chunks import CHUNK
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, OTHER, World, turns
from tests.support.mail import resend, taken

SIZE = 40 * CHUNK
DATA = bytes(number % 249 for number in range(SIZE))


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents of half a megabyte count as large, so that the tests stay quick."""
    monkeypatch.setattr(contents, "LARGE", 512 * 1024)
    monkeypatch.setattr(fetching, "_RETRY", 0.05)


class Gate:
    """A carrier whose large contents come to a halt, break off, or are gone, as a test wants."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        carrier = world.running["p1"].node.carrier
        self._get_blob = carrier.get_blob
        self.open = asyncio.Event()
        self.open.set()
        self.breaks_after: int | None = None
        self.firsts: list[int] = []
        monkeypatch.setattr(carrier, "get_blob", self.get_blob)

    async def get_blob(self, stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        self.firsts.append(first)
        number = 0
        async for chunk in self._get_blob(stream, prefix, count, first=first):
            await self.open.wait()
            if number == self.breaks_after:
                raise CarrierUnavailable("it broke")
            number += 1
            yield chunk


@pytest.fixture
def gate(country: World, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(country, monkeypatch)


async def large(world: World, *receivers: object, **fields: object) -> object:
    """Send a large message from the centre."""
    sender = world.running["tw"].sender

    async def pieces() -> AsyncIterator[bytes]:
        yield DATA

    organ = next(iter(world.directory.snapshot.organs_at("tw"))).id
    upload = await sender.uploads.begin(organ, size=SIZE)
    await sender.uploads.append(organ, upload.id, offset=0, pieces=pieces())
    content = Uploaded(name="a", media_type="", upload=upload.id)
    draft = world.draft(*(receivers or (COMMUNE,)), contents=(content,), **fields)  # type: ignore[arg-type]  # by name
    return (await sender.send(draft)).message


async def whole(world: World, message: object) -> bool:
    pieces = [piece async for piece in world.running["p1"].mailbox.read(COMMUNE, message, 0)]  # type: ignore[arg-type]  # an id
    return b"".join(pieces) == DATA


async def tend(world: World) -> None:
    await asyncio.sleep(0.06)
    await world.running["p1"]._receiver.tend()


async def test_mail_behind_a_large_content_does_not_wait(country: World, gate: Gate) -> None:
    gate.open.clear()
    message = await large(country)
    small = await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.arrivals)
    assert [item.message for _, item in country.arrivals] == [small.message]
    # What is not here is neither receipted nor to be had.
    await eventually(lambda: country.receipts)
    assert [item.message for _, item in country.receipts] == [small.message]
    with pytest.raises(MessageUnknown):
        await country.running["p1"].mailbox.view(COMMUNE, message)  # type: ignore[arg-type]  # an id
    gate.open.set()
    await eventually(lambda: len(country.receipts) == 2)
    assert await whole(country, message)
    steps = [(entry.kind, entry.detail) for entry in country.entries("p1") if entry.id == str(message)]
    assert steps == [("state", "its contents are being fetched"), ("message", "")]
    assert country.running["p1"].node.journal.read("SELECT 1 FROM fetching") == []


async def test_a_conversation_waits_for_its_large_content(country: World, gate: Gate) -> None:
    gate.open.clear()
    talk = (await country.running["tw"].sender.send(country.draft(OTHER))).message
    first = await large(country, conversation=talk)
    second = await country.running["tw"].sender.send(country.draft(COMMUNE, conversation=talk))
    await taken(country)
    gate.open.set()
    await eventually(lambda: len(country.arrivals) == 3)
    assert [item.message for _, item in country.arrivals][1:] == [first, second.message]


async def test_it_goes_on_at_the_chunk_where_it_broke(country: World, gate: Gate) -> None:
    gate.breaks_after = 20
    message = await large(country)
    await eventually(lambda: len(gate.firsts) == 1)
    await turns(50)
    await tend(country)
    # Slabs of 16 are kept; what came of the next is fetched again.
    await eventually(lambda: len(gate.firsts) == 2 and not country.running["p1"]._receiver._fetcher._tasks)
    gate.breaks_after = None
    await tend(country)
    await eventually(lambda: country.arrivals)
    assert gate.firsts == [0, 16, 32]
    assert await whole(country, message)


async def test_what_is_partly_here_survives_a_restart(
    country: World, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.breaks_after = 20
    message = await large(country)
    await eventually(lambda: len(gate.firsts) == 1)
    await turns(50)
    (part,) = (country.folder / "p1" / "blobs").iterdir()
    assert part.name.endswith(".part")
    await country.stop("p1")
    # The machine stopped in the middle of a chunk, and lost the end of what it had written.
    with part.open("r+b") as file:
        file.truncate(10 * (CHUNK + 16) + 7)
    await country.start("p1")
    again = Gate(country, monkeypatch)
    await country.running["p1"]._receiver.tend()
    await eventually(lambda: country.arrivals)
    assert again.firsts == [10]
    assert await whole(country, message)
    assert not any(path.name.endswith(".part") for path in (country.folder / "p1" / "blobs").iterdir())


async def test_sent_again_meanwhile_it_is_taken_once(country: World, gate: Gate) -> None:
    gate.open.clear()
    await large(country)
    await taken(country)
    before = country.running["p1"].node.journal.size
    for _ in range(2):
        country.clock.advance(DAY // 24)
        assert await resend(country) == 1
    await taken(country)
    assert country.running["p1"].node.journal.size == before
    gate.open.set()
    await eventually(lambda: country.receipts)
    assert len(country.arrivals) == 1


async def test_contents_that_are_gone_are_said_and_fetched_when_they_are_back(country: World, gate: Gate) -> None:
    stream = country.broker.streams["BLOB_tw"]
    gate.open.clear()
    message = await large(country)
    await taken(country)
    name = next(name for name in stream.newest if name.endswith(".30"))
    chunk = stream.newest.pop(name)
    gate.open.set()
    await eventually(lambda: ("in", "failure", NotStored.code) in country.evidence("p1"))
    assert country.receipts == []
    # Nothing is given up: its sender sends it again, and it goes on at the missing chunk.
    stream.newest[name] = chunk
    country.clock.advance(DAY // 24)
    await resend(country)
    await eventually(lambda: country.receipts)
    assert gate.firsts == [0, 16]
    assert await whole(country, message)


async def test_another_content_than_sealed_is_refused_and_leaves_nothing(country: World, gate: Gate) -> None:
    stream = country.broker.streams["BLOB_tw"]
    gate.open.clear()
    await large(country)
    await taken(country)
    name = next(name for name in stream.newest if name.endswith(".30"))
    chunk = stream.newest[name]
    stream.newest[name] = type(chunk)(chunk.subject, chunk.data[:-1] + b"x", chunk.sequence, chunk.at)
    gate.open.set()
    await eventually(lambda: country.receipts)
    assert country.states() == [(str(COMMUNE), "refused")]
    assert country.evidence("p1")[-1] == ("in", "alarm", "envelope_invalid")
    assert list((country.folder / "p1" / "blobs").iterdir()) == []
    assert country.running["p1"].node.journal.read("SELECT 1 FROM fetching") == []


async def test_without_room_it_waits(country: World, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, size: int) -> None:
        raise StorageFailed(f"{folder.name}: {size} bytes to keep")

    with monkeypatch.context() as patched:
        patched.setattr(blobs, "check_room", full)
        message = await large(country)
        await taken(country)
        for _ in range(2):
            await tend(country)
        assert (country.receipts, gate.firsts) == ([], [])
    await tend(country)
    await eventually(lambda: country.receipts)
    assert await whole(country, message)


async def test_an_expired_message_is_not_fetched(country: World, gate: Gate) -> None:
    gate.breaks_after = 0
    await large(country, term=DAY)
    await eventually(lambda: gate.firsts)
    country.clock.advance(DAY)
    await turns(50)
    await tend(country)
    await eventually(lambda: country.receipts)
    assert country.receipts[0][1].note.startswith("expired")
    assert gate.firsts == [0]


async def test_while_the_directory_is_stale_it_waits(country: World, gate: Gate) -> None:
    gate.open.clear()
    message = await large(country)
    await taken(country)
    country.directory.forced = Standing.STALE
    gate.open.set()
    await turns(50)
    await tend(country)
    assert country.receipts == []
    country.directory.forced = None
    await tend(country)
    await eventually(lambda: country.receipts)
    assert await whole(country, message)


async def test_a_recall_is_quicker_than_its_large_message(country: World, gate: Gate) -> None:
    gate.open.clear()
    message = await large(country)
    await taken(country)
    await country.running["tw"].sender.recall(message, reason="")  # type: ignore[arg-type]  # an id
    await eventually(lambda: country.receipts)
    gate.open.set()
    await eventually(lambda: country.running["p1"].mailbox.list(COMMUNE))
    assert country.arrivals == []
    assert country.running["p1"].mailbox.list(COMMUNE)[0].state.value == "recalled"


async def test_urgent_ones_are_fetched_first_and_few_at_a_time(
    country: World, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_AT_ONCE", 1)
    gate.open.clear()
    await large(country, subject="first")
    await taken(country)
    for urgency in (0, 3, 1):
        await large(country, urgency=urgency)
    await taken(country)
    assert len(gate.firsts) == 1
    gate.open.set()
    await eventually(lambda: len(country.arrivals) == 4)
    assert [item.urgency for _, item in country.arrivals] == [0, 3, 1, 0]
