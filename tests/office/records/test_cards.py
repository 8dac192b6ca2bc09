"""The home page tells makers, clerks and heads what waits for them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from lienthong.office.core import cards, scope
from lienthong.office.core.compiled import Compiled
from lienthong.office.records import cards as ours
from lienthong.office.records.actions.disposing import approve, propose
from lienthong.office.records.models import WorkFile
from tests.office.records.shelf import closed, expired, filled, finished, opened, registered, submitted

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def shown(bureau: "Bureau", key: str) -> dict[str, list[str]]:
    """Return the addresses on each card of this room."""
    actor = bureau.actor(key)
    with scope.act_for(actor):
        every = [card for shelf in cards.shelves(actor) for card in shelf.cards if card.key.startswith("records-")]
    return {card.key.removeprefix("records-"): [row.url for row in card.rows] for card in every}


def test_each_card_shows_what_waits_for_its_reader(bureau: "Bureau") -> None:
    complete = filled(bureau, finished(bureau))
    opened(bureau)
    filled(bureau, registered(bureau))
    due, waiting, disposal = closed(bureau), submitted(bureau), None
    with scope.system():
        WorkFile.objects.filter(pk=due.pk).update(submit_by=localdate() + timedelta(days=60))
    closed(bureau)
    disposal = propose(actor=bureau.actor("clerk"), files=[expired(bureau).pk], reason="x")
    assert shown(bureau, "clerk") == {
        "close": [f"/records/{complete.pk}/"], "submit": [f"/records/{due.pk}/"],
        "accept": [f"/records/{waiting.pk}/"], "disposals": [],
    }  # fmt: skip
    waits = [f"/records/disposals/{disposal.pk}/"]
    assert shown(bureau, "signer") == {"close": [], "submit": [], "disposals": waits}
    approve(actor=bureau.actor("signer"), disposal=disposal)
    assert shown(bureau, "signer")["disposals"] == []
    assert shown(bureau, "writer") == {"close": [], "submit": []}


def test_kept_queries_answer_each_reader_as_if_they_were_built_for_them(bureau: "Bureau") -> None:
    filled(bureau, finished(bureau))
    closed(bureau)
    submitted(bureau)
    propose(actor=bureau.actor("clerk"), files=[expired(bureau).pk], reason="x")
    answered = set()
    for key in ("clerk", "signer", "writer", "below"):
        actor = bureau.actor(key)
        maker: dict[str, Any] = {"maker": actor.appointment_id}
        asked = {
            ours.COMPLETE: maker,
            ours.DUE: maker | {"until": localdate() + timedelta(days=400)},
            ours.SUBMITTED: {},
            ours.PROPOSED: {"person": actor.person_id, "appointment": actor.appointment_id},
        }
        with scope.act_for(actor):
            for query, given in asked.items():
                anew = list(query.build(actor, **given))
                assert list(query(actor, **given)) == anew, key
                answered |= {query} if anew else set()
    assert answered == {each for each in vars(ours).values() if isinstance(each, Compiled)}
