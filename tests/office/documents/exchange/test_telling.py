"""The author learns what became of its document, once, and who was asked for it answers."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lienthong.client import GatewayUnreachable
from lienthong.office.core import scope
from lienthong.office.documents.actions import recalling
from lienthong.office.documents.actions.receiving import accept, refuse
from lienthong.office.documents.exchange import telling
from lienthong.office.documents.models import Delivery, Document
from lienthong.office.documents.states import State
from tests.office.documents.exchange.posts import run_jobs

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)


def _tell(document: Document, code: str, note: str = "", key: str = "k") -> None:
    telling.tell_author(document_id=document.pk, code=code, note=note, at=AT, key=key)


def test_who_accepts_says_the_number(posts: "Posts") -> None:
    posts.sent()
    posts.look()
    (document,) = posts.arrived()
    entry = accept(actor=posts.commune_clerk(), document=document)
    posts.exchange.troubles = [GatewayUnreachable("x")]
    with pytest.raises(GatewayUnreachable):
        run_jobs()
    _tell(document, "03")
    _tell(document, "03")
    (letter,) = posts.exchange.letters
    assert (letter.state, str(entry) in letter.note) == ("accepted", True)


def test_who_refuses_says_why(posts: "Posts") -> None:
    posts.sent()
    posts.look()
    (document,) = posts.arrived()
    refuse(actor=posts.commune_clerk(), document=document, reason="Sai nơi nhận")
    assert run_jobs() == ["documents.report"]
    assert (posts.exchange.letters[0].state, posts.exchange.letters[0].note) == ("refused", "Sai nơi nhận")


def test_what_was_taken_back_meanwhile_stays_as_it_is_here(posts: "Posts") -> None:
    made = posts.sent()
    posts.look()
    (document,) = posts.arrived()
    assert made.message is not None
    posts.exchange.link("T.province").recall(made.message, reason="x")
    accept(actor=posts.commune_clerk(), document=document)
    run_jobs()
    assert posts.arrived()[0].state == State.REGISTERED
    assert posts.exchange.letters[0].state == "recalled"


def test_a_state_is_one_message_however_often_it_is_told(posts: "Posts") -> None:
    made = posts.sent()
    posts.look()
    (document,) = posts.arrived()
    _tell(document, "05", "Đang làm", key="a")
    _tell(document, "05", "Đang làm", key="a")
    assert len(posts.exchange.letters) == 2
    posts.look(posts.province)
    with scope.system():
        row = Delivery.objects.get(dispatch=made)
    assert (row.code, row.note) == ("05", "Đang làm")


def test_asked_back_it_is_gone_where_nobody_has_opened_it(posts: "Posts") -> None:
    made = posts.sent()
    recalling.recall(actor=posts.bureau.actor("clerk"), document=made.document, reason="Sai số liệu")
    assert run_jobs() == ["documents.recall"]
    assert posts.exchange.letters[0].state == "recalled"
    # Whoever had opened it meanwhile is asked; here nobody had, so there is nothing to ask.
    posts.look()
    assert posts.arrived() == []
    assert posts.exchange.letters[1].state == "accepted"
    run_jobs()
    assert len(posts.exchange.letters) == 2


def test_asked_back_from_who_has_it(posts: "Posts") -> None:
    made = posts.sent()
    posts.look()
    from lienthong.office.documents.exchange import following  # noqa: PLC0415 - beside its only use

    following.follow(made.pk)
    recalling.recall(actor=posts.bureau.actor("clerk"), document=made.document, reason="Sai số liệu")
    run_jobs()
    telling.ask_back(document_id=made.document_id, reason="Sai số liệu")
    assert len(posts.exchange.letters) == 2
    posts.look()
    (document,) = posts.arrived()
    assert document.recall_reason == "Sai số liệu"
    recalling.keep(actor=posts.commune_clerk(), document=document, reason="Đang xử lý")
    run_jobs()
    posts.look(posts.province)
    with scope.system():
        row = Delivery.objects.get(dispatch=made)
    assert (row.code, row.note) == ("16", "Đang xử lý")
