"""When mailboxes are looked into."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.documents.exchange import mailboxes
from lienthong.office.documents.models import Mailbox

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts


def _row(code: str = "T.commune") -> Mailbox:
    with scope.system():
        return Mailbox.objects.get(organ__code=code)


def _due(seconds: float) -> None:
    with scope.system():
        Mailbox.objects.update(due_at=timezone.now() + timedelta(seconds=seconds))


def test_there_is_one_for_each_organ_served_and_no_other(posts: "Posts") -> None:
    with scope.system():
        assert Mailbox.objects.count() == 5
        Mailbox.objects.all().delete()
    now = timezone.now()
    mailboxes.sync(posts.exchange.served())
    with scope.system():
        due = sorted((row.due_at - now).total_seconds() for row in Mailbox.objects.all())
    # One after the other, not all at once.
    assert [round(seconds) for seconds in due] == [0, 1, 2, 3, 4]
    mailboxes.sync(["T.commune", "T.hidden", "nobody"])
    with scope.system():
        # A department has none.
        assert [row.organ.code for row in Mailbox.objects.select_related("organ")] == ["T.commune"]


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(posts: "Posts") -> None:
    first = mailboxes.claim(3)
    second = mailboxes.claim(10)
    assert (len(first), len(second), len(mailboxes.claim(10))) == (3, 2, 0)
    assert all(row.unsettled for row in map(_row, [row.organ.code for row in first]))
    _due(-1)
    assert len(mailboxes.claim(10)) == 5


def test_pauses_grow_where_nothing_comes_and_end_where_something_does(posts: "Posts") -> None:
    pauses, row = [], _row()
    for _ in range(6):
        _due(-1)
        (row,) = [row for row in mailboxes.claim(10) if row.organ.code == "T.commune"]
        mailboxes.looked([mailboxes.Looked(row=row, found=False, whole=False)], served=5)
        pauses.append(_row().pause)
    assert pauses == [1, 2, 4, 5, 5, 5]
    mailboxes.looked([mailboxes.Looked(row=row, found=True, whole=True)], served=5)
    assert (_row().pause, _row().unsettled) == (mailboxes.BUSY, False)
    assert not mailboxes.is_whole_due(_row())
    # Thousands of organs are not asked every five seconds.
    for _ in range(12):
        mailboxes.looked([mailboxes.Looked(row=row, found=False, whole=False)], served=3355)
    assert 160 < _row().pause < 170


def test_what_failed_comes_later_and_then_whole(posts: "Posts") -> None:
    (row,) = [row for row in mailboxes.claim(10) if row.organ.code == "T.commune"]
    mailboxes.failed(row)
    after = _row()
    assert (after.pause, after.unsettled, mailboxes.is_whole_due(after)) == (5, True, True)
    after.pause = 290
    mailboxes.failed(after)
    assert _row().pause == 300


def test_one_that_is_woken_while_it_is_looked_into_comes_soon_again(posts: "Posts") -> None:
    with scope.system():
        Mailbox.objects.update(pause=100)
    (row,) = [row for row in mailboxes.claim(10) if row.organ.code == "T.commune"]
    mailboxes.wake(["T.commune"])
    # Not taken from whoever looks.
    assert mailboxes.claim(10) == []
    mailboxes.looked([mailboxes.Looked(row=row, found=False, whole=False)], served=5)
    assert _row().pause == 1
    _due(50)
    mailboxes.wake(["T.commune"])
    assert [row.organ.code for row in mailboxes.claim(10)] == ["T.commune"]
