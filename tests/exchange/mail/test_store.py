"""Mail's tables: due in order, within limits, and cursors that go where they are told."""

import sqlite3
import uuid
from collections.abc import Iterator
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.mail.items import MailItem, Outgoing, ReceiptItem
from lienthong.exchange.mail.store import MailStore
from lienthong.kernel.clock import HOUR, MINUTE, SECOND, ManualClock
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal, Statement

NOW = 1_795_000_000_000
ID = uuid.UUID(int=7)
ITEM = Outgoing(
    token="t", subject="mail.x", data=b"data", attempts=0, message=ID.bytes, expires=NOW + HOUR, receiver="VN/PARTY/U1"
)
LETTER = MailItem(
    message=ID,
    receiver="VN/PARTY/U1",
    sender="VN/PARTY/A01",
    label="internal",
    urgency=0,
    arrived=NOW,
    state=ReceiptState.DELIVERED,
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.sqlite", site="p1", clock=ManualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def store(journal: Journal) -> MailStore:
    return MailStore(journal)


async def do(journal: Journal, *statements: Statement) -> None:
    await journal.commit([], statements)


async def test_what_is_due_comes_oldest_first_and_within_a_limit(journal: Journal, store: MailStore) -> None:
    for number, due in enumerate((NOW + 2, NOW, NOW + 1, NOW + 9)):
        await do(journal, *store.put([replace(ITEM, token=str(number))], due=due))
    assert [item.token for item in store.due(NOW + 2)] == ["1", "2", "0"]
    assert [item.token for item in store.due(NOW + 2, limit=2)] == ["1", "2"]
    assert store.due(NOW - 1) == []
    assert store.due(NOW)[0] == replace(ITEM, token="1")
    assert store.waiting() == 4


async def test_a_message_waits_longer_each_time(journal: Journal, store: MailStore) -> None:
    await do(journal, *store.put([ITEM], due=NOW))
    at, item = NOW, ITEM
    for attempt, wait in enumerate((30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, HOUR), start=1):
        await do(journal, *store.published([item], at))
        at += wait
        assert store.due(at - 1) == []
        (item,) = store.due(at)
        assert item.attempts == attempt


async def test_a_receipt_is_done_when_it_is_published(journal: Journal, store: MailStore) -> None:
    receipt = replace(ITEM, message=None, receiver=None)
    await do(journal, *store.put([receipt], due=NOW))
    assert store.waiting() == 0
    await do(journal, *store.postponed([receipt], NOW))
    assert store.due(NOW) == []
    assert store.due(NOW + 30 * SECOND) == [receipt]
    await do(journal, *store.published([receipt], NOW))
    assert store.due(NOW + HOUR) == []


async def test_what_is_dropped_is_gone(journal: Journal, store: MailStore) -> None:
    await do(journal, *store.put([ITEM], due=NOW))
    await do(journal, store.dropped(ITEM))
    assert store.due(NOW + HOUR) == []


async def test_a_receipt_ends_the_waiting_for_its_receiver_only(journal: Journal, store: MailStore) -> None:
    for number in (1, 2):
        await do(journal, *store.put([replace(ITEM, token=f"t{number}", receiver=f"VN/PARTY/U{number}")], due=NOW))
    item = ReceiptItem(
        message=ID, receiver="VN/PARTY/U1", state=ReceiptState.DELIVERED, at=NOW, note="", sealed=b"sealed"
    )
    await do(journal, *store.receipted([item]))
    await do(journal, *store.receipted([replace(item, note="again", at=NOW + 5)]))
    await do(journal, *store.receipted([replace(item, state=ReceiptState.OPENED, at=NOW + 1)]))
    assert [each.receiver for each in store.due(NOW)] == ["VN/PARTY/U2"]
    assert store.receipts(ID) == [item, replace(item, state=ReceiptState.OPENED, at=NOW + 1)]
    assert store.receipts(uuid.UUID(int=8)) == []


async def test_what_was_sent_is_matched_by_message_receiver_and_sender(journal: Journal, store: MailStore) -> None:
    await do(journal, *store.sent([(ID.bytes, "r", "s", b"digest", NOW, NOW + HOUR)]))
    assert store.sent_digests([("r", ID, "s")]) == {("r", ID, "s"): b"digest"}
    assert store.sender_of(ID.bytes, "r") == "s"
    for message, receiver, sender in ((uuid.UUID(int=8), "r", "s"), (ID, "x", "s"), (ID, "r", "x")):
        assert (receiver, message, sender) not in store.sent_digests([(receiver, message, sender)])
    assert store.sender_of(ID.bytes, "x") == ""


async def test_letters_are_told_apart_by_receiver_message_and_sender(journal: Journal, store: MailStore) -> None:
    other = replace(LETTER, sender="VN/STATE/M1")
    await do(journal, *store.arrivals([store.arrived(LETTER, b"one"), store.arrived(other, b"two")]))
    assert sorted(data for _, data in store.letters("VN/PARTY/U1", ID)) == [b"one", b"two"]
    assert store.letters("VN/PARTY/U1", ID, "VN/STATE/M1") == [(other, b"two")]
    assert store.letters("VN/PARTY/U2", ID) == store.letters("VN/PARTY/U1", uuid.UUID(int=8)) == []
    await do(journal, store.moved(other, ReceiptState.REFUSED))
    assert {item.sender: item.state for item in store.mailbox("VN/PARTY/U1")} == {
        "VN/PARTY/A01": ReceiptState.DELIVERED,
        "VN/STATE/M1": ReceiptState.REFUSED,
    }
    with pytest.raises(sqlite3.IntegrityError):
        await do(journal, *store.arrivals([store.arrived(LETTER, b"again")]))


async def test_a_cursor_goes_where_it_is_told(journal: Journal, store: MailStore) -> None:
    assert store.position("MAIL_01") == 0
    for sequence in (5, 9, 2):
        # Backwards, too: a stream whose storage was lost begins anew.
        await do(journal, store.moved_on("MAIL_01", sequence))
        assert store.position("MAIL_01") == sequence
    assert store.position("MAIL_02") == 0
