"""Uploads: any size in bounded memory, taken up where they broke, and never on disk in the clear."""

import asyncio
import hashlib
import shutil
import tracemalloc
import uuid
from collections.abc import AsyncIterator
from io import FileIO

import pytest

from lienthong.exchange import chunk_file
from lienthong.exchange.errors import (
    CallerUnknown,
    CarrierUnavailable,
    PayloadTooLarge,
    RequestInvalid,
    StorageFailed,
    UploadConflict,
    UploadInvalid,
    UploadUnknown,
)
from lienthong.exchange.mail import uploads as uploading
from lienthong.exchange.mail.draft import Uploaded
from lienthong.exchange.mail.sender import RETAINED
from lienthong.exchange.mail.uploads import MAX_OPEN, UPLOAD_TERM, Upload, Uploads
from lienthong.kernel.clock import DAY
from lienthong.trust.chunks import CHUNK
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, NEIGHBOUR, OTHER, World

DATA = bytes(number % 253 for number in range(5 * CHUNK + 123))


def of(world: World) -> Uploads:
    return world.running["tw"].sender.uploads


async def each(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def breaking(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionResetError


async def uploaded(world: World, data: bytes = DATA) -> Upload:
    upload = await of(world).begin(CENTRE, size=len(data))
    return await of(world).append(CENTRE, upload.id, offset=0, pieces=each(data))


def draft_of(upload: Upload) -> Uploaded:
    return Uploaded(name="a.bin", media_type="application/octet-stream", upload=upload.id)


async def received(world: World, message: uuid.UUID) -> bytes:
    return b"".join([piece async for piece in world.running["p1"].mailbox.read(COMMUNE, message, 0)])


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 16 * CHUNK + 1, 40 * CHUNK])
async def test_what_is_uploaded_arrives(country: World, size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    upload = await uploaded(country, data)
    assert (upload.whole, upload.offset, upload.digest) == (True, size, hashlib.sha256(data).digest())
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(draft_of(upload),)))
    await eventually(lambda: country.receipts)
    assert await received(country, dispatch.message) == data


async def test_pieces_of_any_size_make_the_same_content(country: World) -> None:
    pieces = [DATA[start : start + 7001] for start in range(0, len(DATA), 7001)]
    upload = await of(country).begin(CENTRE, size=len(DATA), digest=hashlib.sha256(DATA).digest())
    assert (await of(country).append(CENTRE, upload.id, offset=0, pieces=each(*pieces, b""))).whole


async def test_it_goes_on_where_it_broke_also_after_a_restart(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA), digest=hashlib.sha256(DATA).digest())
    first = await of(country).append(CENTRE, upload.id, offset=0, pieces=each(DATA[: 2 * CHUNK + 5]))
    # What is not a whole chunk is asked for again.
    assert (first.offset, first.whole) == (2 * CHUNK, False)
    await country.restart("tw")
    assert await of(country).get(CENTRE, upload.id) == first
    second = await of(country).append(CENTRE, upload.id, offset=2 * CHUNK, pieces=each(DATA[2 * CHUNK : 4 * CHUNK]))
    assert second.offset == 4 * CHUNK
    # Torn in the middle of a chunk, as a machine that stops leaves it.
    await country.stop("tw")
    (path,) = (country.folder / "tw" / "outbox").iterdir()
    with path.open("ab") as file:
        file.write(b"half a chunk")
    await country.start("tw")
    assert (await of(country).get(CENTRE, upload.id)).offset == 4 * CHUNK
    with path.open("r+b") as file:
        file.truncate(3 * (CHUNK + 16) + 10)
    await country.restart("tw")
    assert (await of(country).get(CENTRE, upload.id)).offset == 3 * CHUNK
    done = await of(country).append(CENTRE, upload.id, offset=3 * CHUNK, pieces=each(DATA[3 * CHUNK :]))
    assert done.whole
    # Saying the end once more changes nothing.
    assert await of(country).append(CENTRE, upload.id, offset=len(DATA), pieces=each()) == done


async def test_what_came_before_a_break_stays(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=40 * CHUNK)
    with pytest.raises(ConnectionResetError):
        await of(country).append(CENTRE, upload.id, offset=0, pieces=breaking(bytes(20 * CHUNK)))
    assert (await of(country).get(CENTRE, upload.id)).offset == 16 * CHUNK


async def test_a_piece_must_go_on_where_the_upload_is(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA))
    await of(country).append(CENTRE, upload.id, offset=0, pieces=each(DATA[:CHUNK]))
    for offset in (0, CHUNK + 1, len(DATA)):
        with pytest.raises(UploadConflict, match=f"is at {CHUNK}"):
            await of(country).append(CENTRE, upload.id, offset=offset, pieces=each(DATA))
    with pytest.raises(RequestInvalid, match="at least 65536"):
        await of(country).append(CENTRE, upload.id, offset=CHUNK, pieces=each(b"x" * 100))
    with pytest.raises(UploadInvalid, match=f"more than {len(DATA)}"):
        await of(country).append(CENTRE, upload.id, offset=CHUNK, pieces=each(DATA))
    assert (await of(country).get(CENTRE, upload.id)).offset == CHUNK


async def test_two_at_once_do_not_mix(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA), digest=hashlib.sha256(DATA).digest())
    done = await asyncio.gather(
        *(of(country).append(CENTRE, upload.id, offset=0, pieces=each(DATA)) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Upload", "UploadConflict", "UploadConflict"]
    assert (await of(country).get(CENTRE, upload.id)).whole


async def test_another_digest_than_announced_is_refused(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA), digest=bytes(32))
    with pytest.raises(UploadInvalid, match="another digest"):
        await of(country).append(CENTRE, upload.id, offset=0, pieces=each(DATA))
    with pytest.raises(UploadUnknown):
        await of(country).get(CENTRE, upload.id)
    assert list((country.folder / "tw" / "outbox").iterdir()) == []


async def test_only_its_owner_knows_an_upload(country: World) -> None:
    upload = await uploaded(country)
    for organ in (NEIGHBOUR, COMMUNE):
        for work in (
            of(country).get(organ, upload.id),
            of(country).append(organ, upload.id, offset=0, pieces=each()),
            of(country).drop(organ, upload.id),
        ):
            with pytest.raises(UploadUnknown if organ == NEIGHBOUR else CallerUnknown):
                await work
    draft = country.draft(COMMUNE, sender=NEIGHBOUR, contents=(draft_of(upload),))
    with pytest.raises(UploadUnknown):
        await country.running["tw"].sender.send(draft)
    await of(country).drop(CENTRE, upload.id)
    with pytest.raises(UploadUnknown):
        await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(draft_of(upload),)))


@pytest.mark.parametrize(("size", "digest"), [(-1, b""), (1, b"short"), (1, bytes(33))])
async def test_what_cannot_be_is_refused(country: World, size: int, digest: bytes) -> None:
    with pytest.raises(RequestInvalid):
        await of(country).begin(CENTRE, size=size, digest=digest)


async def test_size_and_number_are_bounded(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (len(DATA) - 1, len(DATA)):
        monkeypatch.setattr(of(country), "_limit", limit)
        if limit < len(DATA):
            with pytest.raises(PayloadTooLarge):
                await of(country).begin(CENTRE, size=len(DATA))
    for _ in range(MAX_OPEN):
        await of(country).begin(CENTRE, size=len(DATA))
    with pytest.raises(RequestInvalid, match=f"begun {MAX_OPEN}"):
        await of(country).begin(CENTRE, size=1)
    await of(country).begin(NEIGHBOUR, size=1)


async def test_an_unfinished_upload_is_not_sent(country: World) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA))
    with pytest.raises(UploadConflict, match="not whole"):
        await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(draft_of(upload),)))
    assert country.entries("tw") == []


async def test_nothing_of_it_is_on_disk_in_the_clear(country: World) -> None:
    marker = b"only for the receiver"
    upload = await of(country).begin(CENTRE, size=3 * CHUNK)
    await of(country).append(CENTRE, upload.id, offset=0, pieces=each(marker + bytes(2 * CHUNK), marker))
    await country.stop("tw")
    kept = [path for path in (country.folder / "tw").rglob("*") if path.is_file()]
    assert not any(marker in path.read_bytes() for path in kept)
    (path,) = (country.folder / "tw" / "outbox").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_without_room_nothing_is_begun_and_what_is_there_stays(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await of(country).begin(CENTRE, size=len(DATA))
    await of(country).append(CENTRE, upload.id, offset=0, pieces=each(DATA[: 2 * CHUNK]))
    write = chunk_file._write_all

    def full(file: FileIO, data: bytes) -> None:
        write(file, data[:100])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(chunk_file, "_write_all", full)
        with pytest.raises(StorageFailed, match="No space left"):
            await of(country).append(CENTRE, upload.id, offset=2 * CHUNK, pieces=each(DATA[2 * CHUNK :]))
        usage = shutil.disk_usage(country.folder)
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=chunk_file.RESERVE + 9))
        with pytest.raises(StorageFailed, match="10 bytes to keep, 9 bytes free"):
            await of(country).begin(CENTRE, size=10)
        assert (await of(country).begin(CENTRE, size=9)).size == 9
    done = await of(country).append(CENTRE, upload.id, offset=2 * CHUNK, pieces=each(DATA[2 * CHUNK :]))
    assert done.digest == hashlib.sha256(DATA).digest()


async def test_the_carrier_goes_on_where_it_broke(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_NOTE_EVERY", 1)
    upload = await uploaded(country, bytes(40 * CHUNK))
    stream, carrier = country.broker.streams["BLOB_tw"], country.running["tw"].node.carrier
    put_blob, firsts = carrier.put_blob, []

    async def watched(prefix: str, chunks: AsyncIterator[bytes], **options: object) -> int:
        firsts.append(options["first"])

        async def first_twenty() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                if len(stream.messages) == 20:
                    country.broker.stop()
                yield chunk

        return await put_blob(prefix, first_twenty() if len(firsts) == 1 else chunks, **options)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(carrier, "put_blob", watched)
    draft = country.draft(COMMUNE, OTHER, contents=(draft_of(upload),))
    with pytest.raises(CarrierUnavailable):
        await country.running["tw"].sender.send(draft)
    country.broker.start()
    await country.running["tw"].sender.send(draft)
    assert firsts == [0, 20]
    # Once more costs nothing: the carrier has it.
    await country.running["tw"].sender.send(draft)
    assert firsts == [0, 20, 40]
    assert len(stream.messages) == 40
    await eventually(lambda: len(country.receipts) == 4)


async def test_uploads_end_unless_they_are_sent(country: World) -> None:
    forgotten, sent = await of(country).begin(CENTRE, size=10), await uploaded(country)
    await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(draft_of(sent),), term=DAY))
    country.clock.advance(UPLOAD_TERM)
    assert await of(country).sweep() == 1
    with pytest.raises(UploadUnknown):
        await of(country).get(CENTRE, forgotten.id)
    assert (await of(country).get(CENTRE, sent.id)).whole
    country.clock.advance(DAY + RETAINED - UPLOAD_TERM)
    assert await of(country).sweep() == 1
    assert list((country.folder / "tw" / "outbox").iterdir()) == []


async def test_files_that_are_open_are_bounded(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_HANDLES", 2)
    made = [await of(country).begin(CENTRE, size=len(DATA)) for _ in range(5)]
    for start, stop in ((0, CHUNK), (CHUNK, len(DATA))):
        for upload in made:
            await of(country).append(CENTRE, upload.id, offset=start, pieces=each(DATA[start:stop]))
            assert len(of(country)._files) <= 2
    assert [(await of(country).get(CENTRE, upload.id)).whole for upload in made] == [True] * 5


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_content(country: World) -> None:
    size, piece = 96 * 1024 * 1024, bytes(1024 * 1024)

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(size // len(piece)):
            yield piece

    upload = await of(country).begin(CENTRE, size=size)
    tracemalloc.start()
    try:
        await of(country).append(CENTRE, upload.id, offset=0, pieces=stream())
        uploading_peak = tracemalloc.get_traced_memory()[1]
        # The carrier of the tests is memory itself: what it stores does not count.
        stored = country.broker.streams["BLOB_tw"].messages
        dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(draft_of(upload),)))
        await eventually(lambda: country.receipts, seconds=120)
        carried = sum(len(message.data) for message in stored)
        tracemalloc.reset_peak()
        received_size = 0
        async for part in country.running["p1"].mailbox.read(COMMUNE, dispatch.message, 0):
            received_size += len(part)
        reading_peak = tracemalloc.get_traced_memory()[1] - carried
    finally:
        tracemalloc.stop()
    assert received_size == size
    assert carried > size
    assert uploading_peak < 16 * 1024 * 1024
    assert reading_peak < 16 * 1024 * 1024
