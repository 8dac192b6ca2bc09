"""``Idempotency-Key``: a request that is sent again with the same key is done once, also across a restart.

Before anything is done, the key and the id of the message that will come of it are made durable together. Whoever comes
again gets the answer of the first time; if that was never reached, the same message is sent to those who lack it.
"""

import asyncio
import re
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from lienthong.exchange.rest.v1.errors import InputInvalid, KeyReused
from lienthong.kernel.clock import DAY, Clock, Millis
from lienthong.kernel.ids import new_id
from lienthong.trust.journal import Journal

HEADER: Final = "Idempotency-Key"
KEPT_FOR: Final[Millis] = 7 * DAY
"""How long a key is remembered."""
_FORM: Final = re.compile(r"[!-~]{1,200}\Z")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS request_key (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    message BLOB NOT NULL,
    at INTEGER NOT NULL,
    answer BLOB,
    PRIMARY KEY (client, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_key_at ON request_key (at);
"""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a key stands for."""

    message: UUID
    # What was answered, None where that point was never reached.
    answer: bytes | None
    # Whether the key was there before.
    again: bool


class Keys:
    """The keys of one gateway's clients."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Keep them beside the evidence."""
        journal.ensure(_SCHEMA)
        self._journal = journal
        self._clock = clock
        # Locks live as long as a request with that key is being answered.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def lock(self, client: str, key: str) -> asyncio.Lock:
        """Return what lets the requests with a key pass one after the other."""
        return self._locks.setdefault((client, key), asyncio.Lock())

    async def claim(self, client: str, key: str, digest: bytes) -> Claim:
        """Return what a key stands for, and make it durable if it is new. Hold the lock.

        Args:
            client: whose key (identifier text).
            key: the key.
            digest: of the request; the same key with another request is a mistake.

        Raises:
            KeyReused: it belongs to another request.
            JournalError: it cannot be kept; nothing was done.
        """
        rows = self._journal.read(
            "SELECT digest, message, answer FROM request_key WHERE client = ? AND key = ?", (client, key)
        )
        if rows:
            ((known, message, answer),) = rows
            if known != digest:
                raise KeyReused(key)
            return Claim(message=UUID(bytes=message), answer=answer, again=True)
        made, at = new_id(), self._clock.now()
        await self._journal.commit(
            [],
            [
                ("DELETE FROM request_key WHERE at < ?", (at - KEPT_FOR,)),
                ("INSERT INTO request_key VALUES (?, ?, ?, ?, ?, NULL)", (client, key, digest, made.bytes, at)),
            ],
        )
        return Claim(message=made, answer=None, again=False)

    async def answered(self, client: str, key: str, answer: bytes) -> None:
        """Remember the answer of a key.

        Raises:
            JournalError: it cannot be kept; whoever comes again gets what can be found out.
        """
        statement = ("UPDATE request_key SET answer = ? WHERE client = ? AND key = ?", (answer, client, key))
        await self._journal.commit([], [statement])


def key_of(header: str | None) -> str | None:
    """Return the key of a request.

    Raises:
        InputInvalid: empty, over 200 characters, or not printable ASCII.
    """
    if header is not None and not _FORM.match(header):
        raise InputInvalid(f"the header {HEADER} is {header[:40]!r}", hint="Send 1 to 200 printable characters.")
    return header
