"""The home page tells which documents wait, are due and are late; kept queries answer each reader as new ones."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import cards, scope
from lienthong.office.core.compiled import Compiled
from lienthong.office.documents import cards as ours
from lienthong.office.documents.actions.assigning import Orders, assign
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.models import Document

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def assigned(bureau: "Bureau", days: int, *, by: str = "doer", label: Level = Level.INTERNAL) -> Document:
    """Have one that somebody carries out until so many days from now."""
    document = bureau.arrived(label=label)
    accept(actor=bureau.actor("clerk"), document=document)
    orders = Orders(lead=bureau.actor(by).appointment_id, due=localdate(), instruction="x")
    assign(actor=bureau.actor("signer"), document=bureau.fresh(document), orders=orders)
    with scope.system():
        Document.objects.filter(pk=document.pk).update(due=localdate() + timedelta(days=days))
    return bureau.fresh(document)


def shown(bureau: "Bureau", key: str) -> dict[str, list[str]]:
    """Return the addresses on each card of this room."""
    actor = bureau.actor(key)
    with scope.act_for(actor):
        every = [card for shelf in cards.shelves(actor) for card in shelf.cards if card.key.startswith("documents-")]
    return {card.key.removeprefix("documents-"): [row.url for row in card.rows] for card in every}


def test_each_card_shows_what_is_its_readers(bureau: "Bureau") -> None:
    late, today, week, later = (assigned(bureau, days) for days in (-1, 0, 7, 8))
    hidden = assigned(bureau, -1, by="reviewer", label=Level.SECRET)
    arrived, turn = bureau.arrived(), bureau.approved()
    pages = {each: f"/documents/{each.pk}/" for each in (late, today, week, later, hidden, arrived, turn)}
    doer = shown(bureau, "doer")
    assert doer["late"] == [pages[late]]
    assert doer["due"] == [pages[today], pages[week]]
    assert doer["waiting"] == [pages[each] for each in (late, today, week, later)]
    head = shown(bureau, "signer")
    assert head["late"] == [pages[hidden], pages[late]]
    assert head["waiting"] == [pages[turn]]
    assert shown(bureau, "open_clerk") == {"waiting": [pages[arrived]], "due": [], "late": []}
    assert shown(bureau, "second_writer") == {"waiting": [], "due": [], "late": []}
    assert shown(bureau, "unplaced") == {}


def test_kept_queries_answer_each_reader_as_if_they_were_built_for_them(bureau: "Bureau") -> None:
    for days in (-1, 0, 7):
        assigned(bureau, days)
    bureau.arrived(label=Level.SECRET)
    bureau.approved()
    today = localdate()
    asked: dict[Compiled, dict[str, Any]] = {
        ours.WAITING: {},
        ours.DUE: {"today": today, "until": today + timedelta(days=7)},
        ours.LATE: {"today": today},
    }
    answered = set()
    for key in ("writer", "reviewer", "signer", "clerk", "open_clerk", "doer", "below", "outsider"):
        actor = bureau.actor(key)
        with scope.act_for(actor):
            for query, given in asked.items():
                anew = list(query.build(actor, **given))
                assert list(query(actor, **given)) == anew, key
                answered |= {query} if anew else set()
    assert answered == {each for each in vars(ours).values() if isinstance(each, Compiled)}
