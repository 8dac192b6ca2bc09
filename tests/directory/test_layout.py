"""Cutting a source into published files."""

import json

from msgspec.structs import replace as changed

from lienthong.directory.layout import ORGANS_PER_SHARD, split
from tests.support.directories import new_branch, new_organ


def test_files_stay_small_and_hold_every_organ_once() -> None:
    branch = new_branch("79", 70, algorithms=())
    files = split("79", branch)
    organs = [organ["id"] for data in files.values() for organ in json.loads(data).get("organs", [])]
    assert sorted(organs) == sorted(organ.id for organ in branch.organs)
    assert all(path.startswith("branch/79/") for path in files)
    # 70 organs are spread over 16 files: twice as many at most as a file should have.
    assert max(data.count(b'"token"') for data in files.values()) <= 2 * ORGANS_PER_SHARD


def test_an_organ_and_its_site_share_a_file() -> None:
    for data in split("79", new_branch("79", 40, algorithms=())).values():
        shard = json.loads(data)
        assert [organ["token"] for organ in shard["organs"]] == [site["code"] for site in shard["sites"]]


def test_one_more_organ_touches_one_file() -> None:
    branch = new_branch("79", 40, algorithms=())
    more = changed(branch, organs=(*branch.organs, new_organ("79", 999, algorithms=())))
    before, after = split("79", branch), split("79", more)
    assert len([path for path in after if before.get(path) != after[path]]) == 1


def test_an_empty_branch_has_no_files() -> None:
    assert split("79", new_branch("79", 0)) == {}
