"""Urgent before normal: while it is sent, while it waits, and in the list."""

import asyncio
from collections.abc import Sequence
from copy import replace

import pytest

from lienthong.exchange.errors import ExchangeError
from lienthong.exchange.mail import dispatching, publishing
from lienthong.exchange.mail.precedence import Precedence
from lienthong.exchange.transport.base import Outgoing
from lienthong.kernel.clock import MINUTE
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, NEIGHBOUR, OTHER, World, turns
from tests.support.mail import resend


async def test_who_is_less_urgent_gives_way_until_the_other_is_done() -> None:
    precedence = Precedence()
    order: list[str] = []

    async def broadcast() -> None:
        with precedence.sending(0):
            await precedence.give_way(0)
            order.append("broadcast")

    with precedence.sending(2):
        task = asyncio.create_task(broadcast())
        await turns()
        # Neither its like nor itself holds up the urgent one.
        await precedence.give_way(2)
        await precedence.give_way(3)
        order.append("urgent")
    await task
    assert order == ["urgent", "broadcast"]


async def test_a_failed_one_holds_up_nobody() -> None:
    precedence = Precedence()
    with pytest.raises(RuntimeError), precedence.sending(2):
        raise RuntimeError
    await asyncio.wait_for(precedence.give_way(0), 1)


async def test_a_broadcast_does_not_delay_an_urgent_message(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # One receiver a batch, so that a small world has a long broadcast.
    monkeypatch.setattr(dispatching, "MAX_BATCH", 1)
    sender = country.running["tw"].sender
    published: list[int] = []
    carrier = country.running["tw"].node.carrier
    publish_many = carrier.publish_many

    async def watched(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        results = await publish_many(messages)
        published.extend(
            3 if ".a02." in message.subject else 0 for message in messages if message.subject.endswith("a01")
        )
        return results

    monkeypatch.setattr(carrier, "publish_many", watched)
    receivers = (COMMUNE, OTHER, *[replace(COMMUNE, member=f"X{number}") for number in range(3)])
    for each in receivers[2:]:
        organs = {**country.directory.snapshot.indexes.organs, each: replace(country.organ(COMMUNE), id=each)}
        indexes = replace(country.directory.snapshot.indexes, organs=organs)
        country.directory.snapshot = replace(country.directory.snapshot, indexes=indexes)
    broadcast = asyncio.create_task(sender.send(country.draft(*receivers)))
    await eventually(lambda: published)
    urgent = asyncio.create_task(sender.send(country.draft(NEIGHBOUR, urgency=3)))
    await asyncio.gather(broadcast, urgent)
    # The batch that was under way is finished; then the urgent one goes, and then the rest.
    assert 1 <= published.index(3) <= 2
    assert published.count(0) == 5


async def test_what_is_due_goes_out_urgent_first(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    country.broker.stop()
    sender = country.running["tw"].sender
    for urgency in (0, 0, 3, 1):
        await sender.send(country.draft(COMMUNE, urgency=urgency))
        country.clock.advance(1)
    country.broker.start()
    country.clock.advance(MINUTE)
    assert await resend(country) == 4
    await eventually(lambda: len(country.arrivals) == 4)
    assert [item.urgency for _, item in country.arrivals] == [3, 1, 0, 0]


async def test_receipts_are_as_urgent_as_their_message(country: World) -> None:
    await country.running["tw"].sender.send(country.draft(COMMUNE, urgency=2))
    await country.running["tw"].sender.send(country.draft(COMMUNE, urgency=0))
    await eventually(lambda: len(country.receipts) == 2)
    country.broker.stop()
    mailbox = country.running["p1"].mailbox
    for item in reversed(mailbox.list(COMMUNE)):
        await mailbox.accept(COMMUNE, item.message)
    due = country.running["p1"].store.due(country.clock.now())
    assert [item.urgency for item in due] == [2, 0]
