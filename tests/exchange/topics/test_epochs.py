"""Keys of a topic: a new one when who reads changes, the old ones for who may read what they open."""

import pytest

from lienthong.directory.entries import TopicGrantEntry
from lienthong.exchange.topics.epochs import EPOCH_TERM
from lienthong.exchange.topics.keys import decode_wraps, is_wraps
from lienthong.kernel.clock import HOUR
from lienthong.kernel.identifiers import SubsystemId
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.keys import Algorithm
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, NEIGHBOUR, OTHER, World
from tests.support.topics import DESK, MOVES, equip, numbers, offer, publish, reads, subscribed, topics

STREAM = "TOPIC_01"


def wrapped(world: World) -> list[set[str]]:
    """The organs that each message of keys on the stream is for."""
    owners = {key.kid: organ.token for organ in world.directory.snapshot.organs() for key in organ.keys}
    found = [message.data for message in world.broker.streams[STREAM].messages if is_wraps(message.data)]
    return [{owners[wrap.kid] for wrap in decode_wraps(data)} for data in found]


async def test_keys_go_to_the_owner_and_to_whom_it_granted(country: World) -> None:
    offer(country, str(HSO))
    await publish(country, 1)
    offer(country, str(CENTRE), str(NEIGHBOUR))
    await publish(country, 2)
    offer(country, "group:spies", "VN/PARTY/A02/none", "VN/PARTY/none")
    await publish(country, 3)
    offer(country, "*")
    await publish(country, 4)
    assert wrapped(country) == [{"u1", "a01"}, {"u1", "a01", "a02"}, {"u1", "m1"}, {"u1", "u2", "a01", "a02", "m1"}]


async def test_who_is_not_cleared_or_not_active_gets_no_key(country: World) -> None:
    country.change(MALLORY, active=False)
    offer(country, "*", label="confidential")
    await publish(country, 1)
    # The ceiling of u2 is internal.
    assert wrapped(country) == [{"u1", "a01", "a02"}]
    offer(country, "VN/PARTY/A01/low", label="confidential")
    await publish(country, 2)
    assert wrapped(country)[1:] == [{"u1"}]


async def test_confidential_topics_are_wrapped_to_post_quantum_keys_only(country: World) -> None:
    offer(country, "*", label="confidential")
    await publish(country, 1)
    kinds = {key.kid: key.algorithm for organ in country.directory.snapshot.organs() for key in organ.keys}
    (data,) = [message.data for message in country.broker.streams[STREAM].messages if is_wraps(message.data)]
    assert {kinds[wrap.kid] for wrap in decode_wraps(data)} == {Algorithm.HPKE_MLKEM768_X25519_KE}


async def test_who_is_no_longer_granted_gets_nothing_new(country: World) -> None:
    equip(country)
    offer(country, str(CENTRE), str(NEIGHBOUR))
    kept, cut = await subscribed(country), await subscribed(country, DESK)
    await publish(country, 1)
    await reads(kept, [1])
    await reads(cut, [1])
    offer(country, str(CENTRE))
    await publish(country, 2)
    await reads(kept, [1, 2])
    assert wrapped(country) == [{"u1", "a01", "a02"}, {"u1", "a01"}]


async def test_a_gateway_of_whom_was_cut_off_cannot_open_what_came_since(country: World) -> None:
    await country.start("p2")
    offer(country, str(MALLORY))
    spy = country.source.branches["02"].organs[0].subsystems[0]
    reader = SubsystemId("VN", "STATE", "M1", spy.code)
    subscription = await topics(country, "p2").subscribe(reader, MOVES)
    await publish(country, 1)
    await reads(subscription, [1])
    offer(country, str(CENTRE))
    await publish(country, 2, 3)
    follows = topics(country, "p2")._receiver.follows[str(MOVES)]
    await eventually(lambda: topics(country, "p2")._receiver.follows[follows.topic].position == 4)
    # It follows on with all that it has, and can open nothing under the new key.
    state = topics(country, "p2")._receiver.follows[follows.topic]
    assert (state.chain.sequence, len(state.locked)) == (1, 1)


async def test_a_new_key_begins_once_a_day_and_not_with_every_event(country: World) -> None:
    offer(country)
    for number in range(3):
        await publish(country, number)
        country.clock.advance(HOUR)
    assert len(wrapped(country)) == 1
    country.clock.advance(EPOCH_TERM)
    await publish(country, 3)
    assert len(wrapped(country)) == 2


async def test_a_new_reader_reads_what_is_kept_under_all_keys(country: World) -> None:
    offer(country, str(CENTRE))
    await publish(country, 1)
    country.clock.advance(EPOCH_TERM)
    await publish(country, 2)
    equip(country)
    offer(country, str(CENTRE), str(NEIGHBOUR))
    await publish(country, 3)
    late = await subscribed(country, DESK)
    await reads(late, [1, 2, 3])


async def test_what_was_published_under_a_higher_label_is_not_for_new_readers(country: World) -> None:
    await country.start("p2")
    offer(country, str(CENTRE), label="confidential")
    first = await subscribed(country)
    await publish(country, 1)
    await reads(first, [1])
    offer(country, str(CENTRE), "VN/PARTY/U2", label="internal")
    await publish(country, 2)
    await reads(first, [1, 2])
    wraps = [message for message in country.broker.streams[STREAM].messages if is_wraps(message.data)]
    assert len(wraps) == 2
    keyring = topics(country, "p1")._receiver._keyring
    ours = [wrap for wrap in decode_wraps(wraps[1].data) if wrap.kid in {k.kid for k in country.organ(OTHER).keys}]
    granted = keyring.open(ours[0], country.organ(OTHER), at=country.clock.now())
    assert [epoch.number for epoch in granted.keys.epochs] == [2]


async def test_one_organ_without_a_key_does_not_keep_events_from_the_others(
    country: World, caplog: pytest.LogCaptureFixture
) -> None:
    offer(country, "*")
    country.change(OTHER, keys=country.source.branches["01"].organs[1].keys[:1])
    subscription = await subscribed(country)
    await publish(country, 1)
    await reads(subscription, [1])
    assert wrapped(country) == [{"u1", "a01", "a02", "m1"}]
    assert "is not for VN/PARTY/U2" in caplog.text


async def test_when_its_own_keys_are_gone_an_owner_begins_with_a_new_one(
    country: World, caplog: pytest.LogCaptureFixture
) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    wraps = [key.kid for key in country.organ(COMMUNE).keys if key.algorithm is Algorithm.HPKE_4_KE]
    country.stores["p1"]._keys.pop(wraps[0])
    await country.restart("p1")
    await publish(country, 2)
    await reads(subscription, [1, 2])
    assert len(wrapped(country)) == 2
    assert "the key of epoch 1 cannot be opened" in caplog.text


async def test_a_restart_goes_on_with_the_key_it_had(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    for number in range(3):
        await publish(country, number)
        await country.restart("p1")
        await country.restart("tw")
    subscription = topics(country).subscriptions.get(HSO, MOVES)
    await eventually(lambda: numbers(subscription) == [0, 1, 2])
    assert len(wrapped(country)) == 1
    purposes = TopicGrantEntry(to=str(HSO), purposes=("audit",))
    offer(country, purposes)
    await publish(country, 3)
    # Whom it is for has not changed, only what for.
    assert len(wrapped(country)) == 1


async def test_a_key_store_that_is_away_at_the_start_is_asked_again(
    country: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    await reads(subscription, [1])
    store = country.stores["tw"]
    true, away = store.unwrap, [1]

    def sometimes(kid: bytes, wrapped: bytes, info: bytes) -> bytes:
        if away:
            away.pop()
            raise KeyStoreError("the device is away")
        return true(kid, wrapped, info)

    monkeypatch.setattr(store, "unwrap", sometimes)
    await country.restart("tw")
    assert "cannot be opened now" in caplog.text
    subscription = topics(country).subscriptions.get(HSO, MOVES)
    assert numbers(subscription) == [1]
    await publish(country, 2)
    await reads(subscription, [1, 2])
