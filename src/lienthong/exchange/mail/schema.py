"""Tables of mail in the journal's file, and how files of earlier versions become files of this one."""

from typing import Final

from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Journal

_FIRST: Final = """
CREATE TABLE IF NOT EXISTS outgoing (
    token TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    message BLOB,
    receiver TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outgoing_due ON outgoing (due);
CREATE INDEX IF NOT EXISTS outgoing_message ON outgoing (message, receiver);
CREATE TABLE IF NOT EXISTS sent (
    message BLOB NOT NULL,
    receiver TEXT NOT NULL,
    sender TEXT NOT NULL,
    digest BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, receiver)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipt (
    message BLOB NOT NULL,
    receiver TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (message, receiver, state)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mailbox (
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    label TEXT NOT NULL,
    urgency INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    state TEXT NOT NULL,
    envelope BLOB NOT NULL,
    PRIMARY KEY (receiver, message, sender)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursor (
    stream TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;
"""
_SECOND: Final = """
ALTER TABLE outgoing ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sent ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;
-- Where a message stands in its conversation, what is missing before it, and until when it waits for that.
ALTER TABLE mailbox ADD COLUMN conversation BLOB;
ALTER TABLE mailbox ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN gap INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
-- The order in which messages were handed over, and the urgency by which they are listed.
ALTER TABLE mailbox ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
-- The message that this one was sent in the place of.
ALTER TABLE mailbox ADD COLUMN origin BLOB;
-- What the application concluded, when, and under which key of its own.
ALTER TABLE mailbox ADD COLUMN concluded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE mailbox ADD COLUMN note TEXT NOT NULL DEFAULT '';
UPDATE mailbox SET rank = urgency, place = numbered.place FROM (
    SELECT receiver, message, sender, row_number() OVER (ORDER BY arrived) AS place FROM mailbox
) AS numbered
WHERE mailbox.receiver = numbered.receiver AND mailbox.message = numbered.message
    AND mailbox.sender = numbered.sender;
CREATE INDEX mailbox_listed ON mailbox (receiver, rank DESC, place);
CREATE INDEX mailbox_origin ON mailbox (origin) WHERE origin IS NOT NULL;
CREATE INDEX mailbox_held ON mailbox (held) WHERE held > 0;
-- Messages as they were drafted, encrypted to their sender, as long as they may have to be sent anew.
CREATE TABLE kept (
    message BLOB PRIMARY KEY,
    sender TEXT NOT NULL,
    expires INTEGER NOT NULL,
    data BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE safe (
    id BLOB PRIMARY KEY,
    organ TEXT NOT NULL,
    data BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE dead (
    message BLOB NOT NULL,
    receiver TEXT NOT NULL,
    sender TEXT NOT NULL,
    organ TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    redriven BLOB,
    PRIMARY KEY (message, receiver)
) WITHOUT ROWID;
CREATE INDEX dead_organ ON dead (organ, at);
-- Recalls that were sent, and recalls that came before their message.
CREATE TABLE recall (
    id BLOB NOT NULL,
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    digest BLOB NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (id, receiver)
) WITHOUT ROWID;
CREATE INDEX recall_message ON recall (message, receiver);
CREATE TABLE recalled (
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (receiver, message, sender)
) WITHOUT ROWID;
-- The last place given in a conversation, and the next one that is expected.
CREATE TABLE spoken (
    sender TEXT NOT NULL,
    conversation BLOB NOT NULL,
    receiver TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (sender, conversation, receiver)
) WITHOUT ROWID;
CREATE TABLE heard (
    receiver TEXT NOT NULL,
    sender TEXT NOT NULL,
    conversation BLOB NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (receiver, sender, conversation)
) WITHOUT ROWID;
-- Envelopes that could not be opened, and messages whose contents are still being fetched.
CREATE TABLE apart (
    id BLOB PRIMARY KEY,
    organ TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX apart_organ ON apart (organ, at);
CREATE TABLE fetching (
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    digest BLOB NOT NULL,
    urgency INTEGER NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (receiver, message, sender)
) WITHOUT ROWID;
-- Contents that lie in files at the sender: uploaded piece by piece, or kept to be sent anew.
CREATE TABLE upload (
    id BLOB PRIMARY KEY,
    organ TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL,
    name TEXT NOT NULL UNIQUE,
    key BLOB NOT NULL,
    expires INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    stored INTEGER NOT NULL
) WITHOUT ROWID;
"""
_THIRD: Final = """
-- Which files of large contents a message needs, here already or not.
CREATE TABLE content (
    file TEXT NOT NULL,
    receiver TEXT NOT NULL,
    message BLOB NOT NULL,
    sender TEXT NOT NULL,
    PRIMARY KEY (file, receiver, message, sender)
) WITHOUT ROWID;
-- Of those from before nobody knows: all files that are here then stay.
INSERT INTO content SELECT '', '', x'', ''
    WHERE EXISTS (SELECT 1 FROM mailbox) OR EXISTS (SELECT 1 FROM fetching);
"""
_FOURTH: Final = """
-- The locked content key of a copy that is an envelope to its only receiver; it also goes out from there.
ALTER TABLE kept ADD COLUMN lock BLOB;
"""
_STEPS: Final = (_FIRST, _SECOND, _THIRD, _FOURTH)
"""What makes version 1 out of nothing (or out of a file from before versions were counted), 2 out of 1, and so on."""


def prepare(journal: Journal) -> None:
    """Bring the tables of mail in a journal's file up to date, one transaction per version.

    Raises:
        JournalError: a later version has written them, or SQLite refuses.
    """
    journal.ensure("CREATE TABLE IF NOT EXISTS mail (version INTEGER NOT NULL);")
    rows = journal.read("SELECT version FROM mail")
    version = int(rows[0][0]) if rows else 0
    if version > len(_STEPS):
        raise JournalError(
            f"tables of mail of version {version}, where {len(_STEPS)} is known here",
            hint="Start the version of the gateway that has written them, or a later one.",
        )
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        journal.ensure(f"{step}\nDELETE FROM mail;\nINSERT INTO mail VALUES ({number});")
    # What no carrier has had when the gateway ended need not wait for its second attempt.
    journal.ensure("UPDATE outgoing SET due = 0 WHERE attempts = 0;")
