"""Receipts come to the page, refusals to the clerks, and what is settled is asked for no more."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from lienthong.client import NotFound
from lienthong.office.core import scope
from lienthong.office.core.models import Notification
from lienthong.office.documents.exchange import following
from lienthong.office.documents.exchange.audience import everybody
from lienthong.office.documents.models import Delivery, Dispatch
from tests.office.documents.exchange.posts import fresh, run_jobs

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts


def _states(made: Dispatch) -> dict[str, tuple[str, str]]:
    with scope.system():
        rows = Delivery.objects.filter(dispatch=made)
        return {row.organ_code: (row.state, row.note) for row in rows}


def test_each_receiver_stands_where_its_gateway_says(posts: "Posts") -> None:
    made = posts.dispatched(to=everybody())
    run_jobs()
    links = {code: posts.exchange.link(code) for code in ("T.commune", "T.neighbour", "T.centre")}
    message = posts.exchange.letters[0].message.id
    links["T.commune"].accept(message, note="Registered as 7")
    links["T.neighbour"].refuse(message, reason="Sai nơi nhận")
    links["T.centre"].open(message)
    following.follow(made.pk)
    assert _states(made) == {
        "T.commune": ("accepted", "Registered as 7"),
        "T.neighbour": ("refused", "Sai nơi nhận"),
        "T.centre": ("opened", ""),
        "T.elsewhere": ("delivered", ""),
    }
    after = fresh(made)
    assert after.counts == {"accepted": 1, "delivered": 1, "opened": 1, "refused": 1}
    assert after.follow_at is not None
    with scope.system():
        assert Delivery.objects.get(dispatch=made, organ_code="T.commune").code == "03"
        told = Notification.objects.filter(kind="documents:delivery:refused")
        before = told.count()
    assert before > 0
    # Nothing new, nobody is told again.
    following.follow(made.pk)
    with scope.system():
        assert told.count() == before
    for code in ("T.centre", "T.elsewhere"):
        posts.exchange.link(code).accept(message)
    following.follow(made.pk)
    assert fresh(made).follow_at is None


def test_it_is_asked_less_and_less_often(posts: "Posts") -> None:
    now = timezone.now()
    for age, pause in ((0, 0.5), (60, 6), (3600, 360), (86400, 3600), (44 * 86400, 3600)):
        made = Dispatch(sent_at=now - timedelta(seconds=age), total=1)
        after = following.next_look(made, now, still_open=True)
        assert after is not None
        assert (after - now).total_seconds() == pytest.approx(pause, abs=0.1)
        assert following.next_look(made, now, still_open=False) is None
    assert following.next_look(Dispatch(sent_at=now - timedelta(days=46)), now, still_open=True) is None
    nation = following.next_look(Dispatch(sent_at=now, total=3354), now, still_open=True)
    assert nation is not None
    assert nation - now < timedelta(seconds=1)


def test_a_refusal_here_is_none_of_the_receiver(posts: "Posts") -> None:
    posts.exchange.refusing = {"T.elsewhere": "label_above_ceiling"}
    made = posts.dispatched(to=everybody())
    run_jobs()
    following.follow(made.pk)
    assert _states(made)["T.elsewhere"] == ("dead", "label_above_ceiling")


def test_of_many_nothing_is_opened_until_it_has_arrived(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    made = fresh(posts.dispatched(to=everybody()))
    run_jobs()
    made = fresh(made)
    everywhere = {"T.centre", "T.commune", "T.elsewhere", "T.neighbour"}
    assert set(following.to_wake(made)) == everywhere
    made.counts |= {"sent": 1}
    assert set(following.to_wake(made)) == everywhere
    monkeypatch.setattr(following, "MANY", 3)
    assert following.to_wake(made) == ()
    # What does not arrive keeps the others waiting for a moment only.
    made.sent_at = timezone.now() - timedelta(seconds=11)
    assert set(following.to_wake(made)) == everywhere


def test_only_what_has_moved_is_asked_for_while_it_moves_often(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    made = posts.sent()
    asked: list[int] = []
    link = type(posts.exchange.link("T.province"))
    original = link.standings

    def standings(self: object, message: object, *, after: int = 0) -> object:
        asked.append(after)
        return original(self, message, after=after)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(link, "standings", standings)
    for seconds in (0, 1, 120):
        with scope.system():
            Dispatch.objects.filter(pk=made.pk).update(sent_at=timezone.now() - timedelta(seconds=seconds))
        following.follow(made.pk)
    assert asked == [0, 1, 0]


def test_a_message_that_the_gateway_does_not_know(posts: "Posts") -> None:
    made = posts.sent()
    posts.exchange.letters.clear()
    with pytest.raises(NotFound):
        following.follow(made.pk)
    waiting = posts.dispatched()
    following.follow(waiting.pk)
    assert fresh(waiting).state == Dispatch.State.WAITING
