"""The trail: complete entries, only ever added, never outside what they tell of."""

from enum import StrEnum

import pytest
from django.db import DatabaseError, connection, transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.models import AuditEntry
from lienthong.office.organs.models import Unit
from tests.office.garden import plant


class Kinds(StrEnum):
    """One kind is enough here."""

    RENAMED = "tests:unit:rename"


ACTOR = Actor(
    person_id=7, name="Người dùng 7", appointment_id=3, position="Văn thư", organ="Xã 1", organ_path="1/",
    on_behalf_of="Người dùng 8", substitution_id=2, address="192.0.2.1",
)  # fmt: skip


@pytest.fixture
def unit(db: None) -> Unit:
    return plant("Xã 1")


def note(unit: Unit, actor: Actor = ACTOR) -> AuditEntry:
    with transaction.atomic(), scope.system():
        record(actor=actor, kind=Kinds.RENAMED, obj=unit, old={"name": "a"}, new={"name": "b"}, label=Level.SECRET)
        return AuditEntry.objects.latest("id")


def test_an_entry_says_who_as_what_for_whom_what_when_and_from_where(unit: Unit) -> None:
    entry = note(unit)
    assert (entry.kind, entry.person_id, entry.person_name) == ("tests:unit:rename", 7, "Người dùng 7")
    assert entry.appointment_id == 3
    assert (entry.acting_as, entry.on_behalf_of, entry.address) == ("Văn thư · Xã 1", "Người dùng 8", "192.0.2.1")
    assert (entry.object_type, entry.object_id, entry.object_name) == ("organs.unit", unit.pk, "Xã 1")
    assert entry.organ_path == unit.path
    assert (entry.old, entry.new, entry.label) == ({"name": "a"}, {"name": "b"}, Level.SECRET)
    assert entry.at is not None


def test_the_longest_names_fit(unit: Unit) -> None:
    unit.name = "x" * 200
    name = "n" * 200
    actor = Actor(person_id=7, name=name, position="p" * 200, organ="o" * 200, organ_path="1/", on_behalf_of=name)
    assert note(unit, actor).acting_as.startswith("ppp")


def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError):
        record(actor=ACTOR, kind=Kinds.RENAMED, obj=Unit(pk=1, name="Xã 1", organ_path="1/"))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_auditentry SET person_name = ''", "DELETE FROM core_auditentry", "TRUNCATE core_auditentry"],
)
def test_not_even_the_system_changes_or_removes_an_entry(unit: Unit, statement: str) -> None:
    entry = note(unit)
    with scope.system():
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert AuditEntry.objects.get(pk=entry.pk).person_name == "Người dùng 7"


def test_what_is_taken_back_leaves_no_entry(unit: Unit) -> None:
    with scope.system():
        before = AuditEntry.objects.count()
        with transaction.atomic():
            record(actor=ACTOR, kind=Kinds.RENAMED, obj=unit)
            transaction.set_rollback(True)
        assert AuditEntry.objects.count() == before
