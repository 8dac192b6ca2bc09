"""The machine: versions, disk, and the journal's file."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lienthong.exchange.doctor import machine
from lienthong.exchange.doctor.lines import Level, Line
from lienthong.kernel.clock import HOUR, ManualClock
from lienthong.trust.journal import Journal
from lienthong.trust.keys import Algorithm
from tests.support.evidence import NOW, SITE, Parties, State, make_state, receipt

MIB = 1024 * 1024


@dataclass
class Disk:
    """What the system says of a disk."""

    free: int = 100 * 1024 * MIB
    f_files: int = 1_000_000
    f_favail: int = 900_000
    f_frsize: int = 4096

    @property
    def f_bavail(self) -> int:
        return self.free // self.f_frsize


def levels(lines: list[Line]) -> list[Level]:
    return [line.level for line in lines]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Disk], None]:
    return lambda disk: monkeypatch.setattr(os, "statvfs", lambda _: disk)


def test_versions_and_algorithms() -> None:
    (line,) = machine.software()
    assert line.level is Level.OK
    assert line.text.startswith("Python 3.")
    assert "OpenSSL" in line.text


def test_an_algorithm_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_works", lambda algorithm: algorithm is not Algorithm.ML_DSA_65)
    (line,) = machine.software()
    assert line.level is Level.FAIL
    assert "ML_DSA_65" in line.text


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        (Disk(), [Level.OK]),
        (Disk(free=500 * MIB), [Level.WARN]),
        (Disk(free=10 * MIB), [Level.FAIL]),
        (Disk(f_favail=5_000), [Level.OK, Level.WARN]),
        (Disk(f_favail=5), [Level.OK, Level.FAIL]),
        (Disk(f_files=0, f_favail=0), [Level.OK]),
    ],
)
def test_room(tmp_path: Path, says: Callable[[Disk], None], disk: Disk, expected: list[Level]) -> None:
    says(disk)
    assert levels(machine.disk(tmp_path)) == expected
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_does_not_exist_yet(tmp_path: Path) -> None:
    assert levels(machine.journal(tmp_path / "journal.sqlite", site=SITE, at=NOW)) == [Level.OK]
    assert machine.latest_entry(tmp_path / "journal.sqlite") is None


@pytest.fixture
def state(tmp_path: Path) -> State:
    return make_state(tmp_path)


def test_a_journal_in_order(state: State) -> None:
    (line,) = machine.journal(state.journal, site=SITE, at=NOW + HOUR)
    assert line.level is Level.OK
    assert line.text == "Entries: 10, checkpoints: 3."
    assert machine.latest_entry(state.journal) == NOW + 9 * 60_000


def test_a_journal_of_another_site(state: State) -> None:
    (line,) = machine.journal(state.journal, site="site-x", at=NOW)
    assert line.level is Level.FAIL
    assert "belongs to site site-a, not to site-x" in line.text


def test_a_journal_that_is_damaged(state: State) -> None:
    state.journal.write_bytes(b"text")
    assert levels(machine.journal(state.journal, site=SITE, at=NOW)) == [Level.FAIL]
    assert machine.latest_entry(state.journal) is None


def test_a_journal_that_cannot_be_written(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the system's own user one may write everything, so the question is answered for it.
    monkeypatch.setattr(os, "access", lambda *_: False)
    (line,) = machine.journal(state.journal, site=SITE, at=NOW)
    assert line.level is Level.FAIL
    assert "cannot be written" in line.text


@pytest.mark.parametrize(("later", "level"), [(0, Level.OK), (HOUR, Level.WARN)])
async def test_entries_without_a_checkpoint(tmp_path: Path, later: int, level: Level) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path, site=SITE, clock=ManualClock(NOW))
    await journal.commit([receipt(Parties(), 1)])
    journal.close()
    (line,) = machine.journal(path, site=SITE, at=NOW + later)
    assert line.level is level
    assert ("not covered" in line.text) is (level is Level.WARN)
