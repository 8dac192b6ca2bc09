"""The installation's key."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lienthong.office.secret import load_key


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "office"
    key = load_key(state)
    assert len(key) >= 50
    assert load_key(state) == key
    assert stat.S_IMODE((state / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_those_who_start_together_use_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(tmp_path / "office"), range(32)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "office").iterdir()] == ["secret-key"]
