"""Auditing damaged files: cut short, overwritten, flipped bit by bit; always findings, never a traceback."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.trust.audit import Finding, audit_journal
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.merkle import leaf_hash
from tests.support.journals import NOW, damage, entry, keys_of, signer, written

SIGNER = signer()
KEYS = keys_of(SIGNER)
# A minute after the journals were written.
LATER = NOW + 60_000
SIZES = (4, 10, 600)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 605 entries with checkpoints over 4, 10 and 600."""
    path = tmp_path_factory.mktemp("pristine") / "journal.db"
    asyncio.run(written(path, SIGNER, sizes=SIZES, more=5))
    return path


@pytest.fixture
def path(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(pristine, tmp_path / "copy.db"))


def audit(path: Path) -> list[Finding]:
    return audit_journal(path, KEYS, LATER)


def found(path: Path) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in audit(path)]


def stored(path: Path, size: int) -> Checkpoint:
    with closing(sqlite3.connect(path)) as connection:
        root, signed = connection.execute("SELECT root, cose FROM checkpoints WHERE size = ?", (size,)).fetchone()
    return Checkpoint.parse(signed, root)


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    assert found(tmp_path / "none.db") == [("file", "file_unreadable")]
    assert found(tmp_path) == [("file", "file_unreadable")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "what"), [(b"", "not_a_journal"), (b"no database" * 500, "file_unreadable")])
def test_a_file_that_is_no_journal_is_a_finding(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    assert found(path) == [("file", what)]


@pytest.mark.parametrize("sql", ["DELETE FROM journal", "INSERT INTO journal VALUES ('b', 1)", "DROP TABLE journal"])
def test_a_journal_without_its_site_is_a_finding(path: Path, sql: str) -> None:
    damage(path, (sql, ()))
    ((where, what),) = found(path)
    assert where == "file"
    assert what in {"not_a_journal", "file_unreadable"}


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_a_finding(path: Path, part: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    assert {"file_damaged", "file_unreadable"} & {what for _, what in found(path)}


def test_a_missing_index_or_one_that_disagrees_is_a_finding(path: Path) -> None:
    damage(
        path,
        ("PRAGMA writable_schema=ON", ()),
        ("UPDATE sqlite_schema SET sql = replace(sql, '(id)', '(peer)') WHERE name = 'entries_id'", ()),
    )
    assert ("file", "file_damaged") in found(path)


def test_a_page_of_rubbish_is_a_finding_and_the_rest_is_still_read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    # Leave the first leaf pages of the table alone and spoil one in the middle of the file.
    middle = len(data) // size // 2
    assert middle > root
    data[middle * size : (middle + 1) * size] = b"\xff" * size
    path.write_bytes(data)
    findings = found(path)
    assert ("file", "file_damaged") in findings
    assert any(where.startswith(("entr", "file")) for where, _ in findings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
@given(data=st.data())
def test_any_bit_flipped_in_what_was_evidenced_is_found(pristine: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Any bit of any entry or checkpoint as it lies in the file, not only in columns that SQL can reach."""
    content = bytearray(pristine.read_bytes())
    pick = data.draw(st.sampled_from(["entry", "leaf", "cose", "root"]))
    size = data.draw(st.sampled_from(SIZES))
    number = data.draw(st.integers(0, 599))
    checkpoint = stored(pristine, size)
    needle = {
        "entry": entry(number).to_bytes(),
        "leaf": leaf_hash(entry(number).to_bytes()),
        "cose": checkpoint.signed,
        "root": checkpoint.root,
    }[pick]
    start = content.find(needle)
    assert start > 0
    content[start + data.draw(st.integers(0, len(needle) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "flipped.db"
    path.write_bytes(content)
    findings = audit(path)
    where = {f"checkpoint {size}"} if pick in {"cose", "root"} else {f"entry {number}", "file"}
    assert where & {finding.where for finding in findings}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_to_the_file_ends_in_a_traceback(pristine: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(pristine.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.db"
    path.write_bytes(content)
    for finding in audit(path):
        assert finding.where
        assert finding.what
        assert finding.detail
