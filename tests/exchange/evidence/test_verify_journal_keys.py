"""A whole journal, its keys and its directory: what was valid when, and how far the directory reaches."""

import shutil
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.evidence.errors import EvidenceMissing
from lienthong.exchange.evidence.report import Enough, Notes, Report
from lienthong.exchange.evidence.verify import verify
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.trust.audit import MAX_FINDINGS
from tests.support.evidence import DOCUMENT, NOW, SITE, B, Parties, State, call, copy_of, make_state, receipt
from tests.support.journals import damage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path) -> State:
    return copy_of(made, tmp_path / "state")


def verified(state: State, *, now: Millis = NOW + DAY, root: bytes | None = None) -> Report:
    return verify(state.folder, root or state.root, now)


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in report.findings]


# Keys and the directory


def terms(tmp_path: Path, owner: str, **changes: int) -> list[tuple[str, str]]:
    """What is found when a key had another term than at the time of sealing was thought."""
    state = make_state(tmp_path)
    state.parties.change(owner, **changes)
    state.keep(state.parties.publish(NOW + MINUTE))
    return found(verified(state))


def test_a_key_that_had_been_revoked_before_the_entry(tmp_path: Path) -> None:
    assert terms(tmp_path, B, revoked_at=NOW + MINUTE) == [
        ("entry 1, seal 1", "key_not_valid"),
        ("entry 8, seal 0", "key_not_valid"),
    ]


def test_a_key_that_had_ended_before_the_entry(tmp_path: Path) -> None:
    assert terms(tmp_path, B, not_after=NOW + 5 * MINUTE) == [("entry 8, seal 0", "key_not_valid")]


def test_a_key_that_was_not_yet_valid(tmp_path: Path) -> None:
    assert terms(tmp_path, B, not_before=NOW + MINUTE) == [("entry 0, seal 1", "key_not_valid")]


def test_a_key_revoked_after_the_entry_still_proves_it(tmp_path: Path) -> None:
    assert terms(tmp_path, B, revoked_at=NOW + 10 * MINUTE) == []


def test_a_checkpoint_by_a_key_that_had_been_revoked(tmp_path: Path) -> None:
    assert terms(tmp_path, SITE, revoked_at=NOW + 8 * MINUTE) == [("checkpoint 10", "key_not_valid")]


def test_years_later_an_old_directory_still_serves(state: State) -> None:
    assert verified(state, now=NOW + 4000 * DAY).ok


def test_another_root_makes_one_finding(state: State) -> None:
    other = Parties().publish().root
    report = verified(state, root=other)
    assert [where for where, _ in found(report)] == ["directory"]
    assert report.seals == 0


def test_a_missing_directory_makes_one_finding(state: State) -> None:
    shutil.rmtree(state.folder / "directory")
    assert found(verified(state)) == [("directory", "directory_missing")]


def test_damage_is_found_without_a_directory_too(state: State) -> None:
    shutil.rmtree(state.folder / "directory")
    damage(state.journal, ("DELETE FROM entries WHERE idx = 5", ()))
    assert found(verified(state)) == [("directory", "directory_missing"), ("entry 5", "entry_missing")]


def late(tmp_path: Path, days: int) -> Report:
    """The report about a journal whose last entry is so many days after its directory was signed."""
    parties = Parties()
    entries = [replace(receipt(parties, 1), at=NOW + days * DAY)]
    return verified(make_state(tmp_path, parties=parties, entries=entries), now=NOW + 30 * DAY)


def test_evidence_within_the_days_of_grace_is_told(tmp_path: Path) -> None:
    report = late(tmp_path, 4)
    assert report.ok
    assert [each.what for each in report.notices] == ["directory_in_grace"]


def test_evidence_beyond_the_days_of_grace_is_a_defect(tmp_path: Path) -> None:
    assert found(late(tmp_path, 7)) == [("directory", "directory_expired")]


# Contents and bounds


def test_a_document_that_the_journal_names(state: State, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(DOCUMENT)
    (tmp_path / "bad").write_bytes(DOCUMENT + b".")
    report = verify(state.folder, state.root, NOW + DAY, contents=[tmp_path / "good", tmp_path / "bad"])
    assert found(report) == [(str(tmp_path / "bad"), "digest_mismatch")]
    assert report.contents == 2
    with pytest.raises(EvidenceMissing, match="nowhere"):
        verify(state.folder, state.root, NOW + DAY, contents=[tmp_path / "nowhere"])


def test_after_a_thousand_defects_it_stops_looking(tmp_path: Path) -> None:
    parties = Parties()
    empty = replace(call(parties, 0), seals=())
    state = make_state(tmp_path, parties=parties, entries=[empty] * (MAX_FINDINGS + 50))
    report = verified(state, now=NOW + 30 * DAY)
    assert len(report.findings) == MAX_FINDINGS
    assert [each.what for each in report.notices] == ["too_many_findings"]


def test_notices_are_bounded_too() -> None:
    notes = Notes()
    for number in range(MAX_FINDINGS + 1):
        notes.tell(f"entry {number}", "key_unknown", "")
    assert len(notes.notices) == MAX_FINDINGS
    for number in range(MAX_FINDINGS - 1):
        notes.find(f"entry {number}", "seal_invalid", "")
    with pytest.raises(Enough):
        notes.find("entry 0", "seal_invalid", "")
