"""The journal: durable when it says so, all or nothing, and the same tree after every restart."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.kernel.clock import ManualClock
from lienthong.trust.audit import audit_journal
from lienthong.trust.checkpoint import verify_receipt
from lienthong.trust.errors import EvidenceInvalid, JournalError, KeyUnknown
from lienthong.trust.journal import Entry, EntryUnknown, Journal
from lienthong.trust.journal_writer import Writer
from lienthong.trust.merkle import EMPTY_ROOT, Frontier, check_consistency, check_inclusion, leaf_hash
from tests.support.journals import NOW, SITE, damage, entry, keys_of, signer

REPLAYS = "CREATE TABLE IF NOT EXISTS replays (id TEXT PRIMARY KEY)"
REMEMBER = "INSERT INTO replays VALUES (?)"
SIGNER = signer()


def opened(path: Path, *, site: str = SITE, at: int = NOW) -> Journal:
    return Journal.open(path, site=site, clock=ManualClock(at))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    journal.ensure(REPLAYS)
    yield journal
    journal.close()


def consistent(journal: Journal) -> bool:
    """Whether tree, table and other tables tell the same."""
    frontier = Frontier()
    for each in journal.entries(0, journal.size):
        frontier.append(leaf_hash(each.to_bytes()))
    ((count,),) = journal.read("SELECT count(*) FROM entries")
    return count == journal.size == frontier.size and journal.root() == frontier.root()


# Entries


@given(
    at=st.integers(0, 2**62),
    texts=st.lists(st.text(max_size=20), min_size=9, max_size=9),
    digests=st.lists(st.binary(max_size=40), max_size=4),
    seals=st.lists(st.binary(max_size=40), max_size=4),
)
def test_an_entry_comes_back_as_it_was(at: int, texts: list[str], digests: list[bytes], seals: list[bytes]) -> None:
    names = ("organ", "direction", "kind", "id", "peer", "label", "purpose", "verdict", "detail")
    one = Entry(at=at, digests=tuple(digests), seals=tuple(seals), **dict(zip(names, texts, strict=True)))
    assert Entry.from_bytes(one.to_bytes()) == one


GOOD = cbor.decode(entry(1, seals=[b"seal"]).to_bytes())


@pytest.mark.parametrize(
    "values",
    [
        {},
        [],
        [2, *GOOD[1:]],
        GOOD[:11],
        [1, "now", *GOOD[2:]],
        [1, -1, *GOOD[2:]],
        [1, True, *GOOD[2:]],
        [*GOOD[:5], b"id", *GOOD[6:]],
        [*GOOD[:11], 3, *GOOD[12:]],
        [*GOOD[:12], "digest"],
    ],
)
def test_what_is_not_an_entry_is_refused(values: object) -> None:
    with pytest.raises(EvidenceInvalid):
        Entry.from_bytes(cbor.encode(values))


def test_an_entry_in_another_encoding_is_refused() -> None:
    # The same array with its length in a longer form.
    data = entry().to_bytes()
    with pytest.raises(EvidenceInvalid, match=r"form|encoding"):
        Entry.from_bytes(b"\x98" + bytes([data[0] & 0x1F]) + data[1:])


# Committing


async def test_committed_entries_are_numbered_and_read_back(journal: Journal) -> None:
    assert journal.size == 0
    assert journal.root() == EMPTY_ROOT
    assert await journal.commit([entry(0), entry(1)]) == [0, 1]
    assert await journal.commit([entry(1, kind="response")]) == [2]
    assert await journal.commit([]) == []
    assert journal.size == 3
    assert journal.entry(1) == entry(1)
    assert journal.entries(1, 9) == [entry(1), entry(1, kind="response")]
    assert journal.find(entry(1).id) == [1, 2]
    assert journal.find("unknown") == []
    assert consistent(journal)


async def test_many_tasks_share_few_transactions(journal: Journal) -> None:
    statements: list[str] = []
    journal._file.writer.set_trace_callback(statements.append)
    indexes = await asyncio.gather(*(journal.commit([entry(number)]) for number in range(500)))
    assert sorted(index for (index,) in indexes) == list(range(500))
    assert [journal.entry(index).detail for (index,) in indexes[:3]] == ["number 0", "number 1", "number 2"]
    assert statements.count("COMMIT") < 50
    assert consistent(journal)


async def test_the_tree_is_the_same_after_reopening(journal: Journal, path: Path) -> None:
    await journal.commit([entry(number) for number in range(100)])
    root = journal.root()
    journal.close()
    again = opened(path)
    assert (again.size, again.root(), again.root(50)) == (100, root, journal.root(50))
    assert await again.commit([entry(100)]) == [100]
    check_consistency(100, root, 101, again.root(), again.consistency(100))
    assert consistent(again)
    again.close()


async def test_proofs_hold_for_every_size_reached(journal: Journal) -> None:
    await journal.commit([entry(number) for number in range(20)])
    leaf = leaf_hash(journal.entry(7).to_bytes())
    check_inclusion(leaf, 7, 20, journal.inclusion(7), journal.root())
    check_inclusion(leaf, 7, 9, journal.inclusion(7, 9), journal.root(9))
    for proof in (lambda: journal.root(21), lambda: journal.inclusion(7, 21), lambda: journal.consistency(7, 21)):
        with pytest.raises(EvidenceInvalid, match="no list of 21"):
            proof()


async def test_what_the_tree_has_beyond_the_durable_is_not_proved(journal: Journal) -> None:
    await journal.commit([entry(0)])
    # As if the writer were in the middle of adding a batch.
    journal._tree.append(leaf_hash(b"not yet durable"))
    assert journal.root() == leaf_hash(entry(0).to_bytes())
    assert journal.inclusion(0) == []


async def test_other_tables_change_with_the_entries_or_not_at_all(journal: Journal) -> None:
    await journal.commit([entry(0)], [(REMEMBER, ("a",))])
    with pytest.raises(sqlite3.IntegrityError):
        await journal.commit([entry(1), entry(2)], [(REMEMBER, ("b",)), (REMEMBER, ("a",))])
    assert journal.read("SELECT id FROM replays") == [("a",)]
    assert journal.size == 1
    assert consistent(journal)


async def test_a_broken_constraint_fails_its_unit_alone(journal: Journal) -> None:
    names = ["a", "b", "a", "c", "b", "d"]
    results = await asyncio.gather(
        *(journal.commit([entry(number)], [(REMEMBER, (name,))]) for number, name in enumerate(names)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [
        list, list, sqlite3.IntegrityError, list, sqlite3.IntegrityError, list,
    ]  # fmt: skip
    assert [index for result in results if isinstance(result, list) for index in result] == [0, 1, 2, 3]
    assert [each.detail for each in journal.entries(0, 9)] == ["number 0", "number 1", "number 3", "number 5"]
    assert consistent(journal)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (("INSERT INTO nowhere VALUES (1)", ()), sqlite3.OperationalError),
        (("not sql", ()), sqlite3.OperationalError),
        ((REMEMBER, ()), sqlite3.ProgrammingError),
        ((REMEMBER, (object(),)), sqlite3.ProgrammingError),
        ((REMEMBER, (2**70,)), OverflowError),
        ((REMEMBER, ("\ud800",)), UnicodeEncodeError),
    ],
)
async def test_a_wrong_statement_fails_its_unit_alone(
    journal: Journal, statement: tuple[str, tuple[object, ...]], expected: type[Exception]
) -> None:
    wrong, right = await asyncio.gather(
        journal.commit([entry(0)], [statement]), journal.commit([entry(1)]), return_exceptions=True
    )
    assert isinstance(wrong, expected)
    assert right == [0]
    assert journal.entry(0) == entry(1)
    assert consistent(journal)


async def test_an_entry_that_cannot_be_stored_fails_alone(journal: Journal) -> None:
    with pytest.raises(OverflowError):
        await journal.commit([entry(0, at=2**70)])
    assert await journal.commit([entry(1)]) == [0]


async def test_a_cancelled_waiter_neither_loses_nor_corrupts_the_batch(journal: Journal) -> None:
    with journal._writer._connection:
        tasks = [asyncio.create_task(journal.commit([entry(number)])) for number in range(10)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result for result in results if isinstance(result, list)] == [[1], [3], [5], [7], [9]]
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert journal.size == 10
    assert consistent(journal)


async def test_every_loop_is_woken(journal: Journal) -> None:
    def elsewhere() -> None:
        found.append(asyncio.run(journal.commit([entry(1)])))

    found: list[list[int]] = []
    with journal._writer._connection:
        here = asyncio.create_task(journal.commit([entry(0)]))
        await asyncio.sleep(0)
        thread = threading.Thread(target=elsewhere)
        thread.start()
    assert await here == [0]
    await asyncio.to_thread(thread.join)
    assert found == [[1]]


def test_a_loop_that_is_gone_does_not_stop_the_others(journal: Journal) -> None:
    async def leave() -> None:
        task = asyncio.create_task(journal.commit([entry(0)]))
        await asyncio.sleep(0)
        task.cancel()

    with journal._writer._connection:
        asyncio.run(leave())
    assert asyncio.run(journal.commit([entry(1)])) == [1]


async def test_closing_writes_what_was_handed_over_and_takes_no_more(journal: Journal, path: Path) -> None:
    tasks = [asyncio.create_task(journal.commit([entry(number)])) for number in range(50)]
    await asyncio.sleep(0)
    journal.close()
    journal.close()
    assert sorted(index for (index,) in await asyncio.gather(*tasks)) == list(range(50))
    with pytest.raises(JournalError, match="stopping"):
        await journal.commit([entry(50)])
    with pytest.raises(JournalError):
        journal.read("SELECT 1")
    again = opened(path)
    assert again.size == 50
    again.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_defect_in_the_writer_leaves_nobody_waiting(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(self: Writer, batch: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Writer, "_record", defect)
    with journal._writer._connection:
        tasks = [asyncio.create_task(journal.commit([entry(0)]))]
        while not journal._writer._batch:
            await asyncio.sleep(0.001)
        # These come when the writer has its batch already, and so does the end.
        tasks += [asyncio.create_task(journal.commit([entry(number)])) for number in (1, 2)]
        await asyncio.sleep(0)
        end = threading.Thread(target=journal._writer.close)
        end.start()
        while not journal._writer._closed:
            await asyncio.sleep(0.001)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [JournalError] * 3
    with pytest.raises(JournalError):
        await journal.commit([entry(4)])
    await asyncio.to_thread(end.join)


# Reading and tables of others


async def test_search_filters_and_pages_newest_first(journal: Journal) -> None:
    kinds = ["request", "response", "request", "alarm", "request"]
    await journal.commit([entry(number, at=NOW + number, kind=kind) for number, kind in enumerate(kinds)])
    assert [index for index, _ in journal.search()] == [4, 3, 2, 1, 0]
    assert [index for index, _ in journal.search(kind="request")] == [4, 2, 0]
    assert [index for index, _ in journal.search(kind="request", limit=1, offset=1)] == [2]
    assert [index for index, _ in journal.search(since=NOW + 1, until=NOW + 3)] == [2, 1]
    assert journal.search(organ="VN/PARTY/A01", limit=1) == [(4, entry(4, at=NOW + 4))]
    assert journal.search(organ="VN/PARTY/A02") == []


async def test_an_unknown_entry_is_said_to_be_unknown(journal: Journal) -> None:
    with pytest.raises(EntryUnknown, match="0 of 0"):
        journal.entry(0)
    with pytest.raises(EntryUnknown, match="-1 of 0"):
        journal.receipt(-1)


def test_reading_cannot_write_and_says_what_is_wrong(journal: Journal) -> None:
    for sql in ("DELETE FROM replays", "SELECT * FROM nowhere"):
        with pytest.raises(JournalError):
            journal.read(sql)


def test_a_schema_is_made_whole_or_not_at_all(journal: Journal) -> None:
    with pytest.raises(JournalError, match="syntax"):
        journal.ensure("CREATE TABLE half (a); CREATE TABLE nonsense nonsense;")
    assert journal.read("SELECT name FROM sqlite_schema WHERE name = 'half'") == []
    journal.ensure("CREATE TABLE half (a); CREATE TABLE other (b);")
    assert journal.read("SELECT * FROM half, other") == []


# Checkpoints


async def test_a_checkpoint_covers_what_is_durable_and_is_kept(journal: Journal, path: Path) -> None:
    await journal.commit([entry(number) for number in range(5)])
    first = await journal.checkpoint(SIGNER)
    assert (first.site, first.size, first.root, first.at) == (SITE, 5, journal.root(), NOW)
    assert await journal.checkpoint(SIGNER) == first
    await journal.commit([entry(5)])
    second = await journal.checkpoint(SIGNER)
    assert journal.checkpoints() == [first, second]
    journal.close()
    again = opened(path)
    assert again.checkpoints() == [first, second]
    again.close()
    assert audit_journal(path, keys_of(SIGNER), NOW) == []


async def test_two_tasks_get_the_same_checkpoint(journal: Journal) -> None:
    await journal.commit([entry(0)])
    one, other = await asyncio.gather(journal.checkpoint(SIGNER), journal.checkpoint(SIGNER))
    assert one == other
    assert journal.checkpoints() == [one]


async def test_a_receipt_is_under_the_first_checkpoint_that_covers_it(journal: Journal) -> None:
    await journal.commit([entry(0), entry(1)])
    await journal.checkpoint(SIGNER)
    await journal.commit([entry(2)])
    with pytest.raises(EvidenceInvalid, match="wait for the next"):
        journal.receipt(2)
    await journal.checkpoint(SIGNER)
    facts = [verify_receipt(journal.receipt(number), entry(number).to_bytes(), keys_of(SIGNER)) for number in range(3)]
    assert [(each.index, each.size) for each in facts] == [(0, 2), (1, 2), (2, 3)]


async def test_a_key_that_is_not_there_makes_no_checkpoint(journal: Journal) -> None:
    stranger = signer()
    stranger.store.remove(stranger.key.kid)  # type: ignore[attr-defined]  # the protocol has no removing
    with pytest.raises(KeyUnknown):
        await journal.checkpoint(stranger)
    assert journal.checkpoints() == []


# Opening


def test_a_second_gateway_is_kept_out_until_the_first_ends(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match="Another process has this journal open"):
        opened(path)
    journal.close()
    opened(path).close()


def test_a_journal_of_another_site_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    with pytest.raises(JournalError, match="belongs to 'site-a01'") as caught:
        opened(path, site="site-b")
    assert "'site-b' needs a journal of its own" in str(caught.value)


@pytest.mark.parametrize("sql", ["PRAGMA user_version = 2", "PRAGMA application_id = 7"])
def test_a_journal_of_another_version_is_refused(journal: Journal, path: Path, sql: str) -> None:
    journal.close()
    damage(path, (sql, ()))
    with pytest.raises(JournalError, match="not a journal of this version"):
        opened(path)


def test_another_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    damage(path, ("CREATE TABLE theirs (a)", ()))
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not a journal of this version"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\x00" + bytes(4080)])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="evidence verify"):
        opened(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="file"):
        opened(tmp_path / "file" / "journal.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(JournalError, match=r"folder\.db"):
        opened(tmp_path / "folder.db")
    (tmp_path / "journal.db-lock").mkdir()
    with pytest.raises(JournalError, match=r"journal\.db"):
        opened(tmp_path / "journal.db")


def test_a_lock_file_that_is_none_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("journal.db-lock").write_bytes(b"something else" * 100)
    with pytest.raises(JournalError, match=r"journal\.db: file is not a database"):
        opened(path)


@pytest.mark.skipif(sys.platform == "win32", reason="SQLite has such a file system layer on Unix only")
def test_a_file_system_without_a_write_ahead_log_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def without(database: str | Path, **options: Any) -> sqlite3.Connection:
        # This layer of SQLite has no shared memory, as some network file systems have none.
        return connect(f"{database}&vfs=unix-dotfile" if "?" in str(database) else database, **options)

    monkeypatch.setattr(sqlite3, "connect", without)
    with pytest.raises(JournalError, match="use a local disk"):
        opened(path)


@pytest.mark.parametrize(
    "statement",
    [
        ("DELETE FROM entries WHERE idx = 3", ()),
        ("DELETE FROM entries WHERE idx = 9", ()),
        ("UPDATE entries SET leaf = x'00' WHERE idx = 3", ()),
        ("UPDATE entries SET leaf = zeroblob(32) WHERE idx = 3", ()),
        ("DROP INDEX entries_leaf", ()),
        ("DELETE FROM journal", ()),
    ],
)
async def test_a_damaged_journal_is_not_continued(
    journal: Journal, path: Path, statement: tuple[str, tuple[object, ...]]
) -> None:
    await journal.commit([entry(number) for number in range(10)])
    await journal.checkpoint(SIGNER)
    journal.close()
    damage(path, statement)
    with pytest.raises(JournalError, match=r"evidence verify|no site"):
        opened(path)


async def test_a_file_that_someone_else_writes_to_takes_no_more(journal: Journal, path: Path) -> None:
    await journal.commit([entry(0)])
    damage(
        path,
        ("INSERT INTO entries SELECT 1, at, organ, direction, kind, id, peer, verdict, leaf, body FROM entries", ()),
    )
    with pytest.raises(JournalError, match="did not write"):
        await journal.commit([entry(1)])
    assert journal.size == 1


# The disk


async def test_a_full_disk_fails_every_waiter_and_the_journal_goes_on_after_it(journal: Journal) -> None:
    await journal.commit([entry(0)], [(REMEMBER, ("a",))])
    ((pages,),) = journal.read("PRAGMA page_count")
    big = bytes(100_000)
    journal._file.writer.execute(f"PRAGMA max_page_count={pages + 20}")
    results = await asyncio.gather(
        *(journal.commit([entry(number, seals=[big])], [(REMEMBER, (f"{number}",))]) for number in range(1, 9)),
        return_exceptions=True,
    )
    assert all(isinstance(result, JournalError) for result in results)
    assert "full" in str(results[0])
    assert "Free disk space" in str(results[0])
    assert len({id(result) for result in results}) == 8
    assert journal.read("SELECT id FROM replays") == [("a",)]
    assert consistent(journal)
    journal._file.writer.execute("PRAGMA max_page_count=1000000")
    assert await journal.commit([entry(1, seals=[big])], [(REMEMBER, ("1",))]) == [1]
    assert consistent(journal)


async def test_a_disk_that_fills_up_one_by_one_fails_the_batch_too(journal: Journal) -> None:
    await journal.commit([entry(0)], [(REMEMBER, ("a",))])
    ((pages,),) = journal.read("PRAGMA page_count")
    journal._file.writer.execute(f"PRAGMA max_page_count={pages + 20}")
    with journal._writer._connection:
        # The first breaks a constraint, so the units are tried singly; the last does not fit on the disk.
        tasks = [
            asyncio.create_task(journal.commit([entry(1)], [(REMEMBER, ("a",))])),
            asyncio.create_task(journal.commit([entry(2)])),
            asyncio.create_task(journal.commit([entry(3)], [("INSERT INTO replays VALUES (zeroblob(200000))", ())])),
        ]
        await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, JournalError) for result in results)
    assert journal.size == 1
    assert consistent(journal)


def child(script: str, *arguments: str, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )


FULL = """
import asyncio, sys
from pathlib import Path
from lienthong.trust.errors import JournalError
from tests.support.journals import NOW, entry
from tests.trust.test_journal import consistent, opened

async def main(folder):
    journal = opened(folder / "journal.db")
    for number in range(10_000):
        try:
            await asyncio.gather(*(journal.commit([entry(number, seals=[bytes(10_000)])]) for _ in range(4)))
        except JournalError as error:
            print(error)
            break
    size = journal.size
    assert size and consistent(journal)
    (folder / "ballast").unlink()
    assert await journal.commit([entry(1)]) == [journal.size - 1]
    journal.close()
    again = opened(folder / "journal.db")
    assert again.size >= size + 1 and consistent(again)
    again.close()
    print("went on")

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system in a namespace of its own")
def test_a_file_system_that_is_really_full(tmp_path: Path) -> None:
    enter = ("unshare", "--user", "--map-root-user", "--mount")
    if not shutil.which("unshare") or subprocess.run([*enter, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a user mount in a namespace of its own")
    mount = 'mount -t tmpfs -o size=4m none "$0" && head -c 1000000 /dev/zero > "$0/ballast" && exec "$@" "$0"'
    with child(FULL, prefix=(*enter, "sh", "-c", mount, str(tmp_path))) as started:
        output, _ = started.communicate(timeout=60)
    assert "Free disk space" in output
    assert output.endswith("went on\n")
    assert started.returncode == 0


COMMITS = """
import asyncio, os, sys
from pathlib import Path
from tests.support.journals import SITE, entry
from tests.trust.test_journal import REMEMBER, REPLAYS, opened

async def commit(journal, number):
    (index,) = await journal.commit([entry(number)], [(REMEMBER, (f"{number}",))])
    # In one write, so that the signal cannot cut a line in two.
    os.write(1, f"{index} {number}\\n".encode())

async def main(path):
    journal = opened(path)
    journal.ensure(REPLAYS)
    number = 0
    while True:
        await asyncio.gather(*(commit(journal, number + more) for more in range(16)))
        number += 16

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("after", [1, 100, 777])
def test_what_was_acknowledged_survives_kill_9(path: Path, after: int) -> None:
    with child(COMMITS, str(path)) as started:
        assert started.stdout is not None
        lines = [started.stdout.readline() for _ in range(after)]
        started.send_signal(signal.SIGKILL)
        lines += started.stdout.readlines()
    assert started.returncode == -signal.SIGKILL
    assert audit_journal(path, keys_of(SIGNER), NOW) == []
    journal = opened(path)
    for line in lines:
        index, number = map(int, line.split())
        assert journal.entry(index) == entry(number)
    assert journal.read("SELECT count(*) FROM replays") == [(journal.size,)]
    assert consistent(journal)
    journal.close()
    assert audit_journal(path, keys_of(SIGNER), NOW) == []
