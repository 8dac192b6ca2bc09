"""The courier's rounds, without threads of its own beside the test's transaction: see also the whole way."""

from typing import TYPE_CHECKING

import pytest

from lienthong.client import GatewayUnreachable
from lienthong.office.core import scope
from lienthong.office.documents.exchange import gateways
from lienthong.office.documents.exchange.courier import Courier
from lienthong.office.documents.exchange.memory import MemoryExchange
from lienthong.office.documents.models import Delivery, Dispatch, Mailbox
from tests.office.documents.exchange.posts import fresh, run_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(lasting_bureau: "Bureau") -> "Iterator[Posts]":
    """Really committed: the courier's threads have connections of their own."""
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - needs Django set up

    with opened(lasting_bureau) as made:
        yield made


@pytest.fixture
def courier(posts: "Posts") -> "Iterator[Courier]":
    made = Courier()
    yield made
    made.stop()
    made.run()


def test_it_takes_what_has_come_and_follows_what_was_sent(posts: "Posts", courier: Courier) -> None:
    made = posts.sent()
    with scope.system():
        Dispatch.objects.filter(pk=made.pk).update(follow_at=made.sent_at)
    assert courier.round()
    assert len(posts.arrived()) == 1
    with scope.system():
        Dispatch.objects.filter(pk=made.pk).update(follow_at=made.sent_at)
    courier.round()
    with scope.system():
        assert Delivery.objects.get(dispatch=made).state == "opened"
        assert not Mailbox.objects.filter(unsettled=True).exists()


def test_a_gateway_that_is_away_leaves_everything_due(posts: "Posts", courier: Courier) -> None:
    made = posts.sent()
    with scope.system():
        Dispatch.objects.filter(pk=made.pk).update(follow_at=made.sent_at)
    posts.exchange.troubles = [GatewayUnreachable("x")] * 6
    courier.round()
    with scope.system():
        assert Mailbox.objects.filter(unsettled=True, pause=5).count() == 5
    assert posts.arrived() == []
    after = fresh(made).follow_at
    assert after is not None
    assert made.sent_at is not None
    assert (after - made.sent_at).total_seconds() > 50


def test_a_defect_in_one_look_stops_no_other(posts: "Posts", courier: Courier, monkeypatch: pytest.MonkeyPatch) -> None:
    posts.sent()
    original = MemoryExchange.link

    def broken(self: MemoryExchange, code: str) -> object:
        if code == "T.centre":
            raise ZeroDivisionError
        return original(self, code)

    monkeypatch.setattr(MemoryExchange, "link", broken)
    assert courier.round()
    assert len(posts.arrived()) == 1


def test_it_has_nothing_to_do_where_nobody_is_served(posts: "Posts", courier: Courier) -> None:
    with gateways.standing_in(MemoryExchange(organs={})):
        assert not courier.round()
    with scope.system():
        assert not Mailbox.objects.exists()
    assert run_jobs() == []
