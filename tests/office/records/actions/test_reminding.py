"""Makers are told in time, and not every day."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.models import Notification
from lienthong.office.records.actions.ending import submit
from lienthong.office.records.actions.reminding import AGAIN, remind
from lienthong.office.records.models import WorkFile
from lienthong.office.records.tasks import remind_makers
from tests.office.records.actions.test_sharing import told
from tests.office.records.shelf import closed, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_who_has_a_file_that_is_due_is_told_once_a_month_until_it_is_submitted(bureau: "Bureau") -> None:
    file, today = closed(bureau), localdate()
    opened(bureau)
    assert remind(today) == 0
    with scope.system():
        WorkFile.objects.filter(pk=file.pk).update(submit_by=today + timedelta(days=30))
    assert remind(today) == 1
    assert told(bureau, "clerk") == ["records:workfile:to-submit"]
    assert remind(today + AGAIN - timedelta(days=1)) == 0
    assert remind(today + AGAIN) == 1
    submit(actor=bureau.actor("clerk"), file=file)
    assert "records:workfile:to-submit" not in told(bureau, "clerk")
    assert remind(today + 3 * AGAIN) == 0


def test_the_morning_work_does_it(bureau: "Bureau") -> None:
    file = closed(bureau)
    with scope.system():
        WorkFile.objects.filter(pk=file.pk).update(submit_by=localdate())
        before = Notification.objects.count()
    remind_makers(int(file.created_at.timestamp()))
    with scope.system():
        assert Notification.objects.count() == before + 1
