"""The journal: numbered, provable, and the same tree after every restart."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from lienthong.trust.audit import audit_journal
from lienthong.trust.checkpoint import verify_receipt
from lienthong.trust.errors import EvidenceInvalid, JournalError, KeyUnknown
from lienthong.trust.journal import EntryUnknown, Journal
from lienthong.trust.merkle import EMPTY_ROOT, check_consistency, check_inclusion, leaf_hash
from tests.support.journals import NOW, REPLAYS, SITE, consistent, entry, keys_of, opened, signer

SIGNER = signer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    journal.ensure(REPLAYS)
    yield journal
    journal.close()


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
