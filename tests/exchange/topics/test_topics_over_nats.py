"""Topics over a real server, each site with nothing but its own credential."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lienthong.exchange.topics import publisher as module
from lienthong.exchange.topics.receiver import PATIENCE
from lienthong.exchange.transport.base import Carrier
from lienthong.exchange.transport.errors import CarrierRefused
from lienthong.exchange.transport.provision import Keeping
from lienthong.kernel.errors import LienthongError
from tests.support.carriers import Broker, eventually, running_broker
from tests.support.gateways import BRANCHES, HSO, World, world
from tests.support.topics import MOVES, event, numbers, offer, publish, reads, subscribed, topics

SITES = {"tw": ["tw"], "p1": ["01"], "p2": ["02"]}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with running_broker(tmp_path / "nats") as made:
        await made.provision(*BRANCHES)
        yield made


@pytest.fixture
async def country(tmp_path: Path, broker: Broker) -> AsyncGenerator[World]:
    async def connect(site: str) -> Carrier:
        return await broker.connect(site, SITES[site])

    async with world(tmp_path / "sites") as made:
        made.connect = connect
        for site in ("tw", "p1"):
            await made.start(site)
        yield made


async def test_a_topic_goes_round(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, *range(200))
    await reads(subscription, range(200))
    await subscription.ack(150)
    await country.restart("tw")
    await publish(country, 200)
    await reads(topics(country).subscriptions.get(HSO, MOVES), range(150, 201))


async def test_large_blocks_fit_the_carrier(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await topics(country, "p1").publish(MOVES, [event(n, data=bytes(190_000)) for n in range(10)])
    await eventually(lambda: subscription.head().sequence == 10)


async def test_neither_the_server_nor_an_end_in_the_middle_loses_or_doubles_anything(
    country: World, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    offer(country)
    subscription = await subscribed(country)
    made = topics(country, "p1")
    for start in range(0, 600, 100):
        await made.publish(MOVES, [event(number) for number in range(start, start + 100)])
        if start == 100:
            await broker.kill()
        if start == 300:
            await broker.server.start()
        if start == 400:
            await country.restart("p1")
            made = topics(country, "p1")
    await eventually(lambda: subscription.head().sequence == 600, seconds=30)
    assert numbers(subscription, limit=1000) == list(range(600))


async def test_a_site_cannot_publish_on_anothers_topic(country: World, broker: Broker) -> None:
    offer(country)
    await publish(country, 1)
    carrier = await broker.connect("p2", SITES["p2"])
    for subject in ("topic.01.p1.u1.x", "topic.02.p1.u1.x", "topic.01.p2.u1.x"):
        with pytest.raises(CarrierRefused):
            await carrier.publish_durable(subject, b"", msg_id=subject)
    await carrier.close()


async def test_what_the_server_no_longer_holds_is_told(country: World, broker: Broker) -> None:
    offer(country)
    await publish(country, 1)
    for number in range(2, 6):
        await publish(country, number)
    info = await broker.ask("STREAM.INFO.TOPIC_01")
    assert int(info["state"]["messages"]) == 6
    assert "error" not in await broker.ask("STREAM.UPDATE.TOPIC_01", info["config"] | {"max_msgs": 2, "discard": "old"})
    subscription = await subscribed(country, after=0)
    country.clock.advance(PATIENCE)
    # With the first keys gone nothing opens until the next ones, which bring the old ones along.
    offer(country, str(HSO), "VN/PARTY/A02")
    await publish(country, 6)
    await eventually(lambda: subscription.head().sequence == 6)
    with pytest.raises(LienthongError, match="1 to 5"):
        subscription.read()


async def test_streams_of_topics_are_bounded(broker: Broker) -> None:
    await broker.provision("05", keeping=Keeping(topic_age=700_000, topic_bytes=2048))
    info = await broker.ask("STREAM.INFO.TOPIC_05")
    config = info["config"]
    assert (config["max_age"], config["max_bytes"], config["discard"]) == (700_000 * 10**6, 2048, "new")
    assert config["deny_delete"]
    assert config["deny_purge"]
    carrier = await broker.connect("s5", ["05"])
    await carrier.publish_durable("topic.05.s5.o.t", bytes(1000), msg_id="1")
    with pytest.raises(LienthongError, match="maximum bytes"):
        await carrier.publish_durable("topic.05.s5.o.t", bytes(2000), msg_id="2")
    await carrier.close()
