"""What cannot be opened is kept apart with its reason, and opens when the key is there again."""

from copy import replace

import pytest

from lienthong.directory.snapshot import Standing
from lienthong.exchange.errors import CallerUnknown, DirectoryStale
from lienthong.exchange.mail import waiting
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.keystore import MemoryKeyStore
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, OTHER, World
from tests.support.mail import resend, taken


async def lost(world: World) -> MemoryKeyStore:
    """The key store of the province is empty for now; returns the one that it had."""
    node = world.running["p1"].node
    kept = node.store
    object.__setattr__(node, "store", MemoryKeyStore())
    return kept  # type: ignore[return-value]  # the world's stores are in memory


async def test_what_does_not_open_is_kept_apart_and_opens_later(country: World) -> None:
    kept = await lost(country)
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER))
    await taken(country)
    mailbox = country.running["p1"].mailbox
    (unopened,) = mailbox.unopened(COMMUNE)
    assert (unopened.organ, unopened.reason, unopened.at) == (str(COMMUNE), "key_unknown", country.clock.now())
    assert "key" in unopened.detail
    assert unopened.subject.startswith("mail.01.p1.u1.")
    assert [entry.verdict for entry in country.entries("p1")] == ["key_unknown"] * 2
    # Not yet: it stays, once, also when it is sent again.
    assert await mailbox.retry(COMMUNE) == 0
    country.clock.advance(60_000)
    await resend(country)
    await taken(country)
    assert mailbox.unopened(COMMUNE)[0].id == unopened.id
    assert len(mailbox.unopened(COMMUNE)) == 1
    object.__setattr__(country.running["p1"].node, "store", kept)
    assert await mailbox.retry(COMMUNE, bytes(32)) == 0
    assert await mailbox.retry(COMMUNE, unopened.id) == 1
    await eventually(lambda: country.receipts)
    assert [item.receiver for _, item in country.arrivals] == [str(COMMUNE)]
    assert mailbox.unopened(COMMUNE) == []
    assert len(mailbox.unopened(OTHER)) == 1


async def test_opened_twice_it_counts_once(country: World) -> None:
    kept = await lost(country)
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await taken(country)
    object.__setattr__(country.running["p1"].node, "store", kept)
    country.clock.advance(60_000)
    await resend(country)
    await eventually(lambda: country.arrivals)
    mailbox = country.running["p1"].mailbox
    assert await mailbox.retry(COMMUNE) == 1
    assert len(country.arrivals) == len(mailbox.list(COMMUNE)) == 1


async def test_junk_is_not_kept(country: World) -> None:
    country.post(CENTRE, COMMUNE, b"junk")
    await taken(country)
    assert country.evidence("p1") == [("in", "alarm", "envelope_invalid")]
    assert country.running["p1"].mailbox.unopened(COMMUNE) == []


async def test_what_is_kept_apart_is_bounded(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_APART", 2)
    await lost(country)
    for _ in range(4):
        country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await taken(country)
    assert len(country.running["p1"].mailbox.unopened(COMMUNE)) == 2
    assert len(country.entries("p1")) == 4


async def test_only_the_organs_own_are_shown_and_tried(country: World) -> None:
    mailbox = country.running["p1"].mailbox
    for organ in (CENTRE, replace(COMMUNE, member="none")):
        with pytest.raises(CallerUnknown):
            mailbox.unopened(organ)
        with pytest.raises(CallerUnknown):
            await mailbox.retry(organ)
    country.directory.forced = Standing.STALE
    with pytest.raises(DirectoryStale):
        await mailbox.retry(COMMUNE)


async def test_a_store_that_refuses_is_a_reason_too(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bytes:
        raise KeyStoreError("the token is gone")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryKeyStore, "unwrap", away)
        country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
        await taken(country)
    (unopened,) = country.running["p1"].mailbox.unopened(COMMUNE)
    assert "the token is gone" in unopened.detail
    assert await country.running["p1"].mailbox.retry(COMMUNE) == 1
    assert len(country.arrivals) == 1
