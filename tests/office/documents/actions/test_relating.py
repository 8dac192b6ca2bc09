"""What a draft replies to and rests on: chosen among what its writer sees, once each, while it is a draft."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.documents.actions import relating
from lienthong.office.documents.actions.approval import submit
from lienthong.office.documents.actions.relating import relate, unrelate
from lienthong.office.documents.models import Document, Relation

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

RESTS = Relation.Kind.BASED_ON


@pytest.fixture
def draft(bureau: "Bureau") -> Document:
    return bureau.draft(by="clerk")


def _told(document: Document) -> list[tuple[str, str]]:
    with scope.system():
        return list(Relation.objects.filter(document=document).order_by("pk").values_list("kind", "other_number"))


def test_each_is_written_once(bureau: "Bureau", draft: Document) -> None:
    arrived, clerk = bureau.arrived(), bureau.actor("clerk")
    for _ in range(2):
        relate(actor=clerk, document=draft, kind=Relation.Kind.ANSWERS, others=frozenset({arrived.pk}))
        relate(actor=clerk, document=draft, kind=RESTS, others=frozenset({arrived.pk}), number=" Luật  số 30 ")
    assert _told(draft) == [("answers", "12-CV/TW"), ("based-on", "12-CV/TW"), ("based-on", "Luật số 30")]


def test_what_the_writer_does_not_see_is_as_what_is_not_there(bureau: "Bureau", draft: Document) -> None:
    secret = bureau.arrived(label=Level.SECRET)
    said = []
    for number in (secret.pk, 999_999_999):
        with pytest.raises(Invalid) as refused:
            relate(
                actor=bureau.actor("second_writer"), document=bureau.draft(by="second_writer"), kind=RESTS,
                others=frozenset({number}),
            )  # fmt: skip
        said.append(refused.value.where)
    assert said[0] == said[1]


def test_a_draft_refers_neither_to_itself_nor_to_what_has_no_number(bureau: "Bureau", draft: Document) -> None:
    for other in (draft, bureau.draft(by="clerk")):
        with pytest.raises(Invalid):
            relate(actor=bureau.actor("clerk"), document=draft, kind=RESTS, others=frozenset({other.pk}))
    with pytest.raises(Invalid):
        relate(actor=bureau.actor("clerk"), document=draft, kind=RESTS)
    with pytest.raises(Invalid):
        relate(actor=bureau.actor("clerk"), document=draft, kind=Relation.Kind.REPLACES, number="1-QĐ")
    assert _told(draft) == []


def test_only_writers_relate_it_and_only_while_it_is_a_draft(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    with pytest.raises(Forbidden):
        relate(actor=bureau.actor("clerk"), document=document, kind=RESTS, number="1-NQ/TW")
    relate(actor=bureau.actor("writer"), document=document, kind=RESTS, number="1-NQ/TW")
    with scope.system():
        row = Relation.objects.get(document=document)
    with pytest.raises(Forbidden):
        unrelate(actor=bureau.actor("clerk"), document=document, relation=row.pk)
    submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=bureau.fresh(document).revision)
    with pytest.raises(Conflict):
        relate(actor=bureau.actor("writer"), document=document, kind=RESTS, number="2-NQ/TW")
    with pytest.raises(Conflict):
        unrelate(actor=bureau.actor("writer"), document=document, relation=row.pk)


def test_it_is_taken_back_but_not_of_another_document(bureau: "Bureau", draft: Document) -> None:
    clerk, other = bureau.actor("clerk"), bureau.draft(by="clerk")
    relate(actor=clerk, document=draft, kind=RESTS, number="1-NQ/TW")
    with scope.system():
        row = Relation.objects.get()
    with pytest.raises(NotFound):
        unrelate(actor=clerk, document=other, relation=row.pk)
    unrelate(actor=clerk, document=draft, relation=row.pk)
    assert _told(draft) == []
    with pytest.raises(NotFound):
        unrelate(actor=clerk, document=draft, relation=row.pk)


def test_there_are_not_too_many(bureau: "Bureau", draft: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relating, "MOST", 2)
    for number in ("1", "2"):
        relate(actor=bureau.actor("clerk"), document=draft, kind=RESTS, number=number)
    with pytest.raises(Invalid):
        relate(actor=bureau.actor("clerk"), document=draft, kind=RESTS, number="3")
