"""A sender asks for a document back or replaces it; a receiver answers once."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.documents.actions.recalling import agree, asked_back, keep, recall, replace
from lienthong.office.documents.models import Relation
from lienthong.office.documents.states import State
from tests.office.documents.exchange.posts import opened, run_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    """The province and a commune, between them an exchange in memory."""
    with opened(bureau) as made:
        yield made


def test_who_may_ask_for_it(posts: "Posts") -> None:
    document = posts.issued()
    for key in ("writer", "administrator", "outsider"):
        with pytest.raises(Forbidden):
            recall(actor=posts.bureau.actor(key), document=document, reason="x")
    for reason in ("", " ", "x" * 2001):
        with pytest.raises(Invalid):
            recall(actor=posts.bureau.actor("clerk"), document=document, reason=reason)
    recall(actor=posts.bureau.actor("signer"), document=document, reason="Sai")
    assert posts.bureau.fresh(document).state == State.RECALLED
    with pytest.raises(Conflict):
        recall(actor=posts.bureau.actor("clerk"), document=document, reason="Sai")
    assert run_jobs() == ["documents.recall"]


def test_it_is_replaced_by_one_that_is_issued_here(posts: "Posts") -> None:
    old, new, draft = posts.issued(), posts.issued(), posts.bureau.draft()
    clerk = posts.bureau.actor("clerk")
    arrived = posts.bureau.arrived()
    for other in (old, draft, arrived):
        with pytest.raises(Invalid):
            replace(actor=clerk, document=old, by=other)
    replace(actor=clerk, document=old, by=new)
    assert posts.bureau.fresh(old).state == State.REPLACED
    with scope.system():
        (row,) = Relation.objects.filter(document=new)
    assert (row.kind, row.other_id, row.other_uid) == ("replaces", old.pk, old.uid)
    with pytest.raises(Conflict):
        replace(actor=clerk, document=old, by=new)


def test_only_who_sent_it_can_ask_and_only_for_what_is_here(posts: "Posts") -> None:
    document = posts.bureau.arrived()
    ask = partial(asked_back, organ_id=document.organ_id, uid=document.uid, reason="Sai")
    assert ask(author_code="T.elsewhere") is None
    found = ask(author_code=document.author_code)
    assert found is not None
    with pytest.raises(Invalid):
        keep(actor=posts.bureau.actor("clerk"), document=found, reason=" ")
    agree(actor=posts.bureau.actor("clerk"), document=found)
    assert posts.bureau.fresh(document).state == State.RECALLED
    # Said again, after it was given back, it asks for nothing.
    assert ask(author_code=document.author_code) is None
    with pytest.raises(Conflict):
        keep(actor=posts.bureau.actor("clerk"), document=found, reason="x")
