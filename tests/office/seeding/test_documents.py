"""Documents to measure with: plausible, numbered without gaps, and the tables as they were before."""

from collections import defaultdict

import pytest
from django.db import connection
from django.db.models import Count, Max, Min

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Access, Assignment, Document, Series, TakenNumber
from lienthong.office.documents.states import State
from lienthong.office.documents.words import number_key, texts_of, vector
from lienthong.office.seeding.documents import seed_documents
from lienthong.office.seeding.organs import seed_organs
from lienthong.office.seeding.persons import seed_persons
from tests.office.seeding.test_organs import small_profile

TABLES = "documents_%"
KEYS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid::regclass::text LIKE %s ORDER BY 1, 2"
)
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename LIKE %s ORDER BY 1, 2"


def _beside_the_rows() -> list[list[tuple[str, ...]]]:
    found = []
    with connection.cursor() as cursor:
        for query in (KEYS, INDEXES):
            cursor.execute(query, [TABLES])
            found.append(cursor.fetchall())
    return found


@pytest.mark.django_db
def test_documents_are_as_those_that_were_worked_on() -> None:
    seed_organs(small_profile())
    seed_persons(2000)
    before = _beside_the_rows()
    seed_documents(3000)
    assert _beside_the_rows() == before
    with scope.system():
        assert Document.objects.count() == 3000
        assert Document.objects.values("organ").distinct().count() > 50
        # Of the other states a large office has some too.
        common = {State.DRAFT, State.ISSUED, State.ARRIVED, State.REGISTERED, State.ASSIGNED, State.COMPLETED}
        assert common <= set(Document.objects.values_list("state", flat=True).distinct())
        labelled = Document.objects.filter(label__gte=Level.CONFIDENTIAL)
        assert 30 < labelled.count() < 300
        assert not labelled.exclude(words=None).exists()
        days = Document.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
        assert (days["last"] - days["first"]).days == 729
        for document in Document.objects.order_by("pk")[:100]:
            assert document.number_key == number_key(document.number)
            assert (document.entry is None) == (document.entered_on is None)
        assert Assignment.objects.count() > 500
        assert not Access.objects.exclude(document__in=Document.objects.all()).exists()


@pytest.mark.django_db
def test_numbers_have_no_gaps_and_go_on() -> None:
    seed_organs(small_profile())
    seed_documents(1000)
    with scope.system():
        numbers: dict[int, list[int]] = defaultdict(list)
        for series, number in TakenNumber.objects.order_by("document").values_list("series", "number"):
            numbers[series].append(number)
        assert len(numbers) > 100
        for run in Series.objects.all():
            assert numbers[run.pk] == list(range(1, run.next))
        entered = Document.objects.exclude(entry=None)
        assert entered.count() == sum(map(len, numbers.values())) > 500
        again = entered.values("organ", "direction", "type", "number", "entered_on").annotate(n=Count("pk"))
        assert not again.filter(n__gt=1, direction="outgoing", label__lt=Level.CONFIDENTIAL).exists()


@pytest.mark.django_db
def test_words_are_those_that_the_office_writes_itself() -> None:
    seed_organs(small_profile())
    seed_documents(50)
    with scope.system(), connection.cursor() as cursor:
        for document in Document.objects.filter(label__lt=Level.CONFIDENTIAL):
            cursor.execute(
                "SELECT words = %s::tsvector FROM documents_document WHERE id = %s",
                [vector(document.organ_id, texts_of(document), document.created_at.date()), document.pk],
            )
            assert cursor.fetchone() == (True,)
