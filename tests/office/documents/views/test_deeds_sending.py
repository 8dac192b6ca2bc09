"""Pages of sending: whom a clerk may choose, and what is said of names that are not known."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.models import Dispatch, Document, Relation
from lienthong.office.documents.states import State
from tests.office.documents.views.test_deeds import browser, do

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - needs Django set up

    with opened(bureau) as made:
        yield made


def issued(bureau: "Bureau") -> Document:
    """Have an issued document."""
    document = bureau.signed()
    issue(actor=bureau.actor("clerk"), document=document)
    return bureau.fresh(document)


@pytest.mark.parametrize("named", ["T.commune", "xa 1", " Xã 1 \nT.commune"])
def test_single_organs_are_named_by_code_or_name(bureau: "Bureau", posts: "Posts", named: str) -> None:
    document = issued(bureau)
    assert do(browser(bureau, "clerk"), document, "dispatch", audience="named", organs=named) == 302
    with scope.system():
        made = Dispatch.objects.get()
    assert (made.audience, len(made.receivers), made.state) == ("Xã 1", 1, "waiting")


@pytest.mark.parametrize(("audience", "organs"), [("named", "Xã 9"), ("named", ""), ("named", "T.province"), ("x", "")])
def test_who_is_not_known_is_told_and_nothing_is_sent(
    bureau: "Bureau", posts: "Posts", audience: str, organs: str
) -> None:
    document = issued(bureau)
    assert do(browser(bureau, "clerk"), document, "dispatch", audience=audience, organs=organs) == 200
    with scope.system():
        assert not Dispatch.objects.exists()


@pytest.mark.parametrize("audience", ["above", "below", "everybody", "level-0"])
def test_many_are_addressed_together(bureau: "Bureau", posts: "Posts", audience: str) -> None:
    document = issued(bureau)
    assert do(browser(bureau, "clerk"), document, "dispatch", audience=audience) == 302
    page = browser(bureau, "clerk").get(f"/documents/{document.pk}/").content.decode()
    with scope.system():
        assert Dispatch.objects.get().audience in page


def test_only_clerks_send(bureau: "Bureau", posts: "Posts") -> None:
    document = issued(bureau)
    for key in ("writer", "signer"):
        assert do(browser(bureau, key), document, "dispatch", audience="everybody") == 403


def test_it_is_replaced_by_what_the_register_has(bureau: "Bureau", posts: "Posts") -> None:
    old, new = issued(bureau), issued(bureau)
    clerk = browser(bureau, "clerk")
    assert do(clerk, old, "replace", by="99-KH/T.province") == 200
    assert do(clerk, old, "replace", by=new.number) == 302
    assert bureau.fresh(old).state == State.REPLACED
    with scope.system():
        assert Relation.objects.get(kind="replaces").other_id in {old.pk, new.pk}


def test_it_is_asked_for_back_with_a_reason(bureau: "Bureau", posts: "Posts") -> None:
    document = issued(bureau)
    assert do(browser(bureau, "clerk"), document, "recall", reason="Sai phụ lục") == 302
    assert bureau.fresh(document).state == State.RECALLED
