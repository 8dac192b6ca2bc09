"""The kept queries of a document's page answer each reader as if they were built for them."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.compiled import Compiled
from lienthong.office.documents import policies
from lienthong.office.documents.actions.drafts import comment
from lienthong.office.documents.models import Document, Relation
from lienthong.office.documents.selectors import details, documents
from tests.office.documents.test_cards import assigned

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

READERS = ("writer", "reviewer", "signer", "clerk", "open_clerk", "doer", "below", "outsider", "unplaced")
MODULES = (details, documents, policies)
KEPT = {each for module in MODULES for each in vars(module).values() if isinstance(each, Compiled)}
# Packets are another house's: tests/office/documents/packets.
RARE = {details.INTAKES, details.DISPATCHES}


def _plain(row: object) -> object:
    if not isinstance(row, Model):
        return row
    related = {name: _plain(each) for name, each in row._state.fields_cache.items()}
    return type(row), {name: value for name, value in vars(row).items() if name != "_state"}, related


def _given(query: Compiled, document: Document) -> dict[str, Any]:
    if query is documents.ONE:
        return {"number": document.pk}
    return {"document": document.pk, **({"label": document.label} if query is details.TOLD else {})}


def test_every_query_of_the_page_answers_each_reader_as_a_new_one(bureau: "Bureau") -> None:
    papers = [assigned(bureau, 1), assigned(bureau, 1, by="reviewer", label=Level.SECRET), bureau.approved()]
    comment(actor=bureau.actor("doer"), document=papers[0], text="x")
    with scope.system():
        Relation.objects.create(document=papers[1], kind=Relation.Kind.ANSWERS, other=papers[0])
        Relation.objects.create(document=papers[0], kind=Relation.Kind.ANSWERS, other=papers[1])
    answered = set()
    for key in READERS:
        actor = bureau.actor(key)
        for query in KEPT:
            for document in papers:
                with scope.system():
                    given = _given(query, document)
                    anew = list(query.build(actor, **given))
                    whole = bool(anew) and isinstance(anew[0], Model)
                    kept = query.models(actor, **given) if whole else query(actor, **given)
                assert [_plain(each) for each in kept] == [_plain(each) for each in anew], (key, given)
                answered |= {query} if anew else set()
    assert answered >= KEPT - RARE
