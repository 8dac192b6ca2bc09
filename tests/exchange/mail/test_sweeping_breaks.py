"""Sweeping that is killed in the middle, or begins on what an earlier version has left."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from lienthong.exchange.blobs import BlobStore, file_of
from lienthong.exchange.mail import schema
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.sweeping import KEEP, Sweeper, needs
from lienthong.exchange.packet import BlobRef
from lienthong.kernel.clock import ManualClock
from lienthong.trust.journal import Journal, Statement
from tests.support.gateways import CENTRE, COMMUNE

NOW = 1_795_000_000_000
ARRIVED = """INSERT INTO mailbox (receiver, message, sender, label, urgency, arrived, state, envelope, concluded)
    VALUES (?, ?, ?, '', 0, 0, 'opened', x'', ?)"""
# Sweeps, and is killed at the so-manyth of such steps.
CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from lienthong.exchange.blobs import BlobStore
from lienthong.exchange.mail.sweeping import KEEP, Sweeper
from lienthong.kernel.clock import ManualClock
from lienthong.trust.journal import Journal

folder, step, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
count = 0

def counted():
    global count
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)

class Watched(Journal):
    async def commit(self, *args):
        if step == "before":
            counted()
        await super().commit(*args)
        if step == "after":
            counted()

unlink = Path.unlink

def watched(self, **options):
    unlink(self, **options)
    if step == "unlink":
        counted()

Path.unlink = watched
clock = ManualClock(int(sys.argv[4]))
journal = Watched.open(folder / "journal.sqlite", site="p1", clock=clock)
asyncio.run(Sweeper(journal, clock, BlobStore(folder / "blobs"), folder / "outbox", keep=KEEP).sweep())
"""


def sweeper_of(folder: Path) -> tuple[Sweeper, Journal]:
    clock = ManualClock(NOW)
    journal = Journal.open(folder / "journal.sqlite", site="p1", clock=clock)
    MailStore(journal)
    (folder / "outbox").mkdir(exist_ok=True)
    return Sweeper(journal, clock, BlobStore(folder / "blobs"), folder / "outbox", keep=KEEP), journal


@pytest.mark.parametrize(("step", "number"), [("before", 3), ("after", 3), ("unlink", 100)])
def test_killed_in_the_middle_it_has_taken_nothing_that_is_needed_and_goes_on(
    tmp_path: Path, step: str, number: int
) -> None:
    sweeper, journal = sweeper_of(tmp_path)
    refs = [BlobRef(branch="tw", site="tw", name=f"{number:04}", key=bytes(32), chunks=1) for number in range(500)]
    kept = {file_of(ref) for ref in refs[::10]}
    statements: list[Statement] = []
    for ref in refs:
        path = tmp_path / "blobs" / file_of(ref)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
        # Every tenth is still to be decided on, the others are accepted long since.
        key = (str(COMMUNE), uuid.uuid4(), str(CENTRE))
        statements += needs(key, [file_of(ref)])
        statements.append((ARRIVED, (key[0], key[1].bytes, key[2], 0 if file_of(ref) in kept else 1)))
    asyncio.run(journal.commit([], statements))
    journal.close()
    arguments = [sys.executable, "-c", CHILD, str(tmp_path), step, str(number), str(NOW)]
    assert subprocess.run(arguments, check=False, timeout=60).returncode == -signal.SIGKILL
    left = {path.name for path in (tmp_path / "blobs").iterdir()}
    assert kept < left < {file_of(ref) for ref in refs}
    sweeper, journal = sweeper_of(tmp_path)
    # What it had noted and not removed is nobody's, and goes as anything that is nobody's.
    assert asyncio.run(sweeper.sweep()) == len(left - kept)
    assert {path.name for path in (tmp_path / "blobs").iterdir()} == kept
    assert {file for (file,) in journal.read("SELECT file FROM content")} == kept
    journal.close()


async def test_what_was_here_before_it_was_noted_who_needs_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blobs").mkdir()
    for name in ("tw.tw.old", "tw.tw.half.part"):
        (tmp_path / "blobs" / name).write_bytes(b"x")
        os.utime(tmp_path / "blobs" / name, (0, 0))
    with monkeypatch.context() as patched:
        patched.setattr(schema, "_STEPS", schema._STEPS[:2])
        _, journal = sweeper_of(tmp_path)
    journal.ensure(
        "INSERT INTO mailbox (receiver, message, sender, label, urgency, arrived, state, envelope)"
        " VALUES ('r', x'00', 's', '', 0, 0, 'accepted', x'')"
    )
    journal.close()
    for _ in range(2):
        sweeper, journal = sweeper_of(tmp_path)
        assert await sweeper.sweep() == 0
        new = tmp_path / "blobs" / "tw.tw.new"
        new.write_bytes(b"x")
        os.utime(new, (0, 0))
        assert await sweeper.sweep() == 1
        journal.close()
    assert sorted(path.name for path in (tmp_path / "blobs").iterdir()) == ["tw.tw.half.part", "tw.tw.old"]
