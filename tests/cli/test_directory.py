"""``lienthong directory``, from a new folder to a published version, as its several key holders use it."""

import asyncio
import functools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lienthong.cli.directory import app
from lienthong.directory.client import sync
from lienthong.directory.errors import DirectoryMissing, DirectoryRefused, NotSigned, RoleKeyError, SourceInvalid
from lienthong.directory.fetchers import CarrierFetcher, FolderFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys, read_publics, write_publics
from lienthong.directory.snapshot import Snapshot
from lienthong.directory.source import read_source, write_source
from lienthong.exchange.transport.permissions import Role
from lienthong.kernel.clock import SystemClock, iso
from lienthong.trust.passphrase import PASSPHRASE_VARIABLE
from tests.support.carriers import running_broker
from tests.support.directories import NOW, new_source, renamed

PASSPHRASE = "correct horse battery"
type Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; what it raises is raised."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(tmp_path / "passphrase"))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """A source folder as ``init`` makes it."""
    assert run("init", tmp_path / "source").exit_code == 0
    return tmp_path / "source"


def _fetched(folder: Path, root: Path) -> Snapshot:
    verified = sync(FolderFetcher(folder), root=root.read_bytes(), known=None, at=SystemClock().now())
    return Indexer().snapshot(verified.facts)


def test_from_a_new_folder_to_a_gateway(folder: Path, run: Run, tmp_path: Path) -> None:
    assert "Signed: branch-centre, branch-north, targets, root" in run("sign", folder).output
    assert (
        "Published version 1 with 2 organs, valid until 20" in run("publish", folder, "--to", tmp_path / "out").output
    )
    snapshot = _fetched(tmp_path / "out", folder / "root.json")
    assert sorted(organ.token for organ in snapshot.organs()) == ["centre", "north"]


def test_what_is_signed_is_not_signed_again(folder: Path, run: Run) -> None:
    run("sign", folder)
    assert "It is all signed as it stands." in run("sign", folder).output


def test_nobody_signs_before_there_is_a_root(folder: Path, run: Run) -> None:
    for choice in (("--branch", "north"), ("--centre",)):
        with pytest.raises(NotSigned, match="there is no root"):
            run("sign", folder, *choice)
    assert not (folder / "signed").exists()
    assert "Signed: branch-centre, branch-north, targets, root" in run("sign", folder).output


def test_a_branch_signs_for_itself(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    run("publish", folder, "--to", tmp_path / "out")
    write_source(folder, renamed(read_source(folder), "north", "New name"))
    assert "Signed: branch-north." in run("sign", folder, "--branch", "north").output
    assert "version 2" in run("publish", folder, "--to", tmp_path / "out").output
    organ = _fetched(tmp_path / "out", folder / "root.json").organ_by_token("north")
    assert organ is not None
    assert organ.name == "New name"


def test_who_the_centre_has_not_admitted_is_not_published(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    path = folder / "branches" / "north.json"
    path.write_text(path.read_text().replace("VN/PARTY/NORTH", "VN/PARTY/POLE"))
    (folder / "groups.toml").write_text("clerks = []\n")
    run("sign", folder, "--branch", "north")
    with pytest.raises(NotSigned, match="VN/PARTY/POLE: the centre has not admitted it"):
        run("publish", folder, "--to", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    run("sign", folder, "--centre")
    assert run("publish", folder, "--to", tmp_path / "out").exit_code == 0


def test_keys_may_be_kept_apart(folder: Path, run: Run, tmp_path: Path) -> None:
    keys = folder / "keys"
    for holder, names in {
        "one": ["root-1"], "two": ["root-2"], "three": ["root-3"], "north": ["branch-north"],
        "centre": ["targets", "branch-centre"], "server": ["snapshot", "timestamp"],
    }.items():  # fmt: skip
        (tmp_path / holder).mkdir()
        for name in names:
            shutil.move(keys / f"{name}.pem", tmp_path / holder)
    with pytest.raises(NotSigned, match="root version 1 lacks 1 more"):
        run("sign", folder, "--root", "--keys", tmp_path / "three")
    with pytest.raises(NotSigned, match="the centre has not signed"):
        run("publish", folder, "--to", tmp_path / "out", "--keys", tmp_path / "server")
    for holder in ("one", "north", "centre"):
        assert "Signed: " in run("sign", folder, "--keys", tmp_path / holder).output
    run("publish", folder, "--to", tmp_path / "out", "--keys", tmp_path / "server")
    assert len(list(_fetched(tmp_path / "out", folder / "root.json").organs())) == 2
    with pytest.raises(RoleKeyError, match="the key of branch-north is not here"):
        run("sign", folder, "--branch", "north")


def test_the_root_rotates(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    run("publish", folder, "--to", tmp_path / "out")
    first = tmp_path / "first-root.json"
    shutil.copy(folder / "root.json", first)
    new = RoleKeys.generate([])
    publics = read_publics(folder)
    write_publics(folder, type(publics)(
        root=new.publics().root, targets=publics.targets, snapshot=publics.snapshot,
        timestamp=publics.timestamp, branches=publics.branches,
    ))  # fmt: skip
    RoleKeys(root=new.root, branches={}).save(tmp_path / "new", PASSPHRASE)
    with pytest.raises(NotSigned, match="root version 2 lacks 2 more"):
        run("sign", folder, "--root", "--keys", tmp_path / "new")
    assert "Signed: root." in run("sign", folder, "--root").output
    run("publish", folder, "--to", tmp_path / "out")
    assert first.read_bytes() != (folder / "root.json").read_bytes()
    for root in (first, folder / "root.json"):
        assert len(list(_fetched(tmp_path / "out", root).organs())) == 2


def test_nobody_publishes_without_the_server_keys(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    (folder / "keys" / "timestamp.pem").unlink()
    with pytest.raises(RoleKeyError, match="the key of timestamp is not here"):
        run("publish", folder, "--to", tmp_path / "out")


def test_where_to_publish_must_be_said(folder: Path, run: Run) -> None:
    run("sign", folder)
    with pytest.raises(SourceInvalid, match="--to FOLDER, or --nats"):
        run("publish", folder)
    with pytest.raises(SourceInvalid, match="Give --creds FILE"):
        run("publish", folder, "--nats", "nats://127.0.0.1:9")


async def test_published_on_the_carrier_it_reaches_a_site(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    async with running_broker(tmp_path / "nats") as broker:
        broker.credential(Role.PUBLISHER, "publisher").write(tmp_path / "publisher.creds")
        arguments = ("publish", folder, "--nats", broker.server.url, "--creds", tmp_path / "publisher.creds")
        for version in (1, 2):
            assert f"version {version}" in (await asyncio.to_thread(run, *arguments)).output
            site = await broker.connect("north", ["north"])
            fetcher = CarrierFetcher(functools.partial(site.kv_get, "directory"), asyncio.get_running_loop())
            follower = Follower(
                fetcher, folder=tmp_path / "site", root=(folder / "root.json").read_bytes(), clock=SystemClock()
            )
            assert await follower.refresh()
            assert follower.snapshot.version == version
            await site.close()
            write_source(folder, renamed(read_source(folder), "north", "New name"))
            await asyncio.to_thread(run, "sign", folder)


def test_keys_stay_out_of_git_and_open_only_with_the_passphrase(folder: Path, run: Run, tmp_path: Path) -> None:
    assert (folder / ".gitignore").read_text() == "/keys/\n"
    (tmp_path / "passphrase").write_text("wrong horse battery")
    with pytest.raises(RoleKeyError) as caught:
        run("sign", folder)
    assert "horse" not in str(caught.value)


def test_a_full_folder_is_left_alone(folder: Path, run: Run) -> None:
    with pytest.raises(SourceInvalid, match="The folder is not empty"):
        run("init", folder)


def test_a_profile_fills_the_folder(run: Run, tmp_path: Path) -> None:
    assert "organs in 35 branches" in run("init", tmp_path / "vn", "--profile", "vn").output
    assert read_source(tmp_path / "vn").instance.profile == "vn"


def test_show_lists_branches_and_one_organ(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    run("publish", folder, "--to", tmp_path / "out")
    for place in (folder, tmp_path / "out"):
        assert "North" in run("show", "--in", place).output
        output = run("show", "VN/PARTY/CENTRE", "--in", place).output
        for part in ("Central office", "registry/lookup", "group:clerks GET /officials/*", "No keys yet"):
            assert part in output
    with pytest.raises(DirectoryMissing, match=r"VN/PARTY/X\. Name an organ"):
        run("show", "VN/PARTY/X", "--in", folder)


def test_show_lists_keys(run: Run, tmp_path: Path) -> None:
    source = new_source((1,))
    kid = source.branches["01"].organs[0].keys[0].value().kid
    write_source(tmp_path, source.revoke(kid, NOW))
    output = run("show", "o01-0", "--in", tmp_path).output
    assert kid.hex() in output
    assert "ES256" in output
    assert iso(NOW) in output


def test_nothing_in_a_name_steers_the_terminal(folder: Path, run: Run) -> None:
    write_source(folder, renamed(read_source(folder), "north", "[red]Name[/red]"))
    assert "[red]Name[/red]" in run("show", "north", "--in", folder).output
    path = folder / "branches" / "north.json"
    path.write_text(path.read_text().replace("[red]Name[/red]", "\\u001b[31mName"))
    with pytest.raises(SourceInvalid, match="name"):
        run("show", "north", "--in", folder)


def test_diff_says_what_changed(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    run("publish", folder, "--to", tmp_path / "out")
    assert run("diff", folder, tmp_path / "out").output == "No difference.\n"
    write_source(folder, renamed(read_source(folder), "north", "New name"))
    result = run("diff", tmp_path / "out", folder)
    assert result.exit_code == 1
    assert result.output == "~ branch north / organ VN/PARTY/NORTH / name: Northern office → New name\n"


def test_what_is_published_is_only_what_was_signed(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    write_source(folder, renamed(read_source(folder), "north", "Not signed yet"))
    run("publish", folder, "--to", tmp_path / "out")
    assert b"Not signed yet" not in Published.load(tmp_path / "out").to_bytes()


def test_altered_signed_files_are_not_published(folder: Path, run: Run, tmp_path: Path) -> None:
    run("sign", folder)
    path = folder / "signed" / "metadata" / "1.branch-north.json"
    role = json.loads(path.read_text())
    role["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(role))
    with pytest.raises(DirectoryRefused, match="branch-north was signed by 0/1 keys"):
        run("publish", folder, "--to", tmp_path / "out")
    assert not (tmp_path / "out").exists()
