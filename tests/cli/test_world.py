"""An exchange in a folder: made, taken up again, adapted to another plan."""

from copy import replace
from pathlib import Path

import pytest

from lienthong.cli.world import World, WorldDamaged
from lienthong.cli.world_plan import Plan
from lienthong.cli.world_source import KEY_TERM, WorldMismatch
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.run import open_keys
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.kernel.clock import DAY, ManualClock, SystemClock
from lienthong.kernel.errors import LienthongError
from lienthong.trust.keys import Algorithm
from tests.support.nationwide import UNITS, plan

SITES = ("tw", "p1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "world"


def without(country: Plan, count: int = 1) -> Plan:
    """The same plan with fewer organs at its end."""
    return replace(country, organs=country.organs[:-count])


def keys(world: World) -> dict[str, list[bytes]]:
    """Organ or site → the public keys that the directory says it has."""
    found: dict[str, list[bytes]] = {}
    for branch in world.source.branches.values():
        found |= {organ.id: [key.public for key in organ.keys] for organ in branch.organs}
        found |= {site.code: [key.public for key in site.keys] for site in branch.sites}
    return found


def active(world: World) -> dict[str, bool]:
    return {organ.id: organ.active for branch in world.source.branches.values() for organ in branch.organs}


# made


def test_every_site_gets_what_its_gateway_needs(folder: Path) -> None:
    world = World.create(folder, plan(3))
    assert World.is_complete(folder)
    for site in SITES:
        home = folder / "sites" / site
        assert (home / "root.json").read_bytes() == world.root.read_bytes() == world.published.root
        for secret in (home / "keys", home / "carrier.creds", folder / "passphrase", folder / "operator.keys"):
            assert secret.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_stores_hold_what_the_directory_names_and_no_more(folder: Path) -> None:
    world = World.create(folder, plan(3))
    listed = keys(world)
    assert {owner: len(each) for owner, each in listed.items()} == {
        "VN/PARTY/A01": 3,
        "VN/PARTY/U0": 3,
        "VN/PARTY/U1": 3,
        "VN/PARTY/U2": 3,
        "tw": 1,
        "p1": 1,
    }
    (only,) = (
        key.value()
        for branch in world.source.branches.values()
        for site in branch.sites
        for key in site.keys[:1]
        if site.code == "tw"
    )
    assert only.algorithm is Algorithm.ES256
    assert len(open_keys(world.config("tw")).kids()) == 1 + 3
    assert len(open_keys(world.config("p1")).kids()) == 1 + 3 * 3


def test_configuration_reads_back_as_it_was_written(folder: Path, tmp_path: Path) -> None:
    world = World.create(folder, plan(1))
    config = world.config("p1", port=8081, services={UNITS: "http://127.0.0.1:1/x"})
    file = tmp_path / "gateway.toml"
    file.write_text(config.to_toml())
    assert GatewayConfig.load(file) == config
    assert config.root == config.state / "root.json"
    assert config.listen == ("127.0.0.1", 8081)
    assert world.config("p1").listen is None


@pytest.mark.parametrize("name", ["sites", "passphrase", "published"])
def test_part_of_a_world_is_not_written_over(folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / name).mkdir()
    with pytest.raises(WorldDamaged, match=f"{name} without root.json"):
        World.create(folder, plan(1))
    assert [path.name for path in folder.iterdir()] == [name]


# taken up again


def test_reopened_it_is_the_same(folder: Path) -> None:
    made = World.create(folder, plan(2))
    (folder / "sites/tw/root.json").unlink()
    again = World.reopen(folder, plan(2))
    assert keys(again) == keys(made)
    assert again.operator.jwt(ManualClock(0)) == made.operator.jwt(ManualClock(0))
    # A site that has lost its copy, or never had one, gets it.
    assert (folder / "sites/tw/root.json").read_bytes() == made.published.root


@pytest.mark.parametrize("count", [1, 3])
def test_other_organs_are_another_world(folder: Path, count: int) -> None:
    World.create(folder, plan(2))
    with pytest.raises(WorldMismatch, match=f"with 3 organs at 2 sites, where {count + 1} at 2 are asked for"):
        World.reopen(folder, plan(count))


def test_organs_elsewhere_are_another_world(folder: Path) -> None:
    country = plan(2)
    World.create(folder, country)
    *others, last = country.organs
    with pytest.raises(WorldMismatch):
        World.reopen(folder, replace(country, organs=[*others, replace(last, site="tw")]))


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("passphrase", WorldDamaged),
        ("root.json", WorldDamaged),
        ("source/instance.toml", LienthongError),
        ("operator.keys", LienthongError),
        ("role-keys/targets.pem", LienthongError),
    ],
)
def test_what_is_missing_is_named(folder: Path, missing: str, error: type[LienthongError]) -> None:
    World.create(folder, plan(1))
    (folder / missing).unlink()
    with pytest.raises(error, match=Path(missing).stem):
        World.reopen(folder, plan(1))


# adapted


def test_organ_that_is_new_gets_keys_and_the_others_keep_theirs(folder: Path) -> None:
    before = keys(World.create(folder, plan(1)))
    now = keys(World.reopen(folder, plan(2), adapt=True))
    assert {owner: now[owner] for owner in before} == before
    assert set(now) - set(before) == {"VN/PARTY/U1"}
    assert len(now["VN/PARTY/U1"]) == 3
    # It is written down: without adapting it is the same now.
    assert keys(World.reopen(folder, plan(2))) == now


def test_organ_that_is_gone_stays_listed_for_its_seals(folder: Path) -> None:
    before = keys(World.create(folder, plan(2)))
    world = World.reopen(folder, plan(1), adapt=True)
    assert keys(world) == before
    assert active(world) == {"VN/PARTY/A01": True, "VN/PARTY/U0": True, "VN/PARTY/U1": False}
    assert active(World.reopen(folder, plan(2), adapt=True))["VN/PARTY/U1"]


def test_keys_near_their_end_get_successors(folder: Path) -> None:
    before = keys(World.create(folder, plan(1)))
    later = ManualClock(SystemClock().now() + KEY_TERM - 29 * DAY)
    now = keys(World.reopen(folder, plan(1), clock=later, adapt=True))
    for owner, known in before.items():
        assert now[owner][: len(known)] == known
        assert len(now[owner]) == 2 * len(known)


def test_adapting_does_not_make_another_instance(folder: Path) -> None:
    World.create(folder, plan(1))
    with pytest.raises(WorldMismatch, match="of the instance VN, not EE"):
        World.reopen(folder, replace(plan(1), instance="EE"), adapt=True)


# carried


async def test_carrier_has_the_directory_and_its_streams(folder: Path) -> None:
    world = World.create(folder, plan(1))
    async with world.carried():
        carrier = await NatsCarrier.connect(world.config("tw").nats, world.config("tw").credential)
        try:
            for name, data in world.published.files().items():
                assert await carrier.kv_get("directory", name) == data
            organ = next(organ for organ in world.plan.organs if organ.site == "p1")
            subject = f"mail.{organ.branch}.{organ.site}.{organ.token}.tw.tw.a01"
            assert await carrier.publish_durable(subject, b"x", msg_id="1") == 1
        finally:
            await carrier.close()
    assert world.nats.pid is None
