"""Row-level security of documents: a query without any predicate returns what its reader may see, and no more.

What each may see is told here in Python from all rows, not by the policies' own predicate.
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Model, Value
from django.db.models.functions import Cast

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.numbering import reserve
from lienthong.office.documents.models import (
    Access,
    Answer,
    Assignment,
    Chain,
    ChainStep,
    Comment,
    Content,
    Correspondent,
    Delivery,
    Dispatch,
    Document,
    File,
    Intake,
    Letterhead,
    Mailbox,
    Period,
    Preview,
    Relation,
    Series,
    Step,
    TakenNumber,
)
from tests.office.documents.test_policies import fill
from tests.office.people import KINDS

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


class Oracle:
    """What a reader may see, row by row."""

    def __init__(self, reader: Actor) -> None:
        self._reader = reader
        self._mine = {reader.appointment_id, -reader.unit_id} if reader.appointment_id else set()

    def document(self, row: Document) -> bool:
        reader = self._reader
        highest = row.label == Level.TOP_SECRET
        if row.organ_id != reader.organ_id or row.label > reader.clearance or (highest and not reader.opens_top_secret):
            return False
        if Access.objects.filter(document=row, holder__in=self._mine).exists():
            return True
        return row.at_desk and not highest and bool(reader.roles & {Role.CLERK, Role.LEADER})

    def _own(self, row: Chain | Correspondent | Period | Letterhead | Series) -> bool:
        return row.organ_id == self._reader.organ_id

    def rules(self) -> dict[type[Model], Callable[[Any], bool]]:
        """Return, per table, whether a row is seen."""
        of_document = dict.fromkeys(
            (Relation, Step, Comment, Assignment, Dispatch, File, Content, Intake, Answer),
            lambda row: self.document(row.document),
        )
        return {
            Document: self.document,
            Access: lambda row: row.holder in self._mine,
            **of_document,
            Preview: lambda row: self.document(row.file.document),
            Delivery: lambda row: self.document(row.dispatch.document),
            **dict.fromkeys((Chain, Correspondent, Period, Letterhead, Series), self._own),
            ChainStep: lambda row: self._own(row.chain),
            Mailbox: lambda row: row is None,
            TakenNumber: lambda row: self._own(row.series),
        }


@pytest.fixture
def full(bureau: "Bureau") -> "Bureau":
    """Rows in every table, at organs on all sides."""
    fill(bureau)
    reserve(actor=bureau.actor("clerk"), type_="ke-hoach", secret=True, reason="Ban hành sau")
    issue(actor=bureau.actor("clerk"), document=bureau.signed(label=Level.CONFIDENTIAL))
    with scope.system():
        for document in Document.objects.all():
            by_id = document.created_by_id or bureau.actor("clerk").appointment_id
            Comment.objects.create(document=document, by_id=by_id, name="x", text="x")
            Relation.objects.create(document=document, kind="answers", other_number="1-CV")
            Assignment.objects.create(document=document, duty="lead", holder=1, name="x", by_id=by_id)
            made = Dispatch.objects.create(document=document, audience="x", by_id=by_id)
            Delivery.objects.create(dispatch=made, organ_code="T.commune", organ="x")
            Answer.objects.create(document=document, to_code="G22", to="x", code="03", at=made.at)
            Intake.objects.create(
                document=document, organ=document.organ, sender_code="G22", sender="x", packet_id=str(document.pk),
                digest="x", way="page",
            )  # fmt: skip
        for file in File.objects.all():
            Content.objects.create(
                file=file, document_id=file.document_id, words=Cast(Value("'1/x'"), SearchVectorField())
            )
            Preview.objects.create(file=file, state=Preview.State.FAILED)
        for organ in bureau.house.organs.values():
            Period.objects.create(organ=organ, starts_on=date(2026, 1, 1))
            Letterhead.objects.create(organ=organ, notation="x")
            Correspondent.objects.create(organ=organ, code="G22", name="x")
            Mailbox.objects.create(organ=organ)
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


def test_a_connection_that_was_told_nothing_sees_nothing(full: "Bureau") -> None:
    for value in (scope.NONE, scope.SIGN_IN, scope.Scope(scope="", clearance="", holders="", organ="", desk="")):
        with scope.using(value):
            for model in Oracle(full.actor("writer")).rules():
                assert not model._default_manager.exists(), model.__name__


def test_every_table_is_protected_from_its_owner_too(full: "Bureau") -> None:
    tables = {model._meta.db_table for model in apps.get_app_config("documents").get_models()}
    assert {model._meta.db_table for model in Oracle(full.actor("writer")).rules()} == tables
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert tables <= {row[0] for row in cursor.fetchall()}


def test_what_is_not_seen_is_neither_changed_nor_added(full: "Bureau") -> None:
    with scope.act_for(full.actor("outsider")), connection.cursor() as cursor:
        cursor.execute("UPDATE documents_document SET state = 'issued'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM documents_access")
        assert cursor.rowcount == 0
