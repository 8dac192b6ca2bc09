"""Auditing: whatever is altered in a journal file is found, and said where."""

import asyncio
import shutil
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from lienthong.kernel.clock import DAY, ManualClock
from lienthong.trust.audit import MAX_FINDINGS, Finding, audit_journal
from lienthong.trust.checkpoint import Checkpoint, sign_checkpoint
from lienthong.trust.errors import SealInvalid
from lienthong.trust.journal import Journal
from lienthong.trust.merkle import leaf_hash
from tests.support.journals import NOW, SITE, Keys, damage, entry, keys_of, signer, written

SIGNER = signer()
KEYS = keys_of(SIGNER)
# A minute after the journals were written.
LATER = NOW + 60_000
SIZES = (4, 10, 600)
TABLE = ["at", "organ", "direction", "kind", "id", "peer", "verdict"]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 605 entries with checkpoints over 4, 10 and 600."""
    path = tmp_path_factory.mktemp("pristine") / "journal.db"
    asyncio.run(written(path, SIGNER, sizes=SIZES, more=5))
    return path


@pytest.fixture
def path(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(pristine, tmp_path / "copy.db"))


def audit(
    path: Path, *, resolve: Keys = KEYS, now: int = LATER, witnessed: tuple[Checkpoint, ...] = ()
) -> list[Finding]:
    return audit_journal(path, resolve, now, witnessed=witnessed)


def found(path: Path) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in audit(path)]


def stored(path: Path, size: int) -> Checkpoint:
    with closing(sqlite3.connect(path)) as connection:
        root, signed = connection.execute("SELECT root, cose FROM checkpoints WHERE size = ?", (size,)).fetchone()
    return Checkpoint.parse(signed, root)


def test_a_journal_as_it_was_written_has_no_findings(path: Path) -> None:
    before = path.read_bytes()
    seen: list[tuple[int, int]] = []
    assert audit_journal(path, KEYS, LATER, progress=lambda done, total: seen.append((done, total))) == []
    assert seen == [(500, 605), (605, 605)]
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["copy.db"]


def test_a_journal_of_whole_slices_is_read_to_its_end(tmp_path: Path) -> None:
    asyncio.run(written(tmp_path / "journal.db", SIGNER, sizes=(1000,)))
    assert found(tmp_path / "journal.db") == []


async def test_a_live_journal_can_be_audited(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, site=SITE, clock=ManualClock(NOW))
    assert found(path) == []
    await journal.commit([entry(number) for number in range(5)])
    await journal.checkpoint(SIGNER)
    assert found(path) == []
    assert await journal.commit([entry(5)]) == [5]
    journal.close()
    assert found(path) == []


# Entries


@pytest.mark.parametrize("index", [0, 7, 603])
@pytest.mark.parametrize("column", [*TABLE, "leaf", "body"])
def test_a_changed_column_is_found_where_it_is(path: Path, index: int, column: str) -> None:
    value = (
        "at + 1" if column == "at" else f"CAST({column} || 'x' AS {'BLOB' if column in {'leaf', 'body'} else 'TEXT'})"
    )
    damage(path, (f"UPDATE entries SET {column} = {value} WHERE idx = ?", (index,)))  # noqa: S608 - constants
    findings = audit(path)
    assert findings[0].where == f"entry {index}"
    assert findings[0].what == ("columns_differ" if column in TABLE else "entry_altered")
    if column in TABLE:
        assert findings[0].detail == f"table and entry disagree about {column}"
        assert len(findings) == 1


def test_an_entry_rewritten_with_its_hash_is_found_between_two_checkpoints(path: Path) -> None:
    body = entry(7, kind="refusal").to_bytes()
    damage(
        path,
        ("UPDATE entries SET kind = 'refusal', body = ?, leaf = ? WHERE idx = 7", (body, leaf_hash(body))),
    )
    (finding,) = audit(path)
    assert (finding.where, finding.what) == ("checkpoint 10", "checkpoint_differs")
    assert finding.detail == "entries 4 to 9 are not those signed"


def test_two_entries_exchanged_are_found(path: Path) -> None:
    damage(
        path,
        ("UPDATE entries SET idx = -1 WHERE idx = 5", ()),
        ("UPDATE entries SET idx = 5 WHERE idx = 6", ()),
        ("UPDATE entries SET idx = 6 WHERE idx = -1", ()),
    )
    assert found(path) == [("checkpoint 10", "checkpoint_differs")]


@pytest.mark.parametrize(
    ("condition", "where"),
    [("idx = 5", "entry 5"), ("idx = 0", "entry 0"), ("idx BETWEEN 2 AND 501", "entries 2 to 501")],
)
def test_missing_entries_are_named(path: Path, condition: str, where: str) -> None:
    damage(path, (f"DELETE FROM entries WHERE {condition}", ()))  # noqa: S608 - constants
    assert found(path) == [(where, "entry_missing")]


def test_an_entry_too_many_is_found(path: Path) -> None:
    columns = "at, organ, direction, kind, id, peer, verdict, leaf, body"
    damage(path, (f"INSERT INTO entries SELECT -7, {columns} FROM entries WHERE idx = 3", ()))  # noqa: S608 - constants
    assert found(path) == [("entry -7", "entry_altered")]


def test_an_entry_that_cannot_be_read_is_found(path: Path) -> None:
    damage(path, ("UPDATE entries SET body = x'80', leaf = ? WHERE idx = 603", (leaf_hash(b"\x80"),)))
    (finding,) = audit(path)
    assert (finding.where, finding.what) == ("entry 603", "entry_altered")
    assert "not a journal entry" in finding.detail


def test_what_lies_in_the_future_is_found(pristine: Path) -> None:
    findings = [(each.where, each.what) for each in audit_journal(pristine, KEYS, NOW + 500)]
    assert findings == [("checkpoint 10", "in_the_future"), ("checkpoint 600", "in_the_future")]
    findings = [(each.where, each.what) for each in audit_journal(pristine, KEYS, NOW - 1)]
    assert findings[0] == ("entry 0", "in_the_future")
    assert len(findings) == 605 + 3


def test_seals_are_checked_as_of_the_time_of_their_entry(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def write() -> None:
        journal = Journal.open(path, site=SITE, clock=ManualClock(NOW))
        await journal.commit([entry(0, seals=[b"good"]), entry(1, at=NOW + 1, seals=[b"good", b"bad"])])
        journal.close()

    def check(sealed: bytes, at: int) -> None:
        checked.append((sealed, at))
        if sealed == b"bad":
            raise SealInvalid("by nobody")

    asyncio.run(write())
    checked: list[tuple[bytes, int]] = []
    (finding,) = audit_journal(path, KEYS, LATER, check_seal=check)
    assert checked == [(b"good", NOW), (b"good", NOW + 1), (b"bad", NOW + 1)]
    assert (finding.where, finding.what) == ("entry 1, seal 1", "seal_invalid")
    assert "by nobody" in finding.detail
    assert audit(path) == []


def test_values_of_a_type_that_no_column_has_are_found(path: Path) -> None:
    damage(
        path,
        ("PRAGMA writable_schema=ON", ()),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')", ()),
    )
    damage(
        path,
        ("UPDATE entries SET body = 'text' WHERE idx = 2", ()),
        ("UPDATE entries SET leaf = 7 WHERE idx = 3", ()),
        ("UPDATE entries SET at = 'now' WHERE idx = 5", ()),
        ("UPDATE checkpoints SET root = 7 WHERE size = 10", ()),
    )
    findings = found(path)
    assert {(f"entry {index}", "entry_altered") for index in (2, 3)} < set(findings)
    assert ("entry 5", "columns_differ") in findings
    assert ("checkpoint 10", "seal_invalid") in findings


# Checkpoints


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE checkpoints SET at = at + 1 WHERE size = 10", "columns_differ"),
        ("UPDATE checkpoints SET root = zeroblob(32) WHERE size = 10", "seal_invalid"),
        ("UPDATE checkpoints SET root = x'00' WHERE size = 10", "seal_invalid"),
        ("UPDATE checkpoints SET cose = x'00' WHERE size = 10", "seal_invalid"),
    ],
)
def test_an_altered_checkpoint_is_found(path: Path, sql: str, what: str) -> None:
    damage(path, (sql, ()))
    assert found(path) == [("checkpoint 10", what)]


@pytest.mark.parametrize("size", [-3, 11, 9000])
def test_a_checkpoint_moved_to_another_size_is_found(path: Path, size: int) -> None:
    damage(path, ("UPDATE checkpoints SET size = ? WHERE size = 10", (size,)))
    assert found(path) == [(f"checkpoint {size}", "columns_differ")]


def test_keys_are_judged_by_the_time_of_the_checkpoint(path: Path) -> None:
    stranger = audit(path, resolve=Keys())
    assert [(each.where, each.what) for each in stranger] == [(f"checkpoint {size}", "key_unknown") for size in SIZES]
    short = signer(until=NOW + 1000)
    asyncio.run(written(path.with_name("short.db"), short, sizes=(3,)))
    assert audit(path.with_name("short.db"), resolve=keys_of(short), now=NOW + 10 * DAY) == []


@pytest.mark.parametrize("kept", [605 - 6, 10, 0])
def test_a_truncated_journal_is_found_by_its_checkpoints(path: Path, kept: int) -> None:
    damage(path, ("DELETE FROM entries WHERE idx >= ?", (kept,)))
    expected = [(f"checkpoint {size}", "journal_truncated") for size in SIZES if size > kept]
    assert found(path) == expected


def test_witnesses_find_what_was_cut_back_with_its_checkpoints(path: Path, pristine: Path) -> None:
    witnessed = tuple(stored(pristine, size) for size in (600, 4))
    assert audit(path, witnessed=witnessed) == []
    damage(path, ("DELETE FROM entries WHERE idx >= 10", ()), ("DELETE FROM checkpoints WHERE size > 10", ()))
    assert audit(path) == []
    (finding,) = audit(path, witnessed=witnessed)
    assert (finding.where, finding.what) == ("witnessed checkpoint 600", "journal_truncated")


def test_witnesses_find_a_history_that_was_rewritten_and_signed_again(tmp_path: Path, pristine: Path) -> None:
    async def rewrite() -> None:
        journal = Journal.open(tmp_path / "journal.db", site=SITE, clock=ManualClock(NOW))
        await journal.commit([entry(number + 1) for number in range(4)])
        await journal.checkpoint(SIGNER)
        journal.close()

    asyncio.run(rewrite())
    assert audit(tmp_path / "journal.db") == []
    (finding,) = audit(tmp_path / "journal.db", witnessed=(stored(pristine, 4),))
    assert (finding.where, finding.what) == ("witnessed checkpoint 4", "checkpoint_differs")
    assert finding.detail == "entries 3 to 3 are not those signed"


def insert(path: Path, made: Checkpoint) -> None:
    damage(
        path, ("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", (made.size, made.at, made.root, made.signed))
    )


def test_a_checkpoint_of_another_site_is_found(path: Path) -> None:
    old = stored(path, 10)
    insert(path, sign_checkpoint(site="site-b", size=10, root=old.root, at=old.at, signer=SIGNER))
    (finding,) = audit(path)
    assert (finding.where, finding.what) == ("checkpoint 10", "checkpoint_differs")
    assert "'site-b'" in finding.detail


def test_a_checkpoint_older_than_a_shorter_one_is_found(path: Path) -> None:
    old = stored(path, 10)
    insert(path, sign_checkpoint(site=SITE, size=10, root=old.root, at=NOW - 1, signer=SIGNER))
    assert found(path) == [("checkpoint 10", "checkpoint_order")]


def test_a_checkpoint_over_nothing_is_compared_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(written(path, SIGNER, sizes=(0, 3)))
    assert found(path) == []
    insert(path, sign_checkpoint(site=SITE, size=0, root=bytes(32), at=NOW, signer=SIGNER))
    assert found(path) == [("checkpoint 0", "checkpoint_differs")]


# Bounds


def test_findings_end_somewhere(path: Path) -> None:
    damage(path, ("UPDATE entries SET leaf = zeroblob(32), kind = 'x'", ()))
    findings = audit(path)
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].what == "too_many_findings"


def test_memory_stays_the_same_however_long_the_journal_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def write() -> None:
        journal = Journal.open(path, site=SITE, clock=ManualClock(NOW))
        for _ in range(20):
            await journal.commit([entry(0, seals=[bytes(20_000)])] * 100)
        journal.close()

    asyncio.run(write())
    tracemalloc.start()
    findings = audit(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert findings == []
    # The journal holds 40 MB of seals.
    assert peak < 4_000_000
