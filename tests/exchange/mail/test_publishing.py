"""The postman: urgent first, together what is ready together, and never more in hand than fits."""

import asyncio
import secrets
from collections.abc import Sequence

import pytest

from lienthong.exchange.errors import CarrierUnavailable, ExchangeError
from lienthong.exchange.mail import publishing
from lienthong.exchange.mail.items import Outgoing
from lienthong.exchange.mail.joining import Together
from lienthong.exchange.mail.publishing import Postman
from lienthong.exchange.subjects import mail_subject
from lienthong.exchange.transport import base
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, OTHER, World, turns


@pytest.fixture
async def away(country: World) -> World:
    """Only the centre's gateway runs: what it publishes stays in the stream to be looked at."""
    await country.stop("p1")
    return country


def letter(
    world: World, data: bytes = b"\xd8letter", *, urgency: int = 0, together: Together | None = None
) -> Outgoing:
    return Outgoing(
        token=secrets.token_hex(16),
        subject=mail_subject(world.organ(CENTRE), world.organ(COMMUNE)),
        data=data,
        attempts=0,
        message=None,
        expires=1 << 50,
        urgency=urgency,
        together=together,
    )


def postman(world: World) -> Postman:
    gateway = world.running["tw"]
    return Postman(gateway.node, gateway.store)


def carried(world: World) -> list[bytes]:
    return [message.data for message in world.broker.streams["MAIL_01"].messages]


async def test_what_is_ready_in_one_turn_goes_in_one_message(away: World) -> None:
    made = postman(away)
    assert await asyncio.gather(*(made.publish([letter(away)]) for _ in range(5))) == [1] * 5
    assert len(carried(away)) == 1
    assert made.in_hand == set()
    assert await made.publish([]) == 0


async def test_the_most_urgent_goes_first(away: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    monkeypatch.setattr(publishing, "_UNDER_WAY", 1)
    made = postman(away)
    await asyncio.gather(
        *(made.publish([letter(away, b"\xd8%d" % urgency, urgency=urgency)]) for urgency in (0, 1, 2, 3))
    )
    first, second = carried(away)
    assert b"\xd83" in first
    assert b"\xd82" in first
    assert b"\xd81" in second


async def test_those_sealed_together_share_an_envelope_only_if_all_of_them_go(away: World) -> None:
    made = postman(away)
    together = Together(data=b"\xd8all", count=2)
    both = [letter(away, b"\xd8one", together=together), letter(away, b"\xd8two", together=together)]
    assert await made.publish(both) == 2
    assert carried(away) == [b"\xd8all"]
    assert await made.publish([both[0], letter(away, b"\xd8else")]) == 2
    assert b"\xd8one" in carried(away)[1]
    assert b"\xd8all" not in carried(away)[1]


async def test_a_batch_does_not_end_between_those_sealed_together(away: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    together = Together(data=b"\xd8all", count=3)
    assert await postman(away).publish([letter(away, together=together) for _ in range(3)]) == 3
    assert carried(away) == [b"\xd8all"]


async def test_what_is_larger_than_a_message_goes_alone_and_in_vain(away: World) -> None:
    large = letter(away, b"\xd8" + bytes(away.broker.max_payload))
    assert await postman(away).publish([letter(away), large, letter(away)]) == 2


async def test_with_too_much_in_hand_who_brings_more_waits(away: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_WAITING", 3)
    carrier = away.running["tw"].node.carrier
    publish_many, go = carrier.publish_many, asyncio.Event()

    async def slow(messages: Sequence[base.Outgoing]) -> list[int | ExchangeError]:
        await go.wait()
        return await publish_many(messages)

    monkeypatch.setattr(carrier, "publish_many", slow)
    made = postman(away)
    for _ in range(2):
        await made.hand_over([letter(away)])
        await turns(3)
    waiting = [asyncio.ensure_future(made.hand_over([letter(away) for _ in range(3)]))]
    await turns()
    assert not waiting[0].done()
    assert len(made.in_hand) == 5
    go.set()
    await asyncio.gather(*waiting)
    await eventually(lambda: not made.in_hand)


async def test_a_defect_is_logged_and_nobody_waits_for_ever(away: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = postman(away)

    async def broken(_: object) -> list[int | ExchangeError]:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(away.running["tw"].node.carrier, "publish_many", broken)
        assert await made.publish([letter(away)]) == 0
    assert await made.publish([letter(away)]) == 1


async def test_at_the_end_nobody_waits_any_more(away: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = postman(away)

    async def for_ever(_: object) -> list[int | ExchangeError]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(publishing, "_UNDER_WAY", 1)
    monkeypatch.setattr(away.running["tw"].node.carrier, "publish_many", for_ever)
    tasks = [asyncio.create_task(made.publish([letter(away)]))]
    await turns()
    tasks.append(asyncio.create_task(made.publish([letter(away)])))
    await turns()
    await made.close()
    assert await asyncio.gather(*tasks) == [0, 0]
    assert await made.publish([letter(away)]) == 0


async def test_part_of_them_may_fail(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two bags, of two sites; one of them the carrier does not take.
    carrier = country.running["tw"].node.carrier
    publish_many = carrier.publish_many

    async def half(messages: Sequence[base.Outgoing]) -> list[int | ExchangeError]:
        return [CarrierUnavailable("half"), *(await publish_many(messages[1:]))]

    monkeypatch.setattr(carrier, "publish_many", half)
    monkeypatch.setattr("lienthong.exchange.mail.bag.MAX_LETTERS", 1)
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER))
    assert (dispatch.published, dispatch.queued) == (1, 1)
