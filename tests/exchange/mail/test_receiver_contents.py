"""Large contents of messages: fetched once, checked before they are receipted, and nobody else's hindrance."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from copy import replace
from io import FileIO
from pathlib import Path

import pytest

from lienthong.exchange import blobs, chunk_file
from lienthong.exchange.errors import CarrierTimeout, CarrierUnavailable
from lienthong.exchange.packet import BlobRef, Part, content_of
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import chunks
from lienthong.trust.header import Content
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, OTHER, World
from tests.support.mail import position, refused, taken


async def large(world: World, data: bytes, sender: OrganId = CENTRE) -> BlobRef:
    organ = world.organ(sender)
    return await blobs.put(world.running[organ.site].node.carrier, organ, data)


def with_parts(world: World, parts: tuple[Part, ...], contents: tuple[Content, ...], sender: OrganId = CENTRE) -> bytes:
    return world.wrap(world.seal(world.header(sender, COMMUNE, contents=contents), sender), COMMUNE, *parts)


async def test_a_large_content_is_fetched_once_for_all(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    carrier = country.running["p1"].node.carrier
    get_blob = carrier.get_blob

    def watched(stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        fetched.append(prefix)
        return get_blob(stream, prefix, count, first=first)

    monkeypatch.setattr(carrier, "get_blob", watched)
    data = b"x" * 100_000
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, data=data))
    await eventually(lambda: len(country.receipts) == 2)
    assert len(fetched) == 1
    letter = await country.running["p1"].mailbox.open(OTHER, country.arrivals[0][1].message)
    assert letter.contents[0].data == data


async def test_a_large_content_must_be_the_sealed_one(attacked: World) -> None:
    data = b"x" * 100_000
    ref = await large(attacked, data)
    contents = (content_of(data),)
    folder = attacked.folder / "p1" / "blobs"
    for part, sealed, code in (
        (ref, (content_of(b"y" * 100_000),), "digest_mismatch"),
        (replace(ref, key=bytes(32)), contents, "envelope_invalid"),
        (replace(ref, chunks=1), contents, "malformed"),
        (replace(ref, site="p2"), contents, "malformed"),
        (replace(ref, branch="02"), contents, "malformed"),
        (replace(ref, chunks=1 << 24), (Content(digest=bytes(32), size=1 << 40),), "malformed"),
    ):
        await refused(attacked, with_parts(attacked, (part,), sealed), code)
        assert list(folder.iterdir()) == []
    attacked.post(CENTRE, COMMUNE, with_parts(attacked, (ref,), contents))
    await taken(attacked)
    assert len(attacked.arrivals) == 1
    # What is kept for one message is not lost by another that names it wrongly.
    attacked.post(CENTRE, COMMUNE, with_parts(attacked, (replace(ref, key=bytes(32)),), contents))
    await taken(attacked)
    letter = await attacked.running["p1"].mailbox.open(COMMUNE, attacked.arrivals[0][1].message)
    assert letter.contents[0].data == data


async def test_nobody_spoils_a_large_content_by_taking_its_name_first(attacked: World) -> None:
    # Every receiver of a broadcast knows its name, and the names at his own site are his to choose.
    data = b"x" * 100_000
    ref = await large(attacked, data)
    twin = replace(ref, branch="02", site="p2")
    carrier = attacked.running["p2"].node.carrier

    async def wrong() -> AsyncIterable[bytes]:
        for piece in chunks.encrypt(b"y" * 100_000, twin.key):
            yield piece

    await carrier.put_blob(f"blob.02.p2.{ref.name}", wrong())
    attacked.post(MALLORY, COMMUNE, with_parts(attacked, (twin,), (content_of(b"y" * 100_000),), MALLORY))
    await taken(attacked)
    attacked.post(CENTRE, COMMUNE, with_parts(attacked, (ref,), (content_of(data),)))
    await taken(attacked)
    assert [entry.verdict for entry in attacked.entries("p1")] == ["ok", "ok"]
    mailbox = attacked.running["p1"].mailbox
    read = [(await mailbox.open(COMMUNE, item.message)).contents[0].data[:1] for _, item in attacked.arrivals]
    assert read == [b"y", b"x"]


async def test_a_content_that_is_missing_holds_up_nobody_and_is_not_receipted(country: World) -> None:
    data = b"x" * 100_000
    ref = await large(country, data)
    hidden = {
        name: country.broker.streams["BLOB_tw"].newest.pop(name) for name in [*country.broker.streams["BLOB_tw"].newest]
    }
    message = with_parts(country, (ref,), (content_of(data),))
    country.post(CENTRE, COMMUNE, message)
    country.post(CENTRE, OTHER, country.message(CENTRE, OTHER))
    await taken(country)
    assert country.evidence("p1") == [("in", "failure", "not_stored"), ("in", "message", "ok")]
    # Sent again when it is there: taken as if nothing had been.
    country.broker.streams["BLOB_tw"].newest.update(hidden)
    country.post(CENTRE, COMMUNE, message)
    await taken(country)
    assert len(country.arrivals) == 2


async def test_a_content_that_cannot_be_fetched_now_holds_the_batch(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = country.running["p1"].node.carrier
    get_blob = carrier.get_blob
    failing = [CarrierTimeout("slow"), CarrierUnavailable("away")]

    async def sometimes(stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        if failing:
            raise failing.pop()
        async for chunk in get_blob(stream, prefix, count, first=first):
            yield chunk

    monkeypatch.setattr(carrier, "get_blob", sometimes)
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, data=b"x" * 100_000))
    await taken(country)
    assert failing == []
    assert len(country.arrivals) == 2
    assert {entry.verdict for entry in country.entries("p1")} == {"ok"}


async def test_contents_without_room_on_disk_wait(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    full = True
    write = chunk_file._write_all

    def written(file: FileIO, data: bytes) -> None:
        if full and "blobs" in str(Path(f"/proc/self/fd/{file.fileno()}").readlink()):
            write(file, data[:1000])
            raise OSError(28, "No space left on device")
        write(file, data)

    monkeypatch.setattr(chunk_file, "_write_all", written)
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, data=b"x" * 100_000))
    await asyncio.sleep(0.15)
    assert (position(country), country.arrivals, country.entries("p1")) == (0, [], [])
    full = False
    await taken(country)
    assert len(country.arrivals) == 2


async def test_checked_contents_are_remembered_within_bounds(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "_REMEMBERED", 2)
    for number in range(4):
        await country.running["tw"].sender.send(country.draft(COMMUNE, data=bytes([number]) * 300_000))
    await eventually(lambda: len(country.arrivals) == 4)
    assert len(country.running["p1"]._receiver._contents._blobs._intact) == 2
