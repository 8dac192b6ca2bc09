"""Row-level security: a query without any predicate returns what its reader may see, and without scope nothing.

Every protected table holds rows of organs on all sides of each reader. What each may see is computed here from the
rows themselves, without PostgreSQL, and compared with what comes back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.utils.timezone import now

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import (
    Appointment,
    Clearance,
    Invitation,
    NeedToKnow,
    Person,
    PersonImport,
    PersonImportRow,
    PersonKey,
    Substitution,
    Token,
    TokenKind,
)
from lienthong.office.api.models import Window
from lienthong.office.core import scope
from lienthong.office.core.actor import NOBODY, Actor, Role
from lienthong.office.core.models import AuditEntry, Notification, NotificationChoice, SavedView
from lienthong.office.organs import models as organs
from lienthong.office.organs.models import Kind, Position, Succession, Unit, UnitVersion, Upload
from lienthong.office.vault.models import Blob, UnitKey
from tests.office.garden import TODAY, actor, clear, official, plant, settle

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class World:
    """A country in small, and who reads it."""

    units: dict[str, Unit]
    readers: dict[str, Actor]


@pytest.fixture
def world(db: None) -> World:
    """Centre > province > two communes, another province, a secret organ, and a secret department in a commune."""
    units: dict[str, Unit] = {}
    units["centre"] = plant("Centre")
    units["province"] = plant("Province", units["centre"])
    units["commune"] = plant("Commune", units["province"])
    units["sister"] = plant("Sister", units["province"])
    units["elsewhere"] = plant("Elsewhere", units["centre"])
    units["office"] = plant("Office", units["commune"], kind=Kind.DEPARTMENT)
    units["cellar"] = plant("Cellar", units["commune"], kind=Kind.DEPARTMENT, label=Level.SECRET)
    units["hidden"] = plant("Hidden", units["centre"], label=Level.CONFIDENTIAL)
    units["deeper"] = plant("Deeper", units["hidden"], kind=Kind.DEPARTMENT, label=Level.CONFIDENTIAL)
    readers = {
        "official": official("Commune official", units["office"]),
        "sister": official("Sister official", units["sister"]),
        "cleared": official("Cleared official", units["office"], level=Level.SECRET),
        "half cleared": official("Half cleared official", units["office"], level=Level.CONFIDENTIAL),
        "initiated": official("Initiated official", units["sister"], level=Level.CONFIDENTIAL, known=[units["hidden"]]),
        "named only": official("Named official", units["sister"], known=[]),
        "administrator": official("Province administrator", units["province"], Role.ADMINISTRATOR),
        "auditor": official("Centre auditor", units["centre"], Role.AUDITOR),
        "cleared auditor": official("Cleared auditor", units["centre"], Role.AUDITOR, level=Level.TOP_SECRET),
        "without position": actor(settle("Without position", units["elsewhere"])),
    }
    official("Hidden official", units["deeper"], level=Level.CONFIDENTIAL)
    official("Elsewhere official", units["elsewhere"])
    with scope.system():
        clear(Person.objects.get(name="Named official"), Level.INTERNAL, units["hidden"])
        readers["named only"] = actor(Person.objects.get(name="Named official"))
        _fill()
    return World(units, readers)


def _fill() -> None:
    """Give every person a row in every table that hangs on persons, and every unit one in those of units."""
    persons = list(Person.objects.order_by("id"))
    for place, person in enumerate(persons):
        appointment = Appointment.objects.filter(person=person).first()
        if appointment:
            Substitution.objects.create(
                appointment=appointment,
                substitute=persons[place - 1],
                valid_from=TODAY,
                valid_to=TODAY + timedelta(days=9),
            )
            Token.objects.create(
                kind=TokenKind.PERSONAL, name="t", person=person, appointment=appointment, organ_path=person.organ_path,
                digest=place.to_bytes(32), expires_at=now(),
            )  # fmt: skip
        Window.objects.create(token_id=place + 1, minute=1, count=1)
        Invitation.objects.create(person=person, digest=place.to_bytes(32), expires_at=now())
        Notification.objects.create(person=person, kind="a:b:c", url="/", about=f"x:{place}")
        NotificationChoice.objects.create(person=person)
        SavedView.objects.create(person=person, page="p", name="n", query="")
        Upload.objects.create(person=person, subject="units", name="n", content=b"")
        run = PersonImport.objects.create(person=person, file_name="n")
        PersonImportRow.objects.create(run=run, number=1, effect="new")
        for label in (Level.INTERNAL, Level.SECRET):
            AuditEntry.objects.create(
                kind="a:b:c", person_id=person.pk, object_type="x.y", organ_path=person.organ_path, label=label
            )
    AuditEntry.objects.create(kind="a:b:system", person_id=0, object_type="x.y", organ_path="")
    units = list(Unit.objects.order_by("id"))
    for place, unit in enumerate(units):
        Succession.objects.create(old_code=f"0{place}", old_name="Before", successor=unit, since=TODAY)
        Succession.objects.create(predecessor=units[place - 1], successor=unit, since=TODAY)
        key = UnitKey.objects.create(unit=unit, generation=1, reference=place.to_bytes(16))
        Blob.objects.create(unit=unit, key=key, wrapped_key=b"k", size=0, sha256=bytes(32), stored=0)


class Oracle:
    """What a reader may see, told in Python from all rows."""

    def __init__(self, reader: Actor) -> None:
        self._reader = reader

    def unit(self, unit: Unit) -> bool:
        if unit.label < Level.CONFIDENTIAL:
            return True
        known = {unit.pk, unit.organ_id} & self._reader.known
        return unit.label <= self._reader.clearance and (self._within(unit.organ_path) or bool(known))

    def person(self, person: Person) -> bool:
        return self._within(person.organ_path) or person.pk == self._reader.person_id

    def substitution(self, row: Substitution) -> bool:
        return self.person(row.substitute) or self.person(row.appointment.person)

    def guarded(self, row: Clearance | NeedToKnow) -> bool:
        if row.person_id == self._reader.person_id:
            return True
        return bool(self._reader.roles & {Role.SECURITY, Role.AUDITOR}) and self.person(row.person)

    def trail(self, entry: AuditEntry) -> bool:
        if entry.person_id and entry.person_id == self._reader.person_id:
            return True
        reads = Role.AUDITOR in self._reader.roles and entry.label <= self._reader.clearance
        return reads and self._within(entry.organ_path)

    def _within(self, path: str) -> bool:
        own, wide = self._reader.organ_path, self._reader.roles & (set(Role) - {Role.CLERK})
        return bool(own) and (path == own or (bool(wide) and path.startswith(own)))

    def rules(self) -> dict[type[Model], Callable[[Any], bool]]:
        """Return, per protected table, whether a row is seen."""
        me = self._reader.person_id
        return {
            Unit: self.unit,
            UnitVersion: lambda row: self.unit(row.unit),
            organs.UnitKey: lambda row: self.unit(row.unit),
            Position: lambda row: self.unit(row.unit),
            Succession: lambda row: (
                self.unit(row.successor) and (row.predecessor is None or self.unit(row.predecessor))
            ),
            Person: self.person,
            PersonKey: lambda row: self._within(row.organ_path),
            Appointment: lambda row: self.person(row.person),
            Substitution: self.substitution,
            Clearance: self.guarded,
            NeedToKnow: self.guarded,
            Invitation: lambda row: self.person(row.person),
            Token: lambda row: row.person_id == me or self._within(row.organ_path),
            AuditEntry: self.trail,
            Notification: lambda row: row.person_id == me,
            NotificationChoice: lambda row: row.person_id == me,
            SavedView: lambda row: row.person_id == me,
            Upload: lambda row: row.person_id == me,
            PersonImport: lambda row: row.person_id == me,
            PersonImportRow: lambda row: row.run.person_id == me,
            Window: lambda _: False,
            UnitKey: lambda _: False,
            Blob: lambda _: False,
        }


def test_each_reader_sees_what_the_rules_say_and_nothing_else(world: World) -> None:
    for name, reader in world.readers.items():
        for model, seen in Oracle(reader).rules().items():
            with scope.system():
                expected = {row.pk for row in model._default_manager.all() if seen(row)}
            with scope.act_for(reader):
                assert set(model._default_manager.values_list("pk", flat=True)) == expected, (name, model.__name__)


def test_the_rows_tell_the_readers_apart(world: World) -> None:
    """A world in which everybody saw everything would prove nothing."""
    seen = {}
    for name, reader in world.readers.items():
        with scope.act_for(reader):
            seen[name] = set(Unit.objects.values_list("name", flat=True))
    everybody = {"Centre", "Province", "Commune", "Sister", "Elsewhere", "Office"}
    assert seen["official"] == seen["administrator"] == seen["half cleared"] == seen["named only"] == everybody
    assert seen["cleared"] == everybody | {"Cellar"}
    assert seen["initiated"] == everybody | {"Hidden", "Deeper"}
    assert seen["cleared auditor"] == everybody | {"Hidden", "Deeper", "Cellar"}


@pytest.mark.parametrize("value", [scope.NONE, scope.of(NOBODY)])
def test_nobody_sees_no_row_of_persons_or_trail(world: World, value: scope.Scope) -> None:
    with scope.using(value):
        for model in Oracle(NOBODY).rules():
            if value is scope.NONE or model not in {Unit, UnitVersion, organs.UnitKey, Position, Succession}:
                assert not model._default_manager.exists(), model.__name__


def test_a_connection_that_was_told_nothing_sees_nothing(world: World) -> None:
    with scope.using(scope.Scope(scope="", person="", clearance="", known="", audit="")):
        for model in Oracle(NOBODY).rules():
            assert not model._default_manager.exists(), model.__name__


def test_signing_in_finds_accounts_and_nothing_of_their_files(world: World) -> None:
    with scope.using(scope.SIGN_IN):
        assert Person.objects.count() == 12
        of_persons = (PersonKey, Token, AuditEntry, Notification, NotificationChoice, SavedView, Upload)
        for model in (*of_persons, PersonImport, PersonImportRow, UnitKey, Blob):
            assert not model._default_manager.exists(), model.__name__


def tables() -> Iterator[str]:
    """Yield the tables of our own apps."""
    for model in apps.get_models():
        if model._meta.app_label in {"core", "organs", "accounts", "api", "vault"}:
            yield model._meta.db_table


def test_every_table_of_ours_is_protected_from_its_owner_too(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
            " AND relnamespace = current_schema()::regnamespace"
        )
        protected = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
    assert set(tables()) <= protected
    assert {model._meta.db_table for model in Oracle(NOBODY).rules()} == set(tables()), "a table without an expectation"


@pytest.mark.parametrize("table", ["accounts_person", "organs_unit"])
def test_what_is_not_seen_is_neither_changed_nor_removed(world: World, table: str) -> None:
    name = {"accounts_person": "Elsewhere official", "organs_unit": "Hidden"}[table]
    with scope.act_for(world.readers["administrator"]), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET name = 'x' WHERE name = %s", [name])  # noqa: S608 - two names above
        assert cursor.rowcount == 0
        cursor.execute(f"DELETE FROM {table} WHERE name = %s", [name])  # noqa: S608 - the same
        assert cursor.rowcount == 0


def test_nobody_moves_a_person_out_of_their_own_sight(world: World) -> None:
    with (
        scope.act_for(world.readers["administrator"]),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE accounts_person SET organ_path = %s WHERE name = 'Commune official'",
            [world.units["elsewhere"].path],
        )
