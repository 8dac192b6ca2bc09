"""What came to many organs is entered together and once, wherever a courier dies; no organ waits for another."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry, Notification
from lienthong.office.documents.actions import arriving
from lienthong.office.documents.exchange import basket, entering, mailboxes, taking
from lienthong.office.documents.exchange.audience import everybody
from lienthong.office.documents.exchange.basket import Basket, Visit
from lienthong.office.documents.models import Document, File, Mailbox
from lienthong.office.vault.models import Blob
from lienthong.office.vault.storage import objects
from lienthong.office.vault.sweeping import sweep
from tests.office.documents.exchange.posts import files_of, run_jobs

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts

_ALL = {"T.centre", "T.commune", "T.elsewhere", "T.neighbour"}


@pytest.fixture
def sent(posts: "Posts") -> "Posts":
    """A document of the province with a file, on its way to everybody; only the commune has a clerk."""
    posts.leaving = [("Quyết định.pdf", b"%PDF-1")]
    posts.dispatched(posts.issued(label=Level.CONFIDENTIAL), to=everybody())
    run_jobs()
    return posts


def _visits(posts: "Posts") -> list[Visit]:
    """Look into all mailboxes, as the courier's hands do."""
    with scope.system():
        Mailbox.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    visits = []
    for row in mailboxes.claim(100):
        post = taking.Post(exchange=posts.exchange, link=posts.exchange.link(row.organ.code), organ=row.organ)
        whole = mailboxes.is_whole_due(row)
        visits.append(Visit(row=row, whole=whole, found=taking.gather(post, whole=whole)))
    return visits


def _round(posts: "Posts") -> None:
    carried = Basket(served=5)
    carried.add(_visits(posts))
    carried.empty()


def _arrived() -> list[Document]:
    with scope.system():
        return list(Document.objects.filter(direction="incoming").select_related("organ").order_by("organ__code"))


def _assert_once(posts: "Posts") -> None:
    """Everything is there, everywhere, and only once."""
    documents = _arrived()
    assert {document.organ.code for document in documents} == _ALL
    assert len(documents) == len(_ALL)
    assert all(files_of(document) == posts.leaving for document in documents)
    with scope.system():
        assert AuditEntry.objects.filter(kind="documents:document:arrive").count() == len(_ALL)
        assert Notification.objects.filter(person=posts.clerk, kind="documents:document:arrived").count() == 1
        assert not Mailbox.objects.filter(unsettled=True).exists()


def test_many_organs_get_theirs_in_as_many_statements_as_one(sent: "Posts") -> None:
    visits = _visits(sent)
    one = [visit.found for visit in visits if visit.row.organ.code == "T.commune"]
    others = [visit.found for visit in visits if visit.row.organ.code != "T.commune"]
    counts = []
    for found in (one, others):
        with CaptureQueriesContext(connection) as queries:
            entering.enter_all(found)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 24
    assert len(_arrived()) == len(_ALL)


def test_who_dies_before_the_commit_leaves_nothing_but_what_is_swept(
    sent: "Posts", monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.system():
        before = Blob.objects.count()
    with monkeypatch.context() as dying:
        dying.setattr(arriving, "tell_all", _die)
        with pytest.raises(KeyboardInterrupt):
            _round(sent)
    assert _arrived() == []
    with scope.system():
        assert (Blob.objects.count(), File.objects.count()) == (before, before)
        assert Mailbox.objects.filter(unsettled=True).count() == len(_ALL) + 1
    left = len(list(objects().walk()))
    _round(sent)
    _assert_once(sent)
    assert len(list(objects().walk())) == left + len(_ALL)
    # A day later.
    sweep(timezone.now() + timedelta(days=2))
    _assert_once(sent)
    with scope.system():
        assert len([each for each in objects().walk() if each.name != "owner"]) == Blob.objects.count()


def test_who_dies_between_commit_and_noting_enters_nothing_twice(
    sent: "Posts", monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(mailboxes, "looked", _die)
        with pytest.raises(KeyboardInterrupt):
            _round(sent)
    assert len(_arrived()) == len(_ALL)
    _round(sent)
    _assert_once(sent)
    _round(sent)
    _assert_once(sent)


def test_one_that_cannot_be_entered_keeps_no_other_from_it(sent: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(parcel: arriving.Parcel) -> Document:
        if parcel.organ.code == "T.neighbour":
            raise ZeroDivisionError
        return made(parcel)

    made = arriving._document
    with monkeypatch.context() as failing:
        failing.setattr(arriving, "_document", broken)
        _round(sent)
    assert {document.organ.code for document in _arrived()} == _ALL - {"T.neighbour"}
    with scope.system():
        assert [row.organ.code for row in Mailbox.objects.filter(unsettled=True).select_related("organ")] == [
            "T.neighbour"
        ]
    _round(sent)
    _assert_once(sent)


def test_two_couriers_with_the_same_message_enter_it_once(sent: "Posts") -> None:
    visits, same = _visits(sent), _visits(sent)
    for found in (visits, same):
        carried = Basket(served=5)
        carried.add(found)
        carried.empty()
    _assert_once(sent)


def test_a_basket_waits_for_more_but_not_for_long(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    visits = _visits(posts)
    carried = Basket(served=5)
    assert not carried.is_due()
    carried.add(visits[:1])
    assert not carried.is_due()
    now[0] += 0.6
    assert carried.is_due()
    carried.empty()
    assert not carried.is_due()
    carried.add(visits[1:2] * basket.FULL)
    assert carried.is_due()


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
