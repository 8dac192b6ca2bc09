"""A topic from its publisher to its readers, over a carrier in memory."""

from tests.support.gateways import World
from tests.support.topics import offer, publish, reads, subscribed


async def test_what_is_published_is_read_in_order(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1, 2, 3)
    await publish(country, 4)
    await reads(subscription, [1, 2, 3, 4])
    await subscription.ack(3)
    await reads(subscription, [4])
