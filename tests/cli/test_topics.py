"""``lienthong topics``: a topic begins anew, on record, and its readers are told."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from copy import replace
from pathlib import Path

import pytest

from lienthong.cli.main import main
from lienthong.cli.world import World
from lienthong.directory.entries import TopicEntry, TopicGrantEntry
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.run import running
from lienthong.exchange.topics.event import Event
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.identifiers import TopicId
from lienthong.trust.journal import Journal
from tests.support.nationwide import HSO, plan

MOVES = TopicId("VN", "PARTY", "U0", "reg", "moves")
QUIET = TopicId("VN", "PARTY", "U0", "reg", "quiet")
EVENT = Event(schema="moved/1", key="k", data=b"{}")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    """A province with two topics, whose gateway is told to start and stop."""
    made = plan(1)
    topics = tuple(
        TopicEntry(subsystem="reg", code=each.topic, grants=(TopicGrantEntry(to=str(HSO)),)) for each in (MOVES, QUIET)
    )
    organs = [replace(organ, topics=topics) if organ.site == "p1" else organ for organ in made.organs]
    world = World.create(tmp_path / "world", replace(made, organs=organs))
    async with world.carried():
        config = world.config("p1")
        (config.state / "gateway.toml").write_text(config.to_toml())
        yield world


async def restart(world: World, *arguments: str) -> int:
    config = str(world.config("p1").state / "gateway.toml")
    # In a thread, for it has an event loop of its own.
    return await asyncio.to_thread(main, ["--lang", "en", "topics", "restart", "--config", config, *arguments])


def chains(world: World) -> dict[str, tuple[uuid.UUID, int]]:
    """Chain and last event of every topic."""
    journal = Journal.open(world.config("p1").journal, site="p1", clock=SystemClock())
    try:
        rows = journal.read("SELECT topic, chain, sequence FROM topic_state")
        return {topic: (uuid.UUID(bytes=chain), sequence) for topic, chain, sequence in rows}
    finally:
        journal.close()


async def publish(world: World, *topics: TopicId) -> None:
    async with running(world.config("p1")) as gateway:
        for topic in topics:
            await gateway.gateway.topics.publish(topic, [EVENT, EVENT])


async def test_a_topic_begins_anew_on_record_and_only_that_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await publish(world, MOVES, QUIET)
    before = chains(world)
    assert await restart(world, str(MOVES), "--reason", "journal of 3 May restored") == 0
    said = capsys.readouterr().out
    assert said == f"{MOVES} begins anew\nStart the gateway, then publish a snapshot of each.\n"
    after = chains(world)
    assert after[str(QUIET)] == before[str(QUIET)]
    assert after[str(MOVES)][1] == 0
    assert after[str(MOVES)][0] != before[str(MOVES)][0]
    # The gateway goes on with it, and what it seals holds.
    await publish(world, MOVES)
    assert chains(world)[str(MOVES)] == (after[str(MOVES)][0], 2)
    state = world.config("p1").state
    assert main(["evidence", "list", "--state", str(state), "--kind", "state", "--direction", "own"]) == 0
    report = verify(state, world.root.read_bytes(), SystemClock().now())
    assert report.ok
    journal = Journal.open(world.config("p1").journal, site="p1", clock=SystemClock())
    entries = [entry for entry in journal.entries(0, journal.size) if entry.direction == "own"]
    journal.close()
    assert [(entry.organ, entry.kind, entry.detail) for entry in entries] == [
        ("VN/PARTY/U0", "state", f"{MOVES} begins anew: journal of 3 May restored")
    ]


async def test_all_topics_of_the_site(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await publish(world, MOVES)
    assert await restart(world, "--all", "--reason", "x") == 0
    assert capsys.readouterr().out.count("begins anew") == 2
    assert {sequence for _, sequence in chains(world).values()} == {0}


async def test_while_the_gateway_runs_nothing_begins_anew(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(world.config("p1")) as gateway:
        await gateway.gateway.topics.publish(MOVES, [EVENT])
        assert await restart(world, "--all", "--reason", "x") == 1
        assert gateway.gateway.topics.publisher.state(MOVES).sequence == 1  # type: ignore[union-attr]  # published
    assert "Another process has this journal open" in capsys.readouterr().err


async def test_a_topic_that_is_not_here_is_named_and_none_begins_anew(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await publish(world, MOVES)
    before = chains(world)
    for topic, named in (
        ("VN/PARTY/U0/reg/none", "VN/PARTY/U0/reg/none"),
        ("VN/PARTY/A01/hso/moves", "VN/PARTY/A01"),
        ("VN/PARTY/U0", "VN/PARTY/U0"),
    ):
        assert await restart(world, str(MOVES), topic, "--reason", "x") == 1
        assert named in capsys.readouterr().err
    assert chains(world) == before


@pytest.mark.parametrize(
    "arguments", [["--reason", "x"], ["--all", str(MOVES), "--reason", "x"], ["--all"], ["--all", "--reason", " "]]
)
def test_what_is_meant_and_why_must_be_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", "restart", "--config", "none.toml", *arguments]) == 2
    assert "Error" in capsys.readouterr().err


async def test_without_journal_or_directory_it_says_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert await restart(world, "--all", "--reason", "x") == 1
    assert "journal.sqlite" in capsys.readouterr().err
    await publish(world)
    (world.config("p1").directory / "directory.cbor").unlink()
    assert await restart(world, "--all", "--reason", "x") == 1
    assert str(world.config("p1").directory) in capsys.readouterr().err


async def test_a_site_without_topics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World.create(tmp_path / "world", plan(1))
    async with world.carried():
        config = world.config("p1")
        (config.state / "gateway.toml").write_text(config.to_toml())
        await publish(world)
        assert await restart(world, "--all", "--reason", "x") == 0
    assert capsys.readouterr().out == "No organ of this site has a topic.\n"
