"""Row-level security of work files: a query without any predicate returns what its reader may see, and no more.

What each may see is told here in Python from all rows, not by the policies' own predicate.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.records.actions.sharing import hand_over
from lienthong.office.records.models import (
    Approval,
    Disposal,
    DisposalFile,
    FileAccess,
    FileSeries,
    Hold,
    Item,
    WorkFile,
)
from tests.office.people import KINDS
from tests.office.records.shelf import fill, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

_KEEPERS = {Role.CLERK, Role.LEADER, Role.SECURITY, Role.AUDITOR}


class Oracle:
    """What a reader may see, row by row."""

    def __init__(self, reader: Actor) -> None:
        self._reader = reader
        self._mine = {reader.appointment_id, -reader.unit_id} if reader.appointment_id else set()

    def _here(self, row: WorkFile | Disposal) -> bool:
        reader = self._reader
        if row.label == Level.TOP_SECRET and not reader.opens_top_secret:
            return False
        return row.organ_id == reader.organ_id and row.label <= reader.clearance

    def file(self, row: WorkFile) -> bool:
        if not self._here(row):
            return False
        if row.offered_to_id in self._mine or FileAccess.objects.filter(file=row, holder__in=self._mine).exists():
            return True
        if row.mode == "open" and row.label <= Level.INTERNAL:
            return True
        return row.label != Level.TOP_SECRET and bool(self._reader.roles & _KEEPERS)

    def disposal(self, row: Disposal) -> bool:
        return self._here(row) and bool(self._reader.roles & _KEEPERS)

    def rules(self) -> dict[type[Model], Callable[[Any], bool]]:
        """Return, per table, whether a row is seen."""
        return {
            WorkFile: self.file,
            FileAccess: lambda row: row.holder in self._mine,
            **dict.fromkeys((Item, Hold), lambda row: self.file(row.file)),
            Disposal: self.disposal,
            **dict.fromkeys((DisposalFile, Approval), lambda row: self.disposal(row.disposal)),
            FileSeries: lambda row: row.organ_id == self._reader.organ_id,
        }


@pytest.fixture
def full(bureau: "Bureau") -> "Bureau":
    """Rows in every table, at organs on all sides."""
    fill(bureau)
    hand_over(actor=bureau.actor("clerk"), file=opened(bureau), to=bureau.actor("doer").appointment_id)
    clerk = bureau.actor("clerk")
    with scope.system():
        for file in WorkFile.objects.all():
            Hold.objects.create(file=file, reason="x", set_by_id=clerk.appointment_id)
            made = Disposal.objects.create(
                organ=file.organ, label=file.label, reason="x", proposed_by_id=clerk.appointment_id,
                proposer_id=clerk.person_id, proposer_name="x",
            )  # fmt: skip
            DisposalFile.objects.create(disposal=made, file=file)
            Approval.objects.create(
                disposal=made, by_id=clerk.appointment_id, person_id=clerk.person_id, name="x", position="x", leads=True
            )
    return bureau


def test_each_reader_sees_what_the_rules_say_and_nothing_else(full: "Bureau") -> None:
    everybody = (*full.people, *(key for key in KINDS if key not in {"anonymous", "operator", "unplaced"}))
    for key in everybody:
        reader = full.actor(key)
        for model, seen in Oracle(reader).rules().items():
            with scope.system():
                expected = {row.pk for row in model._default_manager.all() if seen(row)}
            with scope.act_for(reader):
                assert set(model._default_manager.values_list("pk", flat=True)) == expected, (key, model.__name__)


def test_top_secret_files_open_to_those_named_where_the_account_is_marked(full: "Bureau") -> None:
    reader = full.actor("writer")
    with scope.system():
        file = WorkFile.objects.get(label=Level.TOP_SECRET)
    for marked, level, expected in (("1", "4", True), ("0", "4", False), ("1", "3", False)):
        told = scope.of(reader)
        values = {name: getattr(told, name) for name in told.__slots__} | {"top": marked, "clearance": level}
        with scope.using(scope.Scope(**values)):
            assert WorkFile.objects.filter(pk=file.pk).exists() is expected


def test_a_connection_that_was_told_nothing_sees_nothing(full: "Bureau") -> None:
    for value in (scope.NONE, scope.SIGN_IN, scope.Scope(scope="", clearance="", holders="", organ="", desk="")):
        with scope.using(value):
            for model in Oracle(full.actor("writer")).rules():
                assert not model._default_manager.exists(), model.__name__


def test_every_table_is_protected_from_its_owner_too(full: "Bureau") -> None:
    tables = {model._meta.db_table for model in apps.get_app_config("records").get_models()}
    assert {model._meta.db_table for model in Oracle(full.actor("writer")).rules()} == tables
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert tables <= {row[0] for row in cursor.fetchall()}


def test_what_is_not_seen_is_neither_changed_nor_added(full: "Bureau") -> None:
    with scope.act_for(full.actor("outsider")), connection.cursor() as cursor:
        cursor.execute("UPDATE records_workfile SET state = 'disposed'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM records_fileaccess")
        assert cursor.rowcount == 0
