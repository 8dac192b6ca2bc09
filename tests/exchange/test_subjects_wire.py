"""What whoever sits on the wire, or at the broker, learns: subjects, sizes and times, and nothing else."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lienthong.exchange import policy
from lienthong.exchange.exchanged import Call
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.mail.draft import Attachment, Draft
from lienthong.exchange.transport.base import Carrier
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import Role
from lienthong.kernel.labels import Label
from tests.support.carriers import eventually, running_broker
from tests.support.gateways import BRANCHES, CENTRE, COMMUNE, HSO, UNITS, Echo, World, world
from tests.support.taps import Tap, tapped
from tests.support.topics import MOVES, SCHEMA, event, offer, subscribed, topics
from tests.support.whole import whole

SITES = {"tw": ["tw"], "p1": ["01"], "p2": ["02"]}
MARK = "zz-hidden-zz"
LABEL = Label.parse(f"confidential/{MARK}")
# What must not be seen: whatever was said, how it is classified, and who is meant within an organ.
HIDDEN = [
    MARK.encode(),
    MARK.encode().hex().encode(),
    b"confidential",
    b"VN/PARTY",
    str(HSO).encode(),
    str(UNITS).encode(),
    str(MOVES).encode(),
    b"moves",
    SCHEMA.encode(),
    b"accept",
    b"x-road",
    b"application/",
    b"text/plain",
]


@pytest.fixture
async def tap(tmp_path: Path) -> AsyncGenerator[tuple[World, Tap, Echo]]:
    """Gateways of two sites with a server between them, and somebody on the wire."""
    echo = Echo(answer=HttpMessage(headers=(("x-said", MARK),), body=MARK.encode() * 30_000))
    async with running_broker(tmp_path / "nats") as broker, world(tmp_path / "sites") as made:
        await broker.provision(*BRANCHES)
        async with tapped(int(broker.server.url.rpartition(":")[2])) as made_tap:

            async def connect(site: str) -> Carrier:
                credential = broker.credential(Role.SITE, site, SITES[site])
                return await NatsCarrier.connect([f"nats://127.0.0.1:{made_tap.port}"], credential)

            made.connect = connect
            made.change(COMMUNE, ceiling=str(LABEL))
            made.change(CENTRE, ceiling=f"top-secret/personnel,{MARK}")
            await made.start("tw")
            await made.start("p1", echo)
            try:
                yield made, made_tap, echo
            finally:
                await made.close()


def asking(path: str, body: bytes) -> Call:
    return Call(
        client=HSO,
        service=UNITS,
        method="POST",
        path=f"{path}?q={MARK}",
        message=HttpMessage(headers=(("accept", MARK), ("x-road-client", str(HSO))), body=body),
        connection=policy.Connection(),
        user=MARK,
        purpose=MARK,
    )


async def test_nothing_but_subjects_sizes_and_times_is_on_the_wire(tap: tuple[World, Tap, Echo]) -> None:
    country, wire, echo = tap
    # Calls: alone, under the session that the first one opened, and with a body that is fetched apart.
    for number in range(3):
        answer = await country.running["tw"].caller.call(asking(f"/{MARK}/{number}", MARK.encode() * number * 40_000))
        assert (await whole(answer.message.body)).startswith(MARK.encode())
    # Mail: inside the envelope, apart on the carrier, refused with a reason, and taken back with one.
    contents = tuple(
        Attachment(name=f"{MARK}.txt", media_type="text/plain", data=MARK.encode() * size) for size in (3, 30_000)
    )
    draft = Draft(sender=CENTRE, receivers=(COMMUNE,), subject=MARK, label=LABEL, purpose=MARK, contents=contents)
    sent = await country.running["tw"].sender.send(draft)
    await eventually(lambda: country.arrivals)
    (_, item), *_ = country.arrivals
    await country.running["p1"].mailbox.refuse(COMMUNE, item.message, reason=MARK)
    await eventually(lambda: (str(COMMUNE), "refused") in country.states())
    await country.running["tw"].sender.recall(sent.message, reason=MARK)
    # Topics.
    offer(country)
    subscription = await subscribed(country)
    await topics(country, "p1").publish(MOVES, [event(1, key=MARK, data=MARK.encode() * 1000)])
    await eventually(lambda: subscription.head().sequence == 1)
    heard = bytes(wire.heard)
    assert echo.calls
    # It was heard, all of it.
    for subject in (b"rpc.01.p1.u1.tw.tw.a01", b"mail.01.p1.u1.tw.tw.a01", b"topic.01.p1.u1.", b"blob.tw.tw."):
        assert subject in heard
    assert len(heard) > 2_000_000
    assert [hidden for hidden in HIDDEN if hidden in heard] == []
