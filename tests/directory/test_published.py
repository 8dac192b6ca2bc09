"""One version as a value: as one piece, as a folder, as the files of a mirror."""

from copy import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.directory.client import sync
from lienthong.directory.errors import DirectoryMissing, DirectoryRefused
from lienthong.directory.fetchers import FolderFetcher
from lienthong.directory.publish import build
from lienthong.directory.published import Published, targets_of
from lienthong.directory.signing import RoleKeys
from lienthong.directory.source import Source
from lienthong.kernel import cbor
from lienthong.kernel.clock import HOUR
from tests.support.directories import NOW, clock, renamed

FILES = st.dictionaries(st.text(max_size=20), st.binary(max_size=50), max_size=5)


@given(roots=st.lists(st.binary(max_size=50), min_size=1, max_size=3), roles=FILES, targets=FILES)
def test_as_one_piece_and_back(roots: list[bytes], roles: dict[str, bytes], targets: dict[str, bytes]) -> None:
    published = Published(roots=tuple(roots), roles=roles, targets=targets)
    assert Published.from_bytes(published.to_bytes()) == published


@pytest.mark.parametrize(
    "data",
    [
        b"",
        cbor.encode([1, [b""], {}]),
        cbor.encode([2, [b""], {}, {}]),
        cbor.encode([1, [], {}, {}]),
        cbor.encode([1, ["root"], {}, {}]),
        cbor.encode([1, [b""], {"a": "b"}, {}]),
        cbor.encode([1, [b""], {}, {1: b""}]),
        cbor.encode([1, [b""], [], {}]),
        cbor.encode(7),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(DirectoryRefused, match="not a bundle"):
        Published.from_bytes(data)


def test_cut_short_is_refused(published: Published) -> None:
    data = published.to_bytes()
    for size in range(0, len(data), 997):
        with pytest.raises(DirectoryRefused):
            Published.from_bytes(data[:size])


def test_a_folder_and_back(tmp_path: Path, published: Published) -> None:
    published.save(tmp_path)
    assert Published.load(tmp_path) == published


def test_a_folder_holds_the_newest(tmp_path: Path, published: Published, source: Source, keys: RoleKeys) -> None:
    published.save(tmp_path)
    newer = build(renamed(source, "02", "New name"), keys, clock(NOW + HOUR), published)
    newer.save(tmp_path)
    assert Published.load(tmp_path) == newer
    assert newer.snapshot_version == 2


def test_a_publisher_killed_on_the_way_leaves_the_version_before(
    tmp_path: Path, published: Published, source: Source, keys: RoleKeys
) -> None:
    published.save(tmp_path)
    newer = build(renamed(source, "02", "New name"), keys, clock(NOW + HOUR), published)
    for name, data in newer.since(published).items():
        seen = sync(FolderFetcher(tmp_path), root=published.root, known=None, at=NOW + HOUR)
        assert seen.published == published
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    seen = sync(FolderFetcher(tmp_path), root=published.root, known=published, at=NOW + HOUR)
    assert seen.published == newer


def test_only_what_is_missing_is_written(tmp_path: Path, published: Published) -> None:
    published.save(tmp_path)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.json")}
    published.save(tmp_path)
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.json")} == before


def test_a_folder_without_a_root(tmp_path: Path) -> None:
    with pytest.raises(DirectoryMissing, match="lienthong directory sign"):
        Published.load(tmp_path)


def test_a_folder_with_a_hole(tmp_path: Path, published: Published) -> None:
    published.save(tmp_path)
    (path,) = (tmp_path / "targets").glob("*.common.json")
    path.unlink()
    with pytest.raises(DirectoryRefused, match=r"common.json is missing.*Sign again"):
        Published.load(tmp_path)


def test_files_of_the_same_version_are_not_listed_as_new(published: Published) -> None:
    assert published.since(published) == {}
    assert published.since(None) == published.files()


def test_a_part_has_what_was_asked_for(published: Published) -> None:
    part = published.part(branches=["02"], paths=["common.json"])
    assert part.roles.keys() == {"targets", "snapshot", "timestamp", "branch-02"}
    assert part.targets.keys() == {"common.json"}
    assert part.roots == published.roots


def test_role_files_must_be_readable(published: Published) -> None:
    with pytest.raises(DirectoryRefused, match="branch-01: Failed to deserialize"):
        targets_of("branch-01", b"{}")
    with pytest.raises(DirectoryRefused, match="branch-01: snapshot instead of targets"):
        targets_of("branch-01", published.roles["snapshot"])
    with pytest.raises(DirectoryRefused):
        replace(published, roles={**published.roles, "snapshot": b""}).files()
