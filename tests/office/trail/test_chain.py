"""The trail is chained, signed, compared and verified; whoever tampers with it is found out."""

import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from lienthong.exchange.evidence.verify import verify
from lienthong.kernel.clock import DAY, HOUR, ManualClock, SystemClock
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.audit import record
from lienthong.office.core.models import AuditEntry
from lienthong.office.trail import rows
from lienthong.office.trail.chain import extend, number_of, seal
from lienthong.office.trail.comparison import Fault, compare
from lienthong.office.trail.notary import JOURNAL, Notary
from lienthong.trust.errors import JournalError
from tests.office.people import House


class Did(StrEnum):
    SEEN = "tests:person:see"


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary.open(tmp_path / "trail")


def note(house: House, about: str = "official", label: Level = Level.PUBLIC, *, wait: bool = True) -> int:
    """Record something; wait until its place is final: other tests' transactions on this server hold it back."""
    number = _record(house, about, label)
    until = time.monotonic() + 60
    while wait and time.monotonic() < until:
        with scope.system():
            (row,) = rows.by_number([number])
            if rows.horizon().ended > row.xid:
                break
        time.sleep(0.05)
    return number


def _record(house: House, about: str, label: Level) -> int:
    with scope.system(), transaction.atomic():
        record(
            actor=house.actor("administrator"),
            kind=Did.SEEN,
            obj=house.persons[about],
            old={"tên": "Nguyễn", "n": 1},
            new={"tên": "Trần", "list": [1, 2, {"a": None}]},
            label=label,
        )
        return AuditEntry.objects.latest("id").pk


@pytest.fixture
def loose(lasting_house: House) -> Iterator[None]:
    """Take the protection of the trail away, as only the tables' owner can."""
    del lasting_house
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER append_only")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER append_only")


def _verified(notary: Notary) -> list[str]:
    report = verify(notary.folder, notary.root.read_bytes(), SystemClock().now() + 1)
    return [finding.what for finding in report.findings]


def test_what_is_recorded_is_chained_once_and_verifies(lasting_house: House, notary: Notary) -> None:
    numbers = [note(lasting_house) for _ in range(3)]
    assert extend(notary) == 3
    assert extend(notary) == 0
    numbers.append(note(lasting_house, label=Level.SECRET))
    assert seal(notary).size == 4
    journal = notary.journal()
    entries = journal.entries(0, 9)
    journal.close()
    assert [number_of(entry.id) for entry in entries] == numbers
    assert entries[3].label == "secret"
    assert list(compare(notary.folder / JOURNAL)) == []
    assert _verified(notary) == []


def test_nothing_of_an_entry_stands_in_the_journal(lasting_house: House, notary: Notary) -> None:
    note(lasting_house)
    seal(notary)
    data = b"".join(path.read_bytes() for path in notary.folder.glob("journal.sqlite*"))
    assert "Nguyễn".encode() not in data
    assert lasting_house.persons["administrator"].name.encode() not in data


def test_what_is_rolled_back_is_never_chained(lasting_house: House, notary: Notary) -> None:
    first = note(lasting_house)
    with transaction.atomic():
        note(lasting_house, wait=False)
        transaction.set_rollback(True)
    last = note(lasting_house)
    assert last > first + 1
    assert extend(notary) == 2
    assert list(compare(notary.folder / JOURNAL)) == []


def test_a_late_commit_is_not_passed_over(lasting_house: House, notary: Notary) -> None:
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"], dbname=settings["NAME"], user=settings["USER"], password=settings["PASSWORD"],
        port=settings["PORT"] or None,
    ) as slow:  # fmt: skip
        slow.execute("SELECT set_config('lienthong.scope', 'all', false)")
        # An earlier number, of a transaction that takes its time.
        slow.execute(
            "INSERT INTO core_auditentry (kind, person_id, person_name, appointment_id, acting_as, on_behalf_of,"
            " object_type, object_id, object_name, organ_path, label)"
            " VALUES ('a:b:c', 0, '', 0, '', '', 'x.y', 0, '', '', 0)"
        )
        note(lasting_house, wait=False)
        assert extend(notary) == 0
        slow.commit()
    note(lasting_house)
    assert extend(notary) == 3
    assert list(compare(notary.folder / JOURNAL)) == []


def test_none_is_passed_over_where_numbers_of_transactions_get_longer(
    lasting_house: House, notary: Notary, loose: None
) -> None:
    numbers = [note(lasting_house) for _ in range(2)]
    with scope.system():
        for number, xid in zip(numbers, ("9", "10"), strict=True):
            connection.cursor().execute("UPDATE core_auditentry SET xid = %s::xid8 WHERE id = %s", [xid, number])
    assert [extend(notary, most=1), extend(notary, most=1)] == [1, 1]
    journal = notary.journal()
    assert [number_of(entry.id) for entry in journal.entries(0, 9)] == numbers
    journal.close()
    assert list(compare(notary.folder / JOURNAL)) == []


def test_the_database_refuses_to_change_the_trail(lasting_house: House) -> None:
    note(lasting_house)
    for statement in (
        "UPDATE core_auditentry SET person_name = 'x'",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry",
    ):
        with scope.system(), pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            connection.cursor().execute(statement)
    assert scope.current() == scope.NONE


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'x:y:z'", "person_name = 'x'", "old = NULL", "new = '{}'", "at = at + interval '1 microsecond'",
        "organ_path = '1/'", "label = 4", "address = '10.0.0.1'", "object_id = 7", "on_behalf_of = 'x'",
    ],
)  # fmt: skip
def test_a_changed_row_is_named(lasting_house: House, notary: Notary, loose: None, change: str) -> None:
    numbers = [note(lasting_house) for _ in range(3)]
    seal(notary)
    with scope.system():
        connection.cursor().execute(f"UPDATE core_auditentry SET {change} WHERE id = %s", [numbers[1]])  # noqa: S608 - one of the above
    (finding,) = compare(notary.folder / JOURNAL)
    assert (finding.fault, finding.number, finding.index, finding.kind) == (Fault.CHANGED, numbers[1], 1, Did.SEEN)


def test_removed_rows_are_named_also_the_last(lasting_house: House, notary: Notary, loose: None) -> None:
    numbers = [note(lasting_house) for _ in range(4)]
    seal(notary)
    with scope.system():
        connection.cursor().execute("DELETE FROM core_auditentry WHERE id = ANY(%s)", [[numbers[0], numbers[3]]])
    assert [(one.fault, one.number) for one in compare(notary.folder / JOURNAL)] == [
        (Fault.MISSING, numbers[0]),
        (Fault.MISSING, numbers[3]),
    ]


def test_a_row_slipped_in_is_named(lasting_house: House, notary: Notary, loose: None) -> None:
    first = note(lasting_house)
    last = note(lasting_house)
    seal(notary)
    with scope.system():
        connection.cursor().execute("DELETE FROM core_auditentry WHERE id = %s", [first])
        seal(notary)
        connection.cursor().execute(
            "INSERT INTO core_auditentry (id, kind, person_id, person_name, appointment_id, acting_as, on_behalf_of,"
            " object_type, object_id, object_name, organ_path, label, xid)"
            " VALUES (%s, 'a:b:c', 0, '', 0, '', '', 'x.y', 0, '', '', 0, '1')",
            [last + 50],
        )
    found = [(one.fault, one.number) for one in compare(notary.folder / JOURNAL)]
    assert found == [(Fault.MISSING, first), (Fault.SLIPPED_IN, last + 50)]


def test_an_open_hour_is_signed_when_it_is_over(lasting_house: House, tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now())
    notary = Notary.open(tmp_path / "trail", clock=clock)

    def sizes() -> list[int]:
        journal = notary.journal()
        try:
            return [checkpoint.size for checkpoint in journal.checkpoints()]
        finally:
            journal.close()

    note(lasting_house)
    extend(notary)
    assert sizes() == [1]
    note(lasting_house)
    extend(notary)
    assert sizes() == [1]
    clock.advance(HOUR)
    extend(notary)
    assert sizes() == [1, 2]
    clock.advance(HOUR)
    extend(notary)
    assert sizes() == [1, 2]


def test_a_damaged_journal_does_not_verify(lasting_house: House, notary: Notary) -> None:
    import sqlite3  # noqa: PLC0415 - only here

    note(lasting_house)
    note(lasting_house)
    seal(notary)
    file = sqlite3.connect(notary.folder / JOURNAL)
    file.execute("UPDATE entries SET body = (SELECT body FROM entries WHERE idx = 0) WHERE idx = 1")
    file.commit()
    file.close()
    assert _verified(notary) != []


def test_a_restored_database_goes_on(lasting_house: House, notary: Notary) -> None:
    note(lasting_house)
    seal(notary)
    journal = notary.journal()
    # As if the server of before had counted much further.
    import asyncio  # noqa: PLC0415 - only here

    asyncio.run(journal.commit([], [("UPDATE trail_mark SET xid = ?", (2**40,))]))
    journal.close()
    note(lasting_house)
    assert extend(notary) == 1
    note(lasting_house)
    assert extend(notary) == 1
    assert extend(notary) == 0
    assert list(compare(notary.folder / JOURNAL)) == []


def test_two_do_not_write_at_once(lasting_house: House, notary: Notary) -> None:
    journal = notary.journal()
    try:
        with pytest.raises(JournalError):
            extend(notary)
    finally:
        journal.close()


def test_the_directory_is_renewed_before_it_ends(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now())
    first = Notary.open(tmp_path / "trail", clock=clock)
    root = first.root.read_bytes()
    version = first.published.snapshot_version
    clock.advance(30 * DAY)
    assert Notary.open(tmp_path / "trail", clock=clock).published.snapshot_version == version
    clock.advance(30 * DAY)
    again = Notary.open(tmp_path / "trail", clock=clock)
    assert again.published.snapshot_version > version
    assert again.root.read_bytes() == root
