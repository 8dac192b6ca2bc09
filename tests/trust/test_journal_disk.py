"""Full disks and sudden death: what was acknowledged stays, and nothing is half recorded."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lienthong.trust.audit import audit_journal
from lienthong.trust.errors import JournalError
from lienthong.trust.journal import Journal
from tests.support.journals import NOW, REMEMBER, REPLAYS, consistent, entry, keys_of, opened, signer

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
from tests.support.journals import consistent, entry, opened

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
from tests.support.journals import REMEMBER, REPLAYS, entry, opened

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
