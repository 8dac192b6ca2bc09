"""Whoever is to do something is told once that it is due, and once that it is late; of what is done nobody is."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import Notification
from lienthong.office.core.notifications.kinds import kind_of
from lienthong.office.documents.actions.assigning import Orders, assign, complete, start
from lienthong.office.documents.actions.reminding import remind
from lienthong.office.documents.models import Document
from lienthong.office.documents.tasks import remind_of_due
from tests.office.records.shelf import registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

DUE, LATE = "documents:document:due", "documents:document:late"
DAY = timedelta(days=1)


def _assigned(bureau: "Bureau", due: date, *, label: Level = Level.INTERNAL, to: str = "doer") -> Document:
    document = registered(bureau, label=label)
    orders = Orders(lead=bureau.actor(to).appointment_id, due=due)
    assign(actor=bureau.actor("signer"), document=document, orders=orders)
    return bureau.fresh(document)


def _told(bureau: "Bureau", key: str) -> list[str]:
    with scope.system():
        found = Notification.objects.filter(person_id=bureau.actor(key).person_id, kind__in=(DUE, LATE))
        return list(found.order_by("pk").values_list("kind", flat=True))


def test_each_is_told_once_before_and_once_after(bureau: "Bureau") -> None:
    due = localdate()
    document = _assigned(bureau, due)
    assert remind(due - 2 * DAY) == 0
    assert [remind(due + number * DAY) for number in range(-1, 10)] == [1, 0, 1, *[0] * 8]
    assert _told(bureau, "doer") == [DUE, LATE]
    assert _told(bureau, "signer") == []
    start(actor=bureau.actor("doer"), document=document)
    # That beginning ends what was told so far is no reason to tell it once more.
    assert [remind(due), remind(due + DAY)] == [0, 0]


def test_a_morning_without_the_office_loses_nothing(bureau: "Bureau") -> None:
    due = localdate()
    _assigned(bureau, due)
    assert remind(due) == 1
    assert remind(due + 7 * DAY) == 1


def test_what_is_done_is_told_to_nobody(bureau: "Bureau") -> None:
    due = localdate()
    document = _assigned(bureau, due)
    complete(actor=bureau.actor("doer"), document=document, result="Xong")
    assert [remind(due - DAY), remind(due + DAY)] == [0, 0]


def test_what_is_put_off_is_told_of_anew(bureau: "Bureau") -> None:
    due = localdate()
    document = _assigned(bureau, due)
    assert remind(due) == 1
    orders = Orders(lead=bureau.actor("doer").appointment_id, due=due + 5 * DAY)
    assign(actor=bureau.actor("signer"), document=document, orders=orders)
    assert remind(due + DAY) == 0
    assert remind(due + 4 * DAY) == 1


def test_what_nobody_was_asked_to_do_is_told_to_the_heads(bureau: "Bureau") -> None:
    document, due = registered(bureau), localdate()
    with scope.system():
        Document.objects.filter(pk=document.pk).update(due=due)
    assert remind(due) >= 1
    assert _told(bureau, "signer") == [DUE]
    assert _told(bureau, "doer") == []


def test_of_what_is_labelled_it_says_the_number_alone(bureau: "Bureau") -> None:
    due = date(2026, 3, 2)
    _assigned(bureau, due, label=Level.CONFIDENTIAL)
    remind(due)
    with scope.system():
        note = Notification.objects.get(kind=DUE)
    kind = kind_of(DUE)
    assert kind is not None
    assert note.label == Level.CONFIDENTIAL
    assert kind.text(note.facts).endswith(": 12-CV/TW")
    assert "Công văn" not in str(note.facts)


def test_the_morning_work_does_it(bureau: "Bureau") -> None:
    _assigned(bureau, date(2026, 3, 2))
    remind_of_due(int(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).timestamp()))
    assert _told(bureau, "doer") == [DUE]
