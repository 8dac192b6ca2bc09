"""Messages of a conversation reach the application as they were sent, however the carrier brings them."""

import asyncio
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange.errors import MessageHeld
from lienthong.exchange.mail.ordering import HOLD
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import JournalError
from lienthong.trust.header import ReceiptState
from lienthong.trust.seal import header_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, OTHER, World, turns
from tests.support.mail import resend, taken

TALK = uuid.UUID(int=77)


def spoken(world: World, place: int, **fields: object) -> bytes:
    """The envelope of the message at a place of the conversation; its subject is the place."""
    base: dict[str, object] = {
        "conversation": TALK,
        "sequence": place,
        "subject": str(place),
        "expires": world.clock.now() + DAY,
    }
    return world.message(CENTRE, COMMUNE, **base | fields)  # type: ignore[arg-type]  # by name


def handed_over(world: World) -> list[tuple[int, int]]:
    """Place and gap of what the application was told of, in order."""
    return [(item.sequence, item.gap) for site, item in world.arrivals if site == "p1"]


def listed(world: World) -> list[int]:
    return [item.sequence for item in world.running["p1"].mailbox.list(COMMUNE)]


async def come(world: World, *envelopes: bytes) -> None:
    for envelope in envelopes:
        world.post(CENTRE, COMMUNE, envelope)
    await taken(world)


# -- at the sender


async def test_places_are_given_per_receiver_and_conversation(country: World) -> None:
    sender = country.running["tw"].sender
    other = uuid.UUID(int=78)
    await sender.send(country.draft(COMMUNE, OTHER, conversation=TALK))
    await sender.send(country.draft(COMMUNE, conversation=TALK))
    await sender.send(country.draft(COMMUNE, conversation=other))
    await sender.send(country.draft(COMMUNE, conversation=TALK, sender=HSO))
    await country.restart("tw")
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, conversation=TALK))
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    headers = [header_of(entry.seals[0]) for entry in country.entries("tw") if entry.direction == "out"]
    assert [(header.receiver[-2:], header.sequence) for header in headers] == [
        ("U1", 1),
        ("U2", 1),
        ("U1", 2),
        ("U1", 1),
        ("U1", 1),
        ("U1", 3),
        ("U2", 2),
        ("U1", 0),
    ]


async def test_who_speaks_at_the_same_time_is_put_in_a_row(country: World) -> None:
    sender = country.running["tw"].sender
    await asyncio.gather(*(sender.send(country.draft(COMMUNE, conversation=TALK)) for _ in range(8)))
    await eventually(lambda: len(country.arrivals) == 8)
    assert handed_over(country) == [(place, 0) for place in range(1, 9)]


async def test_a_message_that_was_not_recorded_leaves_no_gap(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = country.running["tw"]
    commit = gateway.node.journal.commit

    async def full(entries: object, also: object = ()) -> list[int]:
        if entries:
            raise JournalError("full")
        return await commit(entries, also)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(gateway.node.journal, "commit", full)
    with pytest.raises(JournalError):
        await gateway.sender.send(country.draft(COMMUNE, conversation=TALK))
    monkeypatch.undo()
    await gateway.sender.send(country.draft(COMMUNE, conversation=TALK))
    await eventually(lambda: country.arrivals)
    assert handed_over(country) == [(1, 0)]


# -- at the receiver


async def test_what_overtakes_waits(country: World) -> None:
    second = spoken(country, 2)
    await come(country, second)
    assert handed_over(country) == []
    assert listed(country) == []
    # It is delivered all the same: its sender need not send it again.
    await eventually(lambda: not country.running["p1"].store.due(country.clock.now()))
    assert country.evidence("p1") == [("in", "message", "ok")]
    await come(country, second, spoken(country, 1))
    assert handed_over(country) == [(1, 0), (2, 0)]
    assert listed(country) == [1, 2]


async def test_what_is_held_back_is_not_to_be_had(country: World) -> None:
    message = uuid.uuid4()
    await come(country, spoken(country, 2, id=message))
    mailbox = country.running["p1"].mailbox
    for work in (
        mailbox.open(COMMUNE, message),
        mailbox.view(COMMUNE, message),
        mailbox.accept(COMMUNE, message),
        anext(mailbox.read(COMMUNE, message, 0)),
    ):
        with pytest.raises(MessageHeld, match=str(message)):
            await work


async def test_waiting_goes_on_after_a_restart(country: World) -> None:
    await come(country, spoken(country, 3), spoken(country, 2))
    await country.restart("p1")
    await come(country, spoken(country, 1), spoken(country, 4))
    assert handed_over(country) == [(place, 0) for place in (1, 2, 3, 4)]
    # And the order in which they were handed over is the order in which they are listed.
    await country.restart("p1")
    assert listed(country) == [1, 2, 3, 4]


async def test_waiting_has_an_end_and_the_gap_is_seen(country: World) -> None:
    await come(country, spoken(country, 1), spoken(country, 4), spoken(country, 5), spoken(country, 8))
    receiver = country.running["p1"]._receiver
    country.clock.advance(HOLD - 1)
    await receiver.tend()
    assert handed_over(country) == [(1, 0)]
    country.clock.advance(1)
    await receiver.tend()
    assert handed_over(country) == [(1, 0), (4, 2), (5, 0), (8, 2)]
    gaps = [entry for entry in country.entries("p1") if entry.verdict == "gap"]
    assert [(entry.kind, entry.direction, entry.peer) for entry in gaps] == [("state", "own", str(CENTRE))] * 2
    assert gaps[0].detail == f"2 before place 4 of conversation {TALK} did not come in time"
    # Late is better than never, and said.
    await come(country, spoken(country, 2), spoken(country, 9))
    assert handed_over(country)[4:] == [(2, -1), (9, 0)]
    assert [item.late for item in country.running["p1"].mailbox.list(COMMUNE)] == [False] * 4 + [True, False]


async def test_what_is_refused_holds_up_nothing(country: World) -> None:
    await come(country, spoken(country, 2))
    await come(country, spoken(country, 1, label=Label(Level.SECRET)))
    assert handed_over(country) == [(2, 0)]
    assert ("in", "refusal", "label_above_ceiling") in country.evidence("p1")
    # A refusal of what is not waited for leaves the others waiting.
    await come(country, spoken(country, 4), spoken(country, 5, label=Label(Level.SECRET)))
    assert handed_over(country) == [(2, 0)]


async def test_senders_and_conversations_do_not_wait_for_each_other(country: World) -> None:
    await come(
        country,
        spoken(country, 2),
        spoken(country, 1, conversation=uuid.UUID(int=78)),
        spoken(country, 0, conversation=None),
    )
    await country.running["tw"].sender.send(country.draft(COMMUNE, conversation=TALK, sender=HSO))
    await taken(country)
    assert [item.sequence for _, item in country.arrivals] == [1, 0, 1]


async def test_what_stands_before_an_urgent_message_is_as_urgent(country: World) -> None:
    await come(
        country,
        spoken(country, 0, conversation=None, subject="before"),
        spoken(country, 1),
        spoken(country, 2, urgency=3),
        spoken(country, 3),
    )
    assert [(item.sequence, item.urgency) for item in country.running["p1"].mailbox.list(COMMUNE)] == [
        (1, 0),
        (2, 3),
        (0, 0),
        (3, 0),
    ]


async def test_a_batch_that_could_not_be_recorded_comes_again_in_order(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await come(country, spoken(country, 3))
    gateway = country.running["p1"]
    commit = gateway.node.journal.commit
    failing = [JournalError("full")]

    async def sometimes(entries: object, also: object = ()) -> list[int]:
        if failing:
            raise failing.pop()
        return await commit(entries, also)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(gateway.node.journal, "commit", sometimes)
    await come(country, spoken(country, 2), spoken(country, 1))
    assert not failing
    assert handed_over(country) == [(1, 0), (2, 0), (3, 0)]


async def test_lost_and_sent_again_it_is_in_order(country: World) -> None:
    # The carrier loses the first for good; its sender sends it again after half a minute.
    await country.stop("p1")
    sender = country.running["tw"].sender
    for number in range(3):
        await sender.send(country.draft(COMMUNE, conversation=TALK, data=str(number).encode()))
    country.broker.streams["MAIL_01"].messages.pop(0)
    await country.start("p1")
    await eventually(lambda: len(country.receipts) == 2)
    assert country.arrivals == []
    country.clock.advance(MINUTE)
    assert await resend(country) == 1
    await eventually(lambda: len(country.arrivals) == 3)
    assert handed_over(country) == [(1, 0), (2, 0), (3, 0)]


@given(
    order=st.permutations([1, 1, 2, 2, 3, 3, 4, 4]),
    batches=st.lists(st.integers(1, 4), max_size=4),
    restarts=st.sets(st.integers(0, 3), max_size=1),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_interleaving_of_duplicates_is_handed_over_once_and_in_order(
    country: World, order: list[int], batches: list[int], restarts: set[int]
) -> None:
    talk = uuid.uuid4()
    country.arrivals.clear()
    country.receipts.clear()
    made = {place: spoken(country, place, conversation=talk) for place in (1, 2, 3, 4)}
    for number, size in enumerate([*batches, len(order)]):
        now, order = order[:size], order[size:]
        await come(country, *(made[place] for place in now))
        if number in restarts:
            await country.restart("p1")
    assert handed_over(country) == [(1, 0), (2, 0), (3, 0), (4, 0)]
    mailbox = country.running["p1"].mailbox
    mine = [item for item in mailbox.list(COMMUNE) if item.conversation == talk]
    assert [item.sequence for item in mine] == [1, 2, 3, 4]
    # Nor does it matter how often it is concluded.
    for item in [*mine, *mine]:
        assert (await mailbox.accept(COMMUNE, item.message, key="k")).stands
    await turns(50)
    assert {item.state for item in mailbox.list(COMMUNE) if item.conversation == talk} == {ReceiptState.ACCEPTED}
    accepted = [entry for entry in country.entries("p1") if entry.detail == "accepted"]
    assert len(accepted) % 4 == 0
