"""A file's page, finding documents for it, and taking them out."""

from typing import TYPE_CHECKING

from pytest_django import DjangoAssertNumQueries

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Document
from lienthong.office.records.actions.sharing import share
from tests.office.records.shelf import filled, fresh, opened, registered
from tests.office.records.views.test_deed import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

# Whose it is, the frame, the file, who they are to it, what lies in it, who works on it, holds, the trail.
QUERIES = 20


def test_it_shows_what_the_reader_may_see_and_counts_the_rest(bureau: "Bureau") -> None:
    file = filled(bureau, registered(bureau, subject="Chuyện chung"), registered(bureau, subject="Chuyện hai"))
    with scope.system():
        Document.objects.filter(subject="Chuyện hai").update(label=Level.SECRET, words=None)
    reader = bureau.actor("second_writer")
    share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[reader.appointment_id])
    page = browser(bureau, "second_writer").get(f"/records/{file.pk}/").content.decode()
    assert "Chuyện chung" in page
    assert "Chuyện hai" not in page
    assert "1 document in it is not shown to you." in page
    assert "Chuyện hai" in browser(bureau, "clerk").get(f"/records/{file.pk}/").content.decode()


def test_whom_it_is_not_shown_to_it_is_not_there_for(bureau: "Bureau") -> None:
    file = opened(bureau, label=Level.CONFIDENTIAL)
    for key in ("open_clerk", "official", "administrator", "below", "outsider", "security"):
        assert browser(bureau, key).get(f"/records/{file.pk}/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_what_lies_in_it(
    bureau: "Bureau", django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    file = filled(bureau, *(registered(bureau) for _ in range(12)))
    client = browser(bureau, "clerk")
    client.get(f"/records/{file.pk}/")
    with django_assert_max_num_queries(QUERIES):
        client.get(f"/records/{file.pk}/")


def test_documents_are_found_by_number_and_by_words_with_and_without_marks(bureau: "Bureau") -> None:
    file, client = opened(bureau), browser(bureau, "clerk")
    wanted, other = registered(bureau, subject="Kế hoạch chuyển đổi số"), registered(bureau, subject="Đồng phục")
    inside = registered(bureau, subject="Kế hoạch đã có")
    client.post(f"/records/{file.pk}/add/", {"documents": [inside.pk]})
    for text in ("chuyển đổi", "chuyen doi", "KẾ HOẠCH SỐ"):
        page = client.get(f"/records/{file.pk}/add/", {"q": text})
        assert [pk for pk, _text in page.context["form"].fields["documents"].choices] == [wanted.pk], text
    page = client.get(f"/records/{file.pk}/add/", {"q": "12-CV/TW"})
    assert {pk for pk, _text in page.context["form"].fields["documents"].choices} == {wanted.pk, other.pk}
    page = client.get(f"/records/{file.pk}/add/", {"q": "không có gì"})
    assert "No document that you may put into this file was found" in page.content.decode()


def test_what_was_not_offered_is_not_taken(bureau: "Bureau") -> None:
    file, client = opened(bureau), browser(bureau, "clerk")
    registered(bureau)
    hidden = bureau.draft(by="second_writer")
    page = client.post(f"/records/{file.pk}/add/", {"documents": [hidden.pk]})
    assert page.status_code == 200
    assert fresh(file).documents == 0


def test_pages_are_counted_and_documents_taken_out(bureau: "Bureau") -> None:
    file, client = filled(bureau, registered(bureau)), browser(bureau, "clerk")
    with scope.system():
        item = file.items.get().pk
    assert client.post(f"/records/{file.pk}/items/{item}/pages/", {"pages": 7}).status_code == 302
    assert fresh(file).pages == 7
    assert client.get(f"/records/{file.pk}/items/{item}/remove/").status_code == 405
    assert browser(bureau, "open_clerk").post(f"/records/{file.pk}/items/{item}/remove/").status_code == 403
    assert client.post(f"/records/{file.pk}/items/{item}/remove/").status_code == 302
    assert fresh(file).documents == 0
