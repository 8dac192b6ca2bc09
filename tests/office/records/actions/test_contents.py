"""What lies in a file: who puts it there, what they thereby let others read, and that it ends."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.documents.actions.assigning import Orders, assign
from lienthong.office.documents.models import Access, Document
from lienthong.office.records.actions.contents import add_documents, remove_document, set_pages
from lienthong.office.records.actions.ending import close
from lienthong.office.records.actions.sharing import share
from lienthong.office.records.models import Item
from lienthong.office.records.selectors.files import contents
from tests.office.records.shelf import filled, fresh, opened, registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def sees(bureau: "Bureau", key: str, document: Document) -> bool:
    """Tell whether the database shows a document to somebody."""
    with scope.act_for(bureau.actor(key)):
        return Document.objects.filter(pk=document.pk).exists()


def appointment(bureau: "Bureau", key: str) -> int:
    return bureau.actor(key).appointment_id


def test_documents_stand_in_their_order_and_their_pages_are_counted(bureau: "Bureau") -> None:
    documents = [registered(bureau), registered(bureau), registered(bureau)]
    with scope.system():
        Document.objects.filter(pk=documents[0].pk).update(pages=3)
        Document.objects.filter(pk=documents[2].pk).update(pages=1)
    file = filled(bureau, *documents)
    with scope.act_for(bureau.actor("clerk")):
        inside = contents(bureau.actor("clerk"), file)
    assert [each.document for each in inside] == documents
    assert [each.page_numbers for each in inside] == ["1–3", "", "4"]
    assert (file.documents, file.pages) == (3, 4)
    set_pages(actor=bureau.actor("clerk"), file=file, item=inside[1].item, pages=6)
    with scope.act_for(bureau.actor("clerk")):
        assert [each.page_numbers for each in contents(bureau.actor("clerk"), file)] == ["1–3", "4–9", "10"]
    assert fresh(file).pages == 10
    with pytest.raises(Invalid):
        set_pages(actor=bureau.actor("clerk"), file=file, item=inside[1].item, pages=-1)


def test_what_lies_in_it_already_is_passed_over(bureau: "Bureau") -> None:
    document = registered(bureau)
    file = filled(bureau, document)
    assert add_documents(actor=bureau.actor("clerk"), file=file, documents=[document.pk]) == 0
    assert fresh(file).documents == 1


def test_its_level_rises_to_that_of_the_highest_document(bureau: "Bureau") -> None:
    file = filled(bureau, registered(bureau), mode="open")
    add_documents(actor=bureau.actor("clerk"), file=file, documents=[registered(bureau, label=Level.SECRET).pk])
    raised = fresh(file)
    assert (raised.level, raised.mode, raised.title_key) == (Level.SECRET, "restricted", "")


def test_it_does_not_rise_above_its_makers_clearance_nor_to_the_top(bureau: "Bureau") -> None:
    file = opened(bureau, by="second_writer")
    share(
        actor=bureau.actor("second_writer"), file=file, writers=[appointment(bureau, "clerk")], readers=[]
    )  # fmt: skip
    secret = registered(bureau, label=Level.CONFIDENTIAL)
    with pytest.raises(Invalid):
        add_documents(actor=bureau.actor("clerk"), file=file, documents=[secret.pk])
    assert (fresh(file).level, fresh(file).documents) == (Level.INTERNAL, 0)


def test_drafts_what_waits_and_what_is_not_seen_cannot_be_put_in(bureau: "Bureau") -> None:
    clerk, file = bureau.actor("clerk"), opened(bureau)
    elsewhere = bureau.arrived(organ="commune")
    for document in (bureau.draft(), bureau.arrived(), bureau.signed(), elsewhere, bureau.draft(by="second_writer")):
        with pytest.raises(NotFound):
            add_documents(actor=clerk, file=file, documents=[document.pk])
    with pytest.raises(NotFound):
        add_documents(actor=clerk, file=file, documents=[2**62])
    with pytest.raises(Invalid):
        add_documents(actor=clerk, file=file, documents=[])
    with pytest.raises(Invalid):
        add_documents(actor=clerk, file=file, documents=range(1, 52))


def test_who_works_on_the_file_reads_what_lies_in_it_and_no_more(bureau: "Bureau") -> None:
    document, other = registered(bureau), registered(bureau)
    file = filled(bureau, document)
    assert not sees(bureau, "second_writer", document)
    share(
        actor=bureau.actor("clerk"), file=file, writers=[appointment(bureau, "second_writer")],
        readers=[appointment(bureau, "official")],
    )  # fmt: skip
    for key in ("second_writer", "official"):
        assert sees(bureau, key, document)
        assert not sees(bureau, key, other)
    assert not sees(bureau, "colleague", document)


def test_being_in_a_file_gives_no_clearance(bureau: "Bureau") -> None:
    open_one, secret = registered(bureau), registered(bureau, label=Level.SECRET)
    file = filled(bureau, open_one, secret)
    doer = appointment(bureau, "doer")
    with pytest.raises(Invalid):
        share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[doer])
    unit = bureau.actor("doer").unit_id
    share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[-unit])
    # The department reads it: of its people, those who are cleared.
    assert sees(bureau, "reviewer", secret)
    assert not sees(bureau, "doer", secret)
    assert sees(bureau, "doer", open_one)


def test_what_is_taken_out_is_read_no_more_but_by_who_reads_it_anyway(bureau: "Bureau") -> None:
    document = registered(bureau)
    file = filled(bureau, document)
    readers = [appointment(bureau, key) for key in ("doer", "official")]
    share(actor=bureau.actor("clerk"), file=file, writers=[], readers=readers)
    assign(actor=bureau.actor("signer"), document=document, orders=Orders(lead=readers[0]))
    with scope.system():
        item = Item.objects.get(file=file)
    remove_document(actor=bureau.actor("clerk"), file=file, item=item.pk)
    assert sees(bureau, "doer", document)
    assert not sees(bureau, "official", document)
    assert (fresh(file).documents, fresh(file).pages) == (0, 0)
    with pytest.raises(NotFound):
        remove_document(actor=bureau.actor("clerk"), file=file, item=item.pk)


def test_who_loses_an_assignment_still_reads_what_lies_in_their_file(bureau: "Bureau") -> None:
    document = registered(bureau)
    signer = bureau.actor("signer")
    assign(actor=signer, document=document, orders=Orders(lead=appointment(bureau, "doer")))
    filled(bureau, bureau.fresh(document), by="doer")
    assign(actor=signer, document=document, orders=Orders(lead=appointment(bureau, "official")))
    assert sees(bureau, "doer", document)


def test_what_a_file_lets_one_read_is_not_passed_on_into_another(bureau: "Bureau") -> None:
    document = registered(bureau)
    file = filled(bureau, document)
    share(actor=bureau.actor("clerk"), file=file, writers=[appointment(bureau, "official")], readers=[])
    own = opened(bureau, by="official")
    with pytest.raises(NotFound):
        add_documents(actor=bureau.actor("official"), file=own, documents=[document.pk])


def test_what_is_labelled_is_passed_on_by_who_answers_for_it_only(bureau: "Bureau") -> None:
    secret = registered(bureau, label=Level.CONFIDENTIAL)
    orders = Orders(lead=appointment(bureau, "doer"), supports=frozenset({appointment(bureau, "reviewer")}))
    assign(actor=bureau.actor("signer"), document=secret, orders=orders)
    with pytest.raises(NotFound):
        filled(bureau, secret, by="reviewer", label=Level.CONFIDENTIAL)
    assert filled(bureau, secret, by="doer", label=Level.CONFIDENTIAL).documents == 1


def test_top_secret_documents_open_to_nobody_through_a_file(bureau: "Bureau") -> None:
    document, file = registered(bureau), opened(bureau)
    with scope.system():
        Document.objects.filter(pk=document.pk).update(label=Level.TOP_SECRET, words=None)
    with pytest.raises(NotFound):
        add_documents(actor=bureau.actor("clerk"), file=file, documents=[document.pk])
    with scope.system():
        assert not Access.objects.filter(via=file.pk).exists()


def test_only_who_works_on_an_open_file_fills_it(bureau: "Bureau") -> None:
    document = registered(bureau)
    file = filled(bureau, document, by="clerk")
    share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[appointment(bureau, "open_clerk")])
    for key in ("open_clerk", "signer", "security", "outsider"):
        with pytest.raises(Forbidden):
            add_documents(actor=bureau.actor(key), file=file, documents=[document.pk])
    close(actor=bureau.actor("clerk"), file=file, reason="Xong")
    with pytest.raises(Conflict):
        add_documents(actor=bureau.actor("clerk"), file=file, documents=[registered(bureau).pk])
