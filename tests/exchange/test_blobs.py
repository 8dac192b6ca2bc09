"""Large contents: put once, fetched and kept as they came, and never more than was sealed."""

import asyncio
from collections.abc import AsyncGenerator
from copy import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange import blobs
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.errors import CarrierUnavailable, Malformed, StorageFailed
from lienthong.exchange.packet import BlobRef, content_of
from lienthong.exchange.transport.errors import NotStored
from lienthong.trust.chunks import CHUNK
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.header import Content
from tests.support.gateways import CENTRE, MALLORY, World

DATA = b"0123456789" * 20_000


async def put(world: World, data: bytes = DATA) -> BlobRef:
    return await blobs.put(world.running["tw"].node.carrier, world.organ(CENTRE), data)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
async def test_what_was_put_comes_back(country: World, size: int) -> None:
    data = bytes(size)
    ref = await put(country, data)
    blobs.check(ref, country.organ(CENTRE), content_of(data))
    assert await blobs.get(country.running["p1"].node.carrier, ref) == data
    store = BlobStore(country.folder / "kept")
    await store.keep(country.running["p1"].node.carrier, ref, content_of(data))
    assert await store.read(ref) == data


async def test_every_content_has_a_name_and_a_key_of_its_own(country: World) -> None:
    first, second = await put(country), await put(country)
    assert first.name != second.name
    assert first.key != second.key
    stored = b"".join(message.data for message in country.broker.streams["BLOB_tw"].messages)
    assert b"0123456789" not in stored


@given(
    size=st.integers(0, 10 * CHUNK),
    count=st.integers(1, 12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_number_of_chunks_follows_from_the_size(country: World, size: int, count: int) -> None:
    ref = BlobRef(branch="tw", site="tw", name="n", key=bytes(32), chunks=count)
    content = Content(digest=bytes(32), size=size)
    if count == max(1, (size + CHUNK - 1) // CHUNK):
        blobs.check(ref, country.organ(CENTRE), content)
    else:
        with pytest.raises(Malformed, match="chunks"):
            blobs.check(ref, country.organ(CENTRE), content)


def test_a_content_is_at_its_senders_site_and_of_a_size_that_fits(country: World) -> None:
    ref = BlobRef(branch="tw", site="tw", name="n", key=bytes(32), chunks=blobs.MAX_CONTENT // CHUNK)
    content = Content(digest=bytes(32), size=blobs.MAX_CONTENT)
    blobs.check(ref, country.organ(CENTRE), content)
    with pytest.raises(Malformed, match="site tw"):
        blobs.check(ref, country.organ(MALLORY), content)
    with pytest.raises(Malformed):
        blobs.check(replace(ref, branch="01"), country.organ(CENTRE), content)
    with pytest.raises(Malformed):
        blobs.check(replace(ref, chunks=ref.chunks + 1), country.organ(CENTRE), replace(content, size=content.size + 1))


@pytest.mark.parametrize("change", ["key", "swap", "bit", "cut", "more"])
async def test_what_was_altered_is_noticed(country: World, change: str) -> None:
    ref = await put(country)
    newest = country.broker.streams["BLOB_tw"].newest
    names = [f"blob.tw.tw.{ref.name}.{number}" for number in range(ref.chunks)]
    match change:
        case "key":
            ref = replace(ref, key=bytes(32))
        case "swap":
            newest[names[0]], newest[names[1]] = newest[names[1]], newest[names[0]]
        case "bit":
            data = newest[names[2]].data
            newest[names[2]] = type(newest[names[2]])(names[2], data[:-1] + bytes([data[-1] ^ 1]), 3, 0)
        case "cut":
            ref = replace(ref, chunks=ref.chunks - 1)
        case _:
            newest[f"blob.tw.tw.{ref.name}.{ref.chunks}"] = newest[names[0]]
            ref = replace(ref, chunks=ref.chunks + 1)
    carrier = country.running["p1"].node.carrier
    with pytest.raises(EnvelopeInvalid):
        await blobs.get(carrier, ref)
    store = BlobStore(country.folder / "kept")
    with pytest.raises(EnvelopeInvalid):
        await store.keep(carrier, ref, content_of(DATA))
    # Nothing of it is left behind.
    assert list((country.folder / "kept").iterdir()) == []


async def test_what_is_missing_or_out_of_reach_is_said(country: World) -> None:
    ref = await put(country)
    carrier = country.running["p1"].node.carrier
    store = BlobStore(country.folder / "kept")
    with pytest.raises(NotStored):
        await store.keep(carrier, replace(ref, name="none"), content_of(DATA))
    with pytest.raises(StorageFailed):
        await store.read(ref)
    country.broker.stop()
    with pytest.raises(CarrierUnavailable):
        await store.keep(carrier, ref, content_of(DATA))
    with pytest.raises(CarrierUnavailable):
        await put(country)


async def test_many_wait_for_one_fetch(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = await put(country)
    carrier = country.running["p1"].node.carrier
    get_blob, fetched = carrier.get_blob, 0

    def watched(stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        nonlocal fetched
        fetched += 1
        return get_blob(stream, prefix, count, first=first)

    monkeypatch.setattr(carrier, "get_blob", watched)
    store = BlobStore(country.folder / "kept")
    await asyncio.gather(*(store.keep(carrier, ref, content_of(DATA)) for _ in range(5)))
    assert fetched == 1
    assert not store._fetching
    # It is kept as it came: only who has the key can read it.
    (path,) = (country.folder / "kept").iterdir()
    assert b"0123456789" not in path.read_bytes()


async def test_names_of_different_sites_do_not_collide(country: World) -> None:
    ref = await put(country)
    store = BlobStore(country.folder / "kept")
    await store.keep(country.running["p1"].node.carrier, ref, content_of(DATA))
    for other in (replace(ref, site="p2"), replace(ref, branch="02"), replace(ref, name=ref.name[:-1])):
        with pytest.raises(StorageFailed):
            await store.read(other)


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    BlobStore(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    BlobStore(tmp_path / "a" / "b")
