"""Gateways put together from their configuration, over a real server that may be killed at any time."""

import asyncio
import json
import os
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from copy import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.errors import DirectoryMissing
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.snapshot import Standing
from lienthong.exchange import gateway as gateway_module
from lienthong.exchange import policy, run
from lienthong.exchange.config import ConfigInvalid
from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.exchanged import Answer, Call
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.http_client import fetch
from lienthong.exchange.mail.sender import Attachment, Draft
from lienthong.exchange.run import open_keys, running
from lienthong.kernel.clock import DAY, HOUR
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.audit import audit_journal
from lienthong.trust.errors import JournalError, KeyStoreError
from lienthong.trust.passphrase import PASSPHRASE_VARIABLE
from tests.support.carriers import eventually
from tests.support.nationwide import CENTRE, HSO, UNITS, Nation, communes, nation


@pytest.fixture
async def country(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Nation]:
    """A real server and what it takes to run two gateways; background work is quick."""
    monkeypatch.setattr(gateway_module, "RESEND_EVERY", 0.05)
    monkeypatch.setattr(run, "REFRESH_EVERY", 0.05)
    async with nation(tmp_path) as made:
        yield made


async def ask(gateway: Gateway, path: str = "/open/a") -> Answer:
    message = HttpMessage(headers=(), body=b"")
    connection = policy.Connection()
    return await gateway.caller.call(
        Call(client=HSO, service=UNITS, method="GET", path=path, message=message, connection=connection)
    )


def draft(*receivers: OrganId, size: int = 10, subject: str = "s") -> Draft:
    content = Attachment(name="a", media_type="text/plain", data=b"x" * size)
    return Draft(sender=CENTRE, receivers=receivers, subject=subject, contents=(content,))


async def test_gateways_run_from_their_configuration(country: Nation) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        assert (await ask(tw.gateway)).message.body == b"hi"
        assert country.service.asked == [b"GET /open/a HTTP/1.1"]
        dispatch = await tw.gateway.sender.send(draft(*communes(3), size=10_000))
        await eventually(lambda: len(country.receipts) == 3)
        letter = await p1.gateway.mailbox.open(communes(3)[1], dispatch.message)
        assert letter.contents[0].data == b"x" * 10_000
        assert p1.url is None
        headers = (("x-road-client", str(HSO)),)
        reply = await fetch(f"{tw.url}/r1/{UNITS}/open/b?x=1", headers)
        assert (reply.status, reply.body) == (200, b"hi")
        reply = await fetch(f"{tw.url}/r1/{UNITS}/closed", headers)
        assert reply.header("x-road-error") == "Server.ServerProxy.AccessDenied"
        assert json.loads(reply.body)["type"] == "Server.ServerProxy.AccessDenied"
        reply = await fetch(f"{tw.url}/v1/status")
        assert json.loads(reply.body)["carrier_connected"] is True
    # The head was signed at the end, and the whole journal holds.
    for site in ("tw", "p1"):
        snapshot = tw.follower.snapshot
        keys = {key.kid: key for each in snapshot.sites() for key in each.keys}
        assert audit_journal(country.world.config(site).journal, keys.__getitem__, country.clock.now()) == []


async def test_nats_gone_in_the_middle_of_a_call(country: Nation) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        assert (await ask(tw.gateway)).status == 200
        country.service.free.clear()
        call = asyncio.create_task(ask(tw.gateway, "/open/b"))
        await eventually(lambda: len(country.service.asked) == 2)
        await country.kill_nats()
        with pytest.raises(CarrierUnavailable):
            await asyncio.wait_for(call, 10)
        with pytest.raises(CarrierUnavailable):
            await ask(tw.gateway)
        reply = await fetch(f"{tw.url}/r1/{UNITS}/open/c", (("x-road-client", str(HSO)),))
        assert (reply.status, reply.header("x-road-error")) == (500, "Server.ClientProxy.NetworkError")
        country.service.free.set()
        await country.world.nats.start()
        await eventually(lambda: tw.carrier.connected and p1.carrier.connected)
        assert (await ask(tw.gateway)).status == 200
        verdicts = [entry.verdict for entry in tw.gateway.node.journal.entries(0, 10)]
        assert verdicts == ["ok", "carrier_unavailable", "carrier_unavailable", "carrier_unavailable", "ok"]


async def test_nats_gone_in_the_middle_of_a_broadcast(country: Nation) -> None:
    organs = communes(3)
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        messages: list[uuid.UUID] = []

        async def broadcast() -> None:
            for number in range(60):
                dispatch = await tw.gateway.sender.send(draft(*organs, subject=str(number)))
                messages.append(dispatch.message)

        work = asyncio.create_task(broadcast())
        await eventually(lambda: len(country.receipts) > 20)
        await country.kill_nats()
        # What is sent now is acknowledged as well: it is durable here.
        await asyncio.wait_for(work, 30)
        assert len(messages) == 60
        await country.world.nats.start()
        await eventually(lambda: tw.carrier.connected and p1.carrier.connected)
        country.clock.by += HOUR
        await eventually(lambda: tw.gateway.store.waiting() == 0, seconds=30)
        expected = Counter((message, str(organ)) for message in messages for organ in organs)
        assert Counter((item.message, item.receiver) for item in country.arrivals) == expected
        for message in messages:
            assert [item.receiver for item in tw.gateway.store.receipts(message)] == list(map(str, organs))
        alarms = [entry for entry in p1.gateway.node.journal.entries(0, 10_000) if entry.verdict != "ok"]
        assert alarms == []


async def test_gateways_that_end_in_the_middle_go_on_where_they_were(country: Nation) -> None:
    organs = communes(3)
    async with country.gateway("tw") as tw:
        async with country.gateway("p1"):
            first = await tw.gateway.sender.send(draft(*organs))
            await eventually(lambda: len(country.receipts) == 3)
        second = await tw.gateway.sender.send(draft(*organs))
    async with country.gateway("p1") as p1:
        await eventually(lambda: len(country.arrivals) == 6)
        async with country.gateway("tw") as tw:
            await eventually(lambda: len(country.receipts) == 6)
            assert tw.gateway.store.waiting() == 0
            # A call with the sessions of a gateway that is no more.
            assert (await ask(tw.gateway)).status == 200
        assert {item.message for item in country.arrivals} == {first.message, second.message}
        assert len(p1.gateway.mailbox.list(organs[0])) == 2


# -- the directory


async def published(country: Nation, version: Published) -> None:
    country.world.published = version
    await country.world.publish()


async def test_a_new_directory_is_taken_and_an_old_one_is_not(
    country: Nation, caplog: pytest.LogCaptureFixture
) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        old = country.world.published
        branch = country.world.source.branches["01"]
        organ = branch.organs[0]
        closed = changed(organ, services=(changed(organ.services[0], grants=()),))
        source = replace(
            country.world.source,
            branches={**country.world.source.branches, "01": changed(branch, organs=(closed, *branch.organs[1:]))},
        )
        await published(country, build(source, country.world.keys, country.clock, old))
        await eventually(lambda: not (p1.follower.snapshot.service(UNITS) or closed).grants)  # type: ignore[union-attr]  # by name
        version = p1.follower.snapshot.version
        await eventually(lambda: tw.follower.snapshot.version == version)
        with pytest.raises(Exception, match="No grant"):
            await ask(tw.gateway)
        # Rolled back, as by somebody who has the server: the gateways go on by what they have seen.
        caplog.clear()
        await published(country, old)
        await eventually(lambda: "rolled back" in caplog.text.lower() or "older" in caplog.text.lower())
        assert p1.follower.snapshot.version == tw.follower.snapshot.version == version
        with pytest.raises(Exception, match="No grant"):
            await ask(tw.gateway)
    # Nor after a restart.
    async with country.gateway("tw") as tw:
        assert tw.follower.snapshot.version == version


async def test_without_news_it_goes_on_in_grace_and_then_no_more(country: Nation) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        dispatch = await tw.gateway.sender.send(draft(communes(1)[0]))
        await eventually(lambda: country.receipts)
        country.clock.by = 3 * DAY + HOUR
        assert p1.follower.standing() is Standing.GRACE
        assert (await ask(tw.gateway)).status == 200
        country.clock.by = 6 * DAY + HOUR
        assert p1.follower.standing() is Standing.STALE
        with pytest.raises(Exception, match="too old"):
            await ask(tw.gateway)
        refused = (await tw.gateway.sender.send(draft(communes(1)[0]))).refused
        assert [error.code for error in refused.values()] == ["directory_stale"]
        assert p1.gateway.mailbox.list(communes(1)[0])[0].message == dispatch.message


async def test_without_any_directory_it_does_not_start(country: Nation, tmp_path: Path) -> None:
    config = replace(country.world.config("tw"), root=tmp_path / "none.json")
    with pytest.raises(ConfigInvalid, match="No such file"):
        async with running(config):
            pass
    other = tmp_path / "other"
    async with nation(other, 1) as elsewhere:
        config = replace(country.world.config("tw"), root=elsewhere.world.root)
        with pytest.raises(DirectoryMissing):
            async with running(config):
                pass
    # It has let go of everything: with the right root it starts.
    async with country.gateway("tw"):
        pass


# -- keys and journal


async def test_a_gateway_with_a_damaged_journal_does_not_start(country: Nation) -> None:
    async with country.gateway("p1"), country.gateway("tw") as tw:
        for _ in range(3):
            await ask(tw.gateway)
    journal = country.world.config("p1").journal
    data = bytearray(journal.read_bytes())
    data[: len(data) // 2] = os.urandom(len(data) // 2)
    journal.write_bytes(bytes(data))
    with pytest.raises(JournalError):
        async with country.gateway("p1"):
            pass


async def test_without_a_site_key_there_are_no_checkpoints(country: Nation, caplog: pytest.LogCaptureFixture) -> None:
    async with country.gateway("tw") as tw:
        assert tw.gateway.signer is not None
    country.clock.by = 1000 * DAY
    # The copy of the directory is good for nothing any more, but it says so, and the gateway can be looked at.
    async with country.gateway("tw") as tw:
        assert tw.gateway.signer is None
        assert tw.follower.standing() is Standing.STALE
    assert "gets no checkpoints" in caplog.text


async def test_the_passphrase_comes_from_a_file_or_is_asked_for(
    country: Nation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = country.world.config("tw")
    kids = open_keys(config).kids()
    assert kids
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(config.passphrase_file))
    assert open_keys(replace(config, passphrase_file=None)).kids() == kids
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase")
    with pytest.raises(KeyStoreError):
        open_keys(replace(config, passphrase_file=wrong))


async def test_without_a_server_it_says_so(country: Nation) -> None:
    await country.kill_nats()
    with pytest.raises(CarrierUnavailable):
        async with country.gateway("tw"):
            pass
    await country.world.nats.start()
    async with country.gateway("tw"):
        pass
