"""What a gateway takes off a topic's stream: only what its owner sealed, at its place; all else is an alarm."""

from datetime import timedelta

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.snapshot import Standing
from lienthong.exchange.packet import Packet, content_of
from lienthong.exchange.topics.keys import EpochKey, Keys, Wrap, encode_wraps
from lienthong.exchange.topics.receiver import PATIENCE
from lienthong.kernel.clock import DAY, HOUR, Millis, to_datetime
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.ids import new_id
from lienthong.trust import envelope
from lienthong.trust.header import Kind
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, SPY, World
from tests.support.topics import (
    MOVES,
    REGISTRY,
    SECRET,
    Forged,
    entry,
    epoch,
    event,
    numbers,
    offer,
    publish,
    put,
    reads,
    state,
    subscribed,
    taken,
    topics,
)

RECORD = event(99).to_bytes()


@pytest.fixture
async def read(country: World) -> World:
    """A world in which one event was published and taken."""
    country.change(COMMUNE, topics=(entry(str(HSO)), entry(str(HSO), code="quiet")))
    await subscribed(country)
    await publish(country, 1)
    await taken(country)
    return country


async def alarmed(world: World, data: bytes, verdict: str) -> None:
    """Check that something is recorded as an alarm, once, and that the topic goes on as if it had not come."""
    before = world.running["tw"].node.journal.size
    put(world, data)
    follow = await taken(world)
    assert [(e.direction, e.kind, e.verdict) for e in world.entries("tw")[before:]] == [("in", "alarm", verdict)]
    assert (follow.chain.sequence, follow.forked) == (1, False)
    await publish(world, 2)
    await reads(topics(world).subscriptions.get(HSO, MOVES), [1, 2])


async def test_what_continues_is_taken(read: World) -> None:
    put(read, Forged(world=read, records=(RECORD,)).bytes())
    await reads(topics(read).subscriptions.get(HSO, MOVES), [1, 99])


async def test_a_reader_cannot_publish_although_it_has_the_key(read: World) -> None:
    await alarmed(read, Forged(world=read, by=MALLORY).bytes(), "key_unknown")


async def test_a_reader_cannot_publish_in_its_own_name(read: World) -> None:
    forged = Forged(world=read, by=MALLORY, header={"sender": str(SPY)})
    await alarmed(read, forged.bytes(), "connection_mismatch")


async def test_another_system_of_the_owner_cannot_publish(read: World) -> None:
    forged = Forged(world=read, header={"sender": str(COMMUNE)})
    before = read.running["tw"].node.journal.size
    put(read, forged.bytes())
    await taken(read)
    assert [entry_.verdict for entry_ in read.entries("tw")[before:]] == ["receiver_unknown"]


async def test_a_block_of_another_topic_is_not_spliced_in(read: World) -> None:
    await alarmed(read, Forged(world=read, topic=SECRET, bound=MOVES).bytes(), "misdirected")


async def test_something_else_that_the_owner_sealed_is_no_block(read: World) -> None:
    header = {"kind": Kind.MESSAGE, "receiver": str(CENTRE), "conversation": None, "answers": b""}
    await alarmed(read, Forged(world=read, header=header).bytes(), "misdirected")


@pytest.mark.parametrize("place", [{"epoch": 2}, {"count": 2}, {"count": 0}, {"number": 0}, {"kept": 5}], ids=str)
async def test_a_place_that_does_not_fit_is_none(read: World, place: dict[str, int]) -> None:
    await alarmed(read, Forged(world=read, place=place).bytes(), "malformed")


async def test_a_block_without_a_chain_is_none(read: World) -> None:
    await alarmed(read, Forged(world=read, header={"conversation": None}).bytes(), "malformed")


async def test_contents_must_be_the_sealed_ones(read: World) -> None:
    genuine = Forged(world=read, records=(RECORD,))
    place = Packet.from_bytes(_opened(read, genuine.bytes())).parts[0]
    assert isinstance(place, bytes)
    await alarmed(read, changed_parts(genuine, (place, event(7).to_bytes())), "digest_mismatch")


def _opened(world: World, data: bytes) -> bytes:
    return epoch(world).session.decrypt_request(data, aad=str(MOVES).encode())


def changed_parts(forged: Forged, parts: tuple[bytes, ...]) -> bytes:
    return Forged(world=forged.world, records=forged.records, parts=parts).bytes()


async def test_noise_is_one_alarm_for_a_batch(read: World) -> None:
    before = read.running["tw"].node.journal.size
    read.broker.stop()
    for number in range(50):
        put(read, b"\xff" * number + b"noise")
    read.broker.start()
    await taken(read)
    assert {entry_.verdict for entry_ in read.entries("tw")[before:]} <= {"malformed", "envelope_invalid"}
    assert len(read.entries("tw")[before:]) <= 4


async def test_altered_bytes_are_an_alarm(read: World) -> None:
    data = Forged(world=read).bytes()
    await alarmed(read, data[:-1] + bytes((data[-1] ^ 1,)), "envelope_invalid")


async def test_unknown_epochs_are_waited_for_within_bounds(read: World) -> None:
    for _ in range(600):
        session = envelope.Session.derive(new_id().bytes * 2)
        put(read, session.encrypt_request(b"", aad=b""))
    follow = await taken(read)
    assert len(follow.locked) == 512
    await publish(read, 2)
    await reads(topics(read).subscriptions.get(HSO, MOVES), [1, 2])


# -- keys that end


def _commune_keys(world: World, **fields: object) -> None:
    keys = world.source.branches["01"].organs[0].keys
    world.change(COMMUNE, keys=(changed(keys[0], **fields), *keys[1:]))


async def test_a_revoked_key_seals_nothing_whatever_time_the_carrier_says(read: World) -> None:
    data = Forged(world=read).bytes()
    put(read, data, SECRET)
    read.clock.advance(HOUR)
    _commune_keys(read, revoked_at=to_datetime(read.clock.now()))
    before = read.running["tw"].node.journal.size
    put(read, data)
    await taken(read)
    assert [entry_.verdict for entry_ in read.entries("tw")[before:]] == ["key_not_valid"]


async def test_an_ended_key_counts_for_what_was_stored_before_its_end(read: World) -> None:
    await read.stop("tw")
    await publish(read, 2)
    put(read, Forged(world=read, records=(RECORD,), header={"created": read.clock.now()}).bytes())
    _commune_keys(read, not_after=to_datetime(read.clock.now()) + timedelta(hours=1))
    read.clock.advance(2 * HOUR)
    read.running["p1"].topics.publisher._states.clear()
    await read.start("tw")
    follow = await taken(read)
    assert follow.chain.sequence >= 2


async def test_what_expired_on_its_way_is_passed_over(read: World) -> None:
    before = read.running["tw"].node.journal.size
    put(read, Forged(world=read, header={"expires": read.clock.now()}).bytes())
    await taken(read)
    assert read.entries("tw")[before:] == []


# -- two histories


async def test_two_histories_stop_a_topic_until_it_begins_anew(read: World) -> None:
    await publish(read, 2)
    await taken(read)
    other = Forged(world=read, place={"number": 2, "first": 2}, records=(RECORD,))
    put(read, other.bytes())
    follow = await taken(read)
    assert follow.forked
    assert read.evidence("tw")[-1] == ("in", "alarm", "event_forked")
    await publish(read, 3)
    assert (await taken(read)).chain.sequence == 2
    await topics(read, "p1").publisher.restart(MOVES)
    await publish(read, 1)
    follow = await taken(read)
    assert (follow.forked, follow.chain.sequence, follow.chain.number) == (False, 1, 1)
    assert follow.chain.id == state(read).chain


async def test_a_chain_that_was_given_up_does_not_come_back(read: World) -> None:
    old = Forged(world=read, records=(RECORD,)).bytes()
    await topics(read, "p1").publisher.restart(MOVES)
    await publish(read, 5, 6)
    await taken(read)
    put(read, old)
    follow = await taken(read)
    assert (follow.chain.id, follow.chain.sequence) == (state(read).chain, 2)


async def test_what_lies_ahead_and_does_not_follow_is_a_fork_in_the_end(read: World) -> None:
    put(read, Forged(world=read, place={"number": 4, "first": 4}, records=(RECORD,)).bytes())
    await taken(read)
    await publish(read, 2, 3)
    follow = await taken(read)
    assert (follow.chain.sequence, list(follow.chain.ahead)) == (3, [4])
    await publish(read, 4)
    assert (await taken(read)).forked
    read.clock.advance(PATIENCE)
    await topics(read).tick()
    assert (await taken(read)).chain.sequence == 4


async def test_a_contradiction_ahead_is_not_jumped_to(read: World) -> None:
    put(read, Forged(world=read, place={"number": 3, "first": 4}, records=(RECORD,)).bytes())
    await publish(read, 2, 3)
    await taken(read)
    follow = await taken(read)
    assert (follow.forked, follow.chain.sequence) == (True, 3)
    assert read.evidence("tw")[-1] == ("in", "alarm", "event_forked")


# -- holes


async def lost(world: World, *lost_: int) -> list[bytes]:
    """Publish events 2 to 6 and take some of them from the stream before anybody reads them."""
    await world.stop("tw")
    for number in range(2, 7):
        await publish(world, number)
    stream = world.broker.streams["TOPIC_01"]
    gone = [message for message in stream.messages if message.sequence - 1 in lost_]
    stream.messages = [message for message in stream.messages if message.sequence - 1 not in lost_]
    await world.start("tw")
    return [message.data for message in gone]


async def test_a_hole_is_waited_for_then_it_is_an_alarm_and_the_rest_goes_on(read: World) -> None:
    await lost(read, 3, 4)
    follow = await taken(read)
    assert (follow.chain.sequence, sorted(follow.chain.ahead)) == (2, [5, 6])
    subscription = topics(read).subscriptions.get(HSO, MOVES)
    assert numbers(subscription) == [1, 2]
    read.clock.advance(PATIENCE - 1)
    await topics(read).tick()
    assert numbers(subscription) == [1, 2]
    read.clock.advance(1)
    await topics(read).tick()
    last = read.entries("tw")[-1]
    assert (last.kind, last.verdict, last.peer) == ("alarm", "events_missing", str(MOVES))
    assert "3 to 4 of VN/PARTY/U1/reg/moves, which were not delivered" in last.detail
    assert subscription.head().sequence == 6
    assert numbers(subscription, after=4) == [5, 6]


async def test_a_hole_that_is_filled_in_time_was_none(read: World) -> None:
    for data in await lost(read, 3, 4):
        put(read, data)
    await reads(topics(read).subscriptions.get(HSO, MOVES), [1, 2, 3, 4, 5, 6])
    assert not [entry_ for entry_ in read.entries("tw") if entry_.kind == "alarm"]


async def test_a_hole_that_is_filled_too_late_is_filled_for_who_reads_it_then(read: World) -> None:
    gone = await lost(read, 3, 4)
    await taken(read)
    read.clock.advance(PATIENCE)
    await topics(read).tick()
    for data in gone:
        put(read, data)
    await reads(topics(read).subscriptions.get(HSO, MOVES), [1, 2, 3, 4, 5, 6])


async def test_a_hole_outlives_a_restart(read: World) -> None:
    await lost(read, 3)
    await taken(read)
    await read.restart("tw")
    follow = await taken(read)
    assert sorted(follow.chain.ahead) == [4, 5, 6]
    read.clock.advance(PATIENCE)
    await topics(read).tick()
    assert topics(read)._receiver.follows[str(MOVES)].chain.sequence == 6


# -- keys


def keys_message(world: World, *, by: OrganId = COMMUNE, pq: bool = False, **fields: object) -> bytes:
    """Keys of an epoch 9 as anyone might make them."""
    record = Keys(epochs=(EpochKey(number=9, key=bytes(32)),)).to_bytes()
    described = world.directory.snapshot.topic(MOVES)
    assert described is not None
    given = {"contents": (content_of(record),), "label": described.label, "conversation": new_id()} | fields
    header = changed(world.header(REGISTRY, MOVES, Kind.EVENT), **given)
    sealed = world.seal(header, by)
    data = world.wrap(sealed, CENTRE, record, pq=pq)
    kid = next(key for key in world.organ(CENTRE).keys if (len(key.public) > 1000) is pq and key.use == "wrap").kid
    return encode_wraps([Wrap(kid=kid, envelope=data)])[0]


async def test_keys_that_the_owner_did_not_seal_are_not_used(read: World) -> None:
    await alarmed(read, keys_message(read, by=MALLORY), "key_unknown")
    assert topics(read)._receiver._keyring.newest(str(MOVES))[1] == 1


async def test_keys_of_another_topic_are_not_used(read: World) -> None:
    await alarmed(read, keys_message(read, receiver=str(SECRET)), "misdirected")


async def test_confidential_keys_under_a_weak_key_are_not_used(country: World) -> None:
    offer(country, label="confidential")
    await subscribed(country)
    await publish(country, 1)
    await taken(country)
    before = country.running["tw"].node.journal.size
    put(country, keys_message(country))
    await taken(country)
    assert [entry_.verdict for entry_ in country.entries("tw")[before:]] == ["key_too_weak"]
    assert topics(country)._receiver._keyring.newest(str(MOVES))[1] == 1


async def test_older_keys_change_nothing(read: World) -> None:
    put(read, keys_message(read))
    await taken(read)
    assert topics(read)._receiver._keyring.newest(str(MOVES))[1] == 9
    before = read.running["tw"].node.journal.size
    put(read, read.broker.streams["TOPIC_01"].messages[0].data)
    await taken(read)
    assert read.running["tw"].node.journal.size == before


# -- when we cannot


async def test_past_its_grace_nothing_is_taken_and_nothing_lost(read: World) -> None:
    read.directory.forced = Standing.STALE
    put(read, Forged(world=read, records=(RECORD,)).bytes())
    await eventually(lambda: read.broker.streams["TOPIC_01"].last == 3)
    assert topics(read)._receiver.follows[str(MOVES)].position == 2
    read.directory.forced = None
    assert (await taken(read)).chain.sequence == 2


async def test_without_room_for_evidence_a_batch_comes_again(read: World) -> None:
    await fill_disk(read.running["tw"])
    put(read, Forged(world=read, records=(event(99, data=b"1" * 100_000).to_bytes(),)).bytes())
    for _ in range(3):
        await eventually(lambda: True)
    assert topics(read)._receiver.follows[str(MOVES)].position == 2
    free_disk(read.running["tw"])
    assert (await taken(read)).chain.sequence == 2


async def test_what_is_kept_is_let_go_of_when_it_has_expired(read: World) -> None:
    term: Millis = 30 * DAY
    read.clock.advance(term)
    await topics(read).tick()
    assert read.running["tw"].node.journal.read("SELECT count(*) FROM topic_block") == [(0,)]
