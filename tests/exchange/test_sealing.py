"""Sealing together: one signature per turn of the event loop and key, and every waiter gets his own."""

import asyncio
import uuid
from copy import replace

import pytest

from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.sealing import SealQueue, encoded
from lienthong.kernel.labels import INTERNAL
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import MAX_HEADER, Header, Kind
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore
from lienthong.trust.seal import MAX_BATCH, Verifier

NOW = 1_795_000_000_000
HEADER = Header(
    kind=Kind.MESSAGE,
    id=uuid.UUID(int=1),
    sender="VN/PARTY/A01",
    receiver="VN/PARTY/U1",
    label=INTERNAL,
    created=NOW,
    expires=NOW + 1000,
)


class CountingStore(MemoryKeyStore):
    """Counts its signatures."""

    signed = 0

    def sign(self, kid: bytes, data: bytes) -> bytes:
        self.signed += 1
        return super().sign(kid, data)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


def new_key(store: MemoryKeyStore) -> PublicKey:
    (public,) = store.new_keys([Algorithm.ES256])
    return PublicKey(Algorithm.ES256, public, NOW, NOW + 1)


def numbered(number: int) -> Header:
    return replace(HEADER, id=uuid.UUID(int=number))


async def test_what_waits_is_sealed_with_one_signature_per_key(store: CountingStore) -> None:
    keys = [new_key(store), new_key(store)]
    queue = SealQueue(store)
    sealed = await asyncio.gather(*(queue.seal(encoded(numbered(number)), keys[number % 2]) for number in range(10)))
    assert store.signed == 2
    verifier = Verifier(lambda kid, _: next(key for key in keys if key.kid == kid))
    for number, each in enumerate(sealed):
        opened = verifier.open(each, at=NOW)
        assert (opened.header, opened.key) == (numbered(number), keys[number % 2])


async def test_a_later_turn_is_a_signature_of_its_own(store: CountingStore) -> None:
    key, queue = new_key(store), SealQueue(store)
    assert await queue.seal(encoded(numbered(1)), key) != await queue.seal(encoded(numbered(2)), key)
    assert store.signed == 2


@pytest.mark.parametrize("count", [1, 2, MAX_BATCH, MAX_BATCH + 1])
async def test_batches_have_a_limit(store: CountingStore, count: int) -> None:
    key, queue = new_key(store), SealQueue(store)
    verifier = Verifier(lambda _, __: key)
    headers = [numbered(number) for number in range(count)]
    at_once = queue.seal_all(headers, key)
    assert store.signed == 1 + (count > MAX_BATCH)
    waited = await asyncio.gather(*(queue.seal(encoded(header), key) for header in headers))
    assert store.signed == 2 * (1 + (count > MAX_BATCH))
    for sealed in (at_once, waited):
        assert [verifier.open(each, at=NOW).header.id.int for each in sealed] == list(range(count))


async def test_a_missing_key_fails_only_those_who_asked_for_it(store: CountingStore) -> None:
    key, queue = new_key(store), SealQueue(store)
    missing = new_key(MemoryKeyStore())
    results = await asyncio.gather(
        queue.seal(encoded(numbered(1)), missing),
        queue.seal(encoded(numbered(2)), key),
        queue.seal(encoded(numbered(3)), missing),
        return_exceptions=True,
    )
    assert [isinstance(result, KeyUnknown) for result in results] == [True, False, True]


async def test_who_no_longer_waits_does_not_disturb_the_others(store: CountingStore) -> None:
    key, queue = new_key(store), SealQueue(store)
    missing = new_key(MemoryKeyStore())
    tasks = [asyncio.create_task(queue.seal(encoded(numbered(number)), key)) for number in range(3)]
    tasks.append(asyncio.create_task(queue.seal(encoded(numbered(9)), missing)))
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert isinstance(results[3], asyncio.CancelledError)
    assert Verifier(lambda _, __: key).open(results[2], at=NOW).header == numbered(2)  # type: ignore[arg-type]  # by name


async def test_what_no_receiver_would_take_is_not_sealed(store: CountingStore) -> None:
    key, queue = new_key(store), SealQueue(store)
    large = replace(HEADER, subject="x" * MAX_HEADER)
    with pytest.raises(RequestInvalid, match="32768 fit"):
        encoded(large)
    with pytest.raises(RequestInvalid):
        queue.seal_all([HEADER, large], key)
    assert store.signed == 0
