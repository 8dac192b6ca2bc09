"""Tables of mail: a file of an earlier version becomes one of this, with all that is in it; one of a later does not."""

import sqlite3
import uuid
from pathlib import Path

import pytest

from lienthong.exchange.mail import schema
from lienthong.exchange.mail.store import MailStore
from lienthong.kernel.clock import ManualClock
from lienthong.trust.errors import JournalError
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal
from tests.support.gateways import CENTRE, COMMUNE, World
from tests.support.mail import taken

NOW = 1_795_000_000_000
# As the first version wrote it.
FIRST = """
CREATE TABLE outgoing (
    token TEXT PRIMARY KEY, subject TEXT NOT NULL, data BLOB NOT NULL, message BLOB, receiver TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX outgoing_due ON outgoing (due);
CREATE INDEX outgoing_message ON outgoing (message, receiver);
CREATE TABLE sent (
    message BLOB NOT NULL, receiver TEXT NOT NULL, sender TEXT NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (message, receiver)
) WITHOUT ROWID;
CREATE TABLE receipt (
    message BLOB NOT NULL, receiver TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (message, receiver, state)
) WITHOUT ROWID;
CREATE TABLE mailbox (
    receiver TEXT NOT NULL, message BLOB NOT NULL, sender TEXT NOT NULL, label TEXT NOT NULL, urgency INTEGER NOT NULL,
    arrived INTEGER NOT NULL, state TEXT NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (receiver, message, sender)
) WITHOUT ROWID;
CREATE TABLE cursor (stream TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
"""


def opened(path: Path) -> Journal:
    return Journal.open(path / "journal.sqlite", site="p1", clock=ManualClock(NOW))


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    ids = [uuid.UUID(int=number) for number in range(3)]
    journal = opened(tmp_path)
    rows = "".join(
        f"INSERT INTO mailbox VALUES ('r', x'{id_.hex}', 's', 'internal', {urgency}, {arrived}, 'delivered', x'00');"  # noqa: S608 - constants
        for id_, urgency, arrived in zip(ids, (0, 3, 0), (9, 8, 7), strict=True)
    )
    journal.ensure(
        f"{FIRST} {rows} INSERT INTO cursor VALUES ('MAIL_01', 7);"  # noqa: S608 - constants
        f" INSERT INTO sent VALUES (x'{ids[0].hex}', 'r', 's', x'01', {NOW});"
        f" INSERT INTO outgoing VALUES ('t', 'mail.x', x'00', x'{ids[0].hex}', 'r', 2, {NOW}, {NOW + 1});"
    )
    for _ in range(2):
        store = MailStore(journal)
        # As they were listed before, and behind them whatever comes now.
        assert [(item.message, item.place) for item in store.mailbox("r")] == [(ids[1], 2), (ids[2], 1), (ids[0], 3)]
        assert {(item.state, item.held, item.gap, item.sequence) for item in store.mailbox("r")} == {
            (ReceiptState.DELIVERED, 0, 0, 0)
        }
        assert store.last_place() == 3
        (item,) = store.due(NOW)
        assert (item.token, item.attempts, item.urgency) == ("t", 2, 0)
        assert store.sent_digests([("r", ids[0], "s")]) == {("r", ids[0], "s"): b"\x01"}
        assert store.position("MAIL_01") == 7
        assert journal.read("SELECT version FROM mail") == [(len(schema._STEPS),)]
        journal.close()
        journal = opened(tmp_path)
    journal.close()


def test_old_and_new_files_end_up_the_same(tmp_path: Path) -> None:
    shapes = []
    for name, first in (("old", FIRST), ("new", "")):
        journal = opened(tmp_path / name)
        if first:
            journal.ensure(first)
        MailStore(journal)
        tables = [row[0] for row in journal.read("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        shapes.append({table: journal.read("SELECT * FROM pragma_table_info(?)", (table,)) for table in tables})
        journal.close()
    assert shapes[0] == shapes[1]


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    journal.ensure(FIRST)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "_STEPS", (schema._FIRST, f"{schema._SECOND} SELECT nonsense;", schema._THIRD))
        with pytest.raises(JournalError):
            schema.prepare(journal)
    assert journal.read("SELECT version FROM mail") == [(1,)]
    schema.prepare(journal)
    assert journal.read("SELECT version FROM mail") == [(len(schema._STEPS),)]
    journal.close()


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.ensure("CREATE TABLE mail (version INTEGER NOT NULL); INSERT INTO mail VALUES (99);")
    with pytest.raises(JournalError, match="version 99") as raised:
        MailStore(journal)
    assert "later one" in str(raised.value)
    journal.close()


async def test_mail_of_the_first_version_is_read_and_concluded(country: World) -> None:
    # A gateway that stopped as version 1 and starts as this one.
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await taken(country)
    await country.stop("p1")
    database = sqlite3.connect(country.folder / "p1" / "journal.sqlite", autocommit=True)
    kept = database.execute(
        "SELECT receiver, message, sender, label, urgency, arrived, state, envelope FROM mailbox"
    ).fetchall()
    for table in ("outgoing", "sent", "receipt", "mailbox", "cursor", "kept", "safe", "dead", "recall", "recalled",
                  "spoken", "heard", "apart", "fetching", "upload", "content", "mail"):  # fmt: skip
        database.execute(f"DROP TABLE {table}")
    database.executescript(FIRST)
    database.executemany("INSERT INTO mailbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept)
    database.execute("INSERT INTO cursor VALUES ('MAIL_01', ?)", (country.broker.streams["MAIL_01"].last,))
    database.close()
    gateway = await country.start("p1")
    (item,) = gateway.mailbox.list(COMMUNE)
    assert (await gateway.mailbox.open(COMMUNE, item.message)).contents[0].data == b"text"
    assert (await gateway.mailbox.accept(COMMUNE, item.message, key="17")).stands
