"""Files of large contents that no message needs any more, received and sent ones."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.chunk_file import storing
from lienthong.exchange.leftovers import Leftovers
from lienthong.exchange.mail.waiting import ItemKey
from lienthong.exchange.threads import in_thread
from lienthong.kernel.clock import DAY, Clock, Millis
from lienthong.trust.journal import Journal, Statement

KEEP: Final[Millis] = 90 * DAY
"""How long the large contents of a message are kept after it was accepted or refused."""
_NEEDED: Final = """SELECT DISTINCT file FROM content AS c WHERE file IN (SELECT value FROM json_each(?)) AND (
    receiver = ''
    OR EXISTS (SELECT 1 FROM fetching AS f
        WHERE f.receiver = c.receiver AND f.message = c.message AND f.sender = c.sender)
    OR EXISTS (SELECT 1 FROM mailbox AS m
        WHERE m.receiver = c.receiver AND m.message = c.message AND m.sender = c.sender
        AND m.state != 'recalled' AND (m.concluded = 0 OR m.concluded > ?)))"""
_REFUSED: Final = """DELETE FROM content WHERE receiver != ''
    AND NOT EXISTS (SELECT 1 FROM fetching AS f
        WHERE f.receiver = content.receiver AND f.message = content.message AND f.sender = content.sender)
    AND NOT EXISTS (SELECT 1 FROM mailbox AS m
        WHERE m.receiver = content.receiver AND m.message = content.message AND m.sender = content.sender)"""
# Of messages from before it was noted what they need, ``schema`` leaves a row without a file: all files then stay.
_PINNED: Final = "INSERT OR IGNORE INTO content VALUES (?, '', x'', '')"
_UPLOADS: Final = "SELECT name FROM upload WHERE name IN (SELECT value FROM json_each(?))"


def needs(key: ItemKey, files: Iterable[str]) -> list[Statement]:
    """Note which files a message needs; belongs into the transaction in which the message is taken."""
    receiver, message, sender = key
    return [
        ("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?)", (file, receiver, message.bytes, sender)) for file in files
    ]


class Sweeper:
    """Removes the files of one gateway that nobody needs: never one that a message needs, or that was used of late."""

    def __init__(self, journal: Journal, clock: Clock, blobs: BlobStore, outbox: Path, *, keep: Millis) -> None:
        """Sweep for this gateway.

        Args:
            journal: the file with the tables of mail.
            clock: says when a message was concluded for long enough.
            blobs: contents of received messages.
            outbox: folder of the contents of sent ones; ``Uploads.sweep`` ends those, here goes what a break has left.
            keep: how long contents are kept after their message was accepted or refused.
        """
        self._journal = journal
        self._clock = clock
        self._blobs = blobs
        self._outbox = Leftovers(outbox)
        self._keep = keep
        self._settled = False

    async def sweep(self) -> int:
        """Remove what nobody needs of a bounded number of files, the next ones each time; returns how many.

        Wherever it is cut off, it goes on the next time: what a message needs is forgotten before its file is removed.

        Raises:
            JournalError: it cannot be noted.
            StorageFailed: a folder cannot be read, or a file not removed.
        """
        if not self._settled:
            await self._settle()
            self._settled = True
        return await self._blobs.sweep(self._needed, self._forget) + await self._strays()

    def _needed(self, files: Collection[str]) -> set[str]:
        before = self._clock.now() - self._keep
        return {file for (file,) in self._journal.read(_NEEDED, (json.dumps(list(files)), before))}

    async def _forget(self, files: Collection[str]) -> None:
        await self._journal.commit([], [("DELETE FROM content WHERE file = ?", (file,)) for file in files])

    async def _settle(self) -> None:
        """Forget messages that were refused in the end; keep all for good where nobody knows what messages need."""
        statements: list[Statement] = [(_REFUSED, ())]
        if self._journal.read("SELECT 1 FROM content WHERE file = ''"):
            statements += [(_PINNED, (file,)) for file in self._blobs.files()]
            statements.append(("DELETE FROM content WHERE file = ''", ()))
        await self._journal.commit([], statements)

    async def _strays(self) -> int:
        """Remove files of the outbox that no upload has: a row is there before its file, but for small contents."""
        paths = await in_thread(self._outbox.next)
        names = json.dumps([path.name for path in paths])
        known = {name for (name,) in self._journal.read(_UPLOADS, (names,))}
        strays = [path for path in paths if path.name not in known]
        for path in strays:
            with storing(path):
                await in_thread(path.unlink, missing_ok=True)
        return len(strays)
