"""Reading a journal from outside: filters, receipts, and a gateway that goes on writing."""

import sqlite3
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.evidence.errors import EvidenceMissing, EvidenceUnreadable
from lienthong.exchange.evidence.reader import Filter, JournalReader
from lienthong.kernel.clock import MINUTE, ManualClock
from lienthong.trust.checkpoint import CheckpointSigner, verify_receipt
from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.journal import EntryUnknown, Journal
from tests.support.evidence import NOW, SERVICE, SITE, A, B, State, copy_of, make_state, receipt
from tests.support.journals import damage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path) -> State:
    return copy_of(made, tmp_path / "state")


def numbers(state: State, wanted: Filter, *, limit: int = 100, offset: int = 0) -> list[int]:
    with JournalReader.open(state.journal) as journal:
        found = [index for index, _ in journal.search(wanted, limit=limit, offset=offset)]
        if limit == 100:
            assert journal.count(wanted) == len(found)
    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Filter(kind="request"), [1, 0]),
        (Filter(direction="in"), [9, 8]),
        (Filter(verdict="key_unknown"), [9]),
        (Filter(organ=A), [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Filter(organ="VN/PARTY/A0"), []),
        (Filter(peer=B), [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Filter(peer=SERVICE), [1, 0]),
        (Filter(id="00000000-0000-0000-0000-000000000003"), [3]),
        (Filter(since=NOW + 8 * MINUTE), [9, 8]),
        (Filter(until=NOW + 2 * MINUTE, kind="request"), [1, 0]),
        (Filter(since=NOW + MINUTE, until=NOW + 2 * MINUTE), [1]),
        (Filter(kind="' OR 1=1 --"), []),
    ],
)
def test_filters(state: State, wanted: Filter, expected: list[int]) -> None:
    assert numbers(state, wanted) == expected


def test_pages(state: State) -> None:
    assert numbers(state, Filter(), limit=3, offset=2) == [7, 6, 5]


def test_entries_by_number_and_by_exchange(state: State) -> None:
    with JournalReader.open(state.journal) as journal:
        assert (journal.site, journal.size, journal.checkpoint_count()) == (SITE, 10, 3)
        assert journal.entry(8).kind == "receipt"
        assert journal.find("00000000-0000-0000-0000-000000000008") == [8]
        assert [index for index, _ in journal.bodies()] == list(range(10))
        with pytest.raises(EntryUnknown, match="10 of 10"):
            journal.entry(10)


def test_receipts_are_those_that_the_gateway_gives(state: State) -> None:
    with JournalReader.open(state.journal) as journal:
        receipts = [journal.receipt(index) for index in range(10)]
        entries = [journal.entry(index).to_bytes() for index in range(10)]
    own = Journal.open(state.journal, site=SITE, clock=ManualClock(NOW))
    assert receipts == [own.receipt(index) for index in range(10)]
    own.close()
    facts = verify_receipt(receipts[4], entries[4], lambda _: state.parties.key(SITE))
    assert (facts.index, facts.size, facts.site) == (4, 7, SITE)


async def test_what_a_running_gateway_adds_is_seen_at_once(state: State) -> None:
    own = Journal.open(state.journal, site=SITE, clock=ManualClock(NOW))
    with JournalReader.open(state.journal) as journal:
        await own.commit([receipt(state.parties, 11)])
        assert journal.size == 11
        with pytest.raises(EvidenceInvalid, match="No checkpoint covers it yet"):
            journal.receipt(10)
        await own.checkpoint(CheckpointSigner(key=state.parties.key(SITE), store=state.parties.store))
        assert journal.receipt(10) == own.receipt(10)
    own.close()


def test_it_cannot_write(state: State) -> None:
    with JournalReader.open(state.journal) as journal, pytest.raises(sqlite3.OperationalError, match="readonly"):
        journal._connection.execute("DELETE FROM entries")


def test_a_damaged_journal_gives_no_receipts(state: State) -> None:
    damage(state.journal, ("DELETE FROM entries WHERE idx = 5", ()))
    with JournalReader.open(state.journal) as journal:
        with pytest.raises(EvidenceInvalid, match="not the 7 entries"):
            journal.receipt(4)
        assert journal.receipt(2)


def test_an_empty_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal.open(path, site=SITE, clock=ManualClock(NOW)).close()
    with JournalReader.open(path) as journal:
        assert journal.size == 0
        assert list(journal.bodies()) == []


def test_more_entries_than_are_read_at_once(tmp_path: Path, made: State) -> None:
    one = receipt(made.parties, 1)
    entries = [replace(one, id=f"00000000-0000-0000-0000-{number:012d}") for number in range(1203)]
    state = make_state(tmp_path, parties=made.parties, entries=entries)
    with JournalReader.open(state.journal) as journal:
        assert [index for index, _ in journal.bodies()] == list(range(1203))


@pytest.mark.parametrize("content", [b"", b"text", b"SQLite format 3\x00" + bytes(200)])
def test_what_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with pytest.raises(EvidenceUnreadable, match=r"journal\.sqlite"):
        JournalReader.open(path)


def test_a_journal_of_two_sites(state: State) -> None:
    damage(state.journal, ("INSERT INTO journal VALUES ('other', 1)", ()))
    with pytest.raises(EvidenceUnreadable):
        JournalReader.open(state.journal)


def test_a_table_that_is_gone(state: State) -> None:
    damage(state.journal, ("DROP TABLE checkpoints", ()))
    with JournalReader.open(state.journal) as journal, pytest.raises(EvidenceUnreadable, match="no such table"):
        journal.checkpoint_count()


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="nowhere"):
        JournalReader.open(tmp_path / "nowhere")
