"""Files that nobody has touched for a while: all of them in the end, a bounded number each time, and no young one."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange import leftovers
from lienthong.exchange.errors import StorageFailed
from lienthong.exchange.leftovers import GRACE, Leftovers, is_left_alone, touch


def file(folder: Path, name: str, age: float = GRACE) -> Path:
    path = folder / name
    path.write_bytes(b"")
    at = time.time() - age
    os.utime(path, (at, at))
    return path


def test_only_what_was_left_alone_is_found(tmp_path: Path) -> None:
    old = file(tmp_path, "old")
    young = file(tmp_path, "young", GRACE - 60)
    # As after the machine's clock was put back.
    ahead = file(tmp_path, "ahead", -3600)
    assert Leftovers(tmp_path).next() == [old]
    assert [is_left_alone(path) for path in (old, young, ahead, tmp_path / "none")] == [True, False, False, False]
    touch(old)
    assert Leftovers(tmp_path).next() == []


@given(names=st.sets(st.integers(0, 999).map(str)), at_once=st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_file_comes_once_in_a_round(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("round")
    for name in names:
        file(folder, name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leftovers, "LOOKED_AT", at_once)
        walk = Leftovers(folder)
        for _ in range(2):
            found: list[str] = []
            for _ in range(len(names) // at_once + 1):
                step = [path.name for path in walk.next()]
                assert len(step) <= at_once
                found += step
            assert found == sorted(names)


def test_a_round_goes_on_where_files_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "LOOKED_AT", 2)
    paths = [file(tmp_path, name) for name in "bcde"]
    walk = Leftovers(tmp_path)
    assert walk.next() == paths[:2]
    for path in paths[:3]:
        path.unlink()
    first = file(tmp_path, "a")
    assert walk.next() == paths[3:]
    assert walk.next() == [first, paths[3]]


def test_what_cannot_be_read_or_touched_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        Leftovers(tmp_path / "none").next()
    with pytest.raises(StorageFailed):
        touch(tmp_path / "none")
