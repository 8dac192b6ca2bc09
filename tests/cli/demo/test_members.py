"""The registry of a province that the demo shows."""

import asyncio
from pathlib import Path

import pytest

from lienthong.cli.demo import members


@pytest.mark.slow
def test_members_are_made_and_cleaned_once_and_a_failure_names_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "RECORDS", 300)
    # There is no office here to load them into.
    with pytest.raises(members.RegistryFailed, match="members load: ended with status 1; see") as refused:
        asyncio.run(members.make_registry(tmp_path))
    log = tmp_path / "members" / "members.log"
    assert str(log) in str(refused.value)
    assert str(tmp_path / "office") in log.read_text()
    manifest = tmp_path / "members" / "cleaned" / "manifest.json"
    cleaned = manifest.read_bytes()
    with pytest.raises(members.RegistryFailed):
        asyncio.run(members.make_registry(tmp_path))
    assert manifest.read_bytes() == cleaned
