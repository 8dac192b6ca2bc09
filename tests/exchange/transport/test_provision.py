"""Setting up streams and the directory's bucket on a real server."""

from collections.abc import AsyncIterator

import pytest

from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.transport.base import Outgoing
from lienthong.exchange.transport.errors import CarrierFull, CarrierRefused, CredentialInvalid
from lienthong.exchange.transport.permissions import Role
from lienthong.exchange.transport.provision import Keeping, provision, provision_directory
from lienthong.kernel.clock import DAY
from tests.support.carriers import Broker, mail


async def test_provisioning_again_changes_what_is_there(broker: Broker) -> None:
    branches = [f"again{n}" for n in range(3)]
    await broker.provision(*branches)
    carrier = await broker.connect("s", branches)
    await carrier.publish_durable(mail("again0", "s", "again0", "s"), b"", msg_id="kept")
    await broker.provision(*branches, keeping=Keeping(mail_age=7 * DAY))
    info = await broker.ask("STREAM.INFO.MAIL_again0")
    config, state = info["config"], info["state"]
    assert config["max_age"] == 7 * DAY * 10**6
    assert config["deny_delete"] and config["deny_purge"]  # noqa: PT018 - one statement
    assert not config["allow_direct"]
    assert state["messages"] == 1
    await carrier.close()


async def test_provisioning_needs_the_role_and_honest_codes(broker: Broker) -> None:
    site = await broker.connect("s", ["b"])
    with pytest.raises(CarrierRefused):
        await provision(site, ["b"])
    with pytest.raises(CarrierRefused):
        await provision_directory(site)
    with pytest.raises(CredentialInvalid):
        await provision(site, ["b", ">"])
    await site.close()


async def test_provisioning_says_what_the_server_says(broker: Broker) -> None:
    carrier = await broker.connect("provisioner", role=Role.PROVISIONER)
    with pytest.raises(CarrierUnavailable, match=r"MAIL_three|BLOB_three"):
        # One server cannot keep three copies.
        await provision(carrier, ["three"], Keeping(replicas=3))
    await carrier.close()


async def test_a_full_stream_refuses_what_is_new_and_keeps_what_it_has(broker: Broker) -> None:
    keeping = Keeping(blob_bytes=300_000, mail_bytes=100_000)
    await broker.provision("full1", keeping=keeping)
    carrier = await broker.connect("full", ["full1"])
    taken: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(65_552)

    with pytest.raises(CarrierFull, match="maximum bytes"):
        await carrier.put_blob("blob.full1.full.c", chunks(), stored=taken.append)
    assert taken
    kept = [chunk async for chunk in carrier.get_blob("BLOB_full1", "blob.full1.full.c", len(taken))]
    assert kept == [bytes(65_552)] * len(taken)
    subject = mail("full1", "full", "full1", "full")
    results = await carrier.publish_many([Outgoing(subject=subject, data=bytes(20_000), id=f"f{n}") for n in range(10)])
    assert isinstance(results[0], int)
    assert isinstance(results[-1], CarrierFull)
    # With more room it goes on where it was.
    await broker.provision("full1", keeping=Keeping())
    assert await carrier.put_blob("blob.full1.full.c", chunks(), first=len(taken)) == 20 + len(taken)
    await carrier.close()
