"""Group commit: what one caller does wrong, or leaves, never touches what the others recorded."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Journal
from lienthong.trust.journal_writer import Writer
from tests.support.journals import REMEMBER, REPLAYS, consistent, entry, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    journal.ensure(REPLAYS)
    yield journal
    journal.close()


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - another thread makes it true
        await asyncio.sleep(0.001)


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
        await journal.commit([entry(0, at=2**63)])
    assert await journal.commit([entry(1)]) == [0]


async def test_a_cancelled_waiter_neither_loses_nor_corrupts_the_batch(journal: Journal) -> None:
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
    here = asyncio.create_task(journal.commit([entry(0)]))
    await asyncio.sleep(0)
    # The transaction of this loop is not filled yet: the other's unit joins it.
    thread = threading.Thread(target=elsewhere)
    thread.start()
    while len(journal._writer._waiting) < 2:
        time.sleep(0.001)  # noqa: ASYNC251 - the same
    assert await here == [0]
    await asyncio.to_thread(thread.join)
    assert found == [[1]]


def test_a_loop_that_is_gone_does_not_stop_the_others(journal: Journal) -> None:
    async def leave() -> None:
        task = asyncio.create_task(journal.commit([entry(0)]))
        await asyncio.sleep(0)
        task.cancel()

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
    def defect(self: Writer, batch: object, rows: object) -> None:
        reached.set()
        go_on.wait()
        raise RuntimeError("a defect")

    reached, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(Writer, "_commit", defect)
    tasks = [asyncio.create_task(journal.commit([entry(0)]))]
    await until(reached.is_set)
    # These come when the thread has its batch already, and so does the end.
    tasks += [asyncio.create_task(journal.commit([entry(number)])) for number in (1, 2)]
    await asyncio.sleep(0)
    end = threading.Thread(target=journal._writer.close)
    end.start()
    await until(lambda: journal._writer._closed)
    go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [JournalError] * 3
    with pytest.raises(JournalError):
        await journal.commit([entry(4)])
    await asyncio.to_thread(end.join)
