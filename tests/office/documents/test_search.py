"""The search finds what its reader may see and nothing else; of what is labelled nothing but the number."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.search import sought
from lienthong.office.documents.actions.drafts import Draft, change_draft, create_draft
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.lists import ARRIVALS, DRAFTS
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import visible
from lienthong.office.documents.search import find_documents
from lienthong.office.documents.words import fits, wanted, words_of
from tests.office.documents.test_policies import fill
from tests.office.people import KINDS

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

EVERYBODY = tuple(key for key in KINDS if key not in {"anonymous", "operator"})


def found(actor: Actor, text: str, most: int = 99) -> list[int]:
    """Return the ids of what somebody finds."""
    looked_for = sought(text)
    assert looked_for is not None
    with scope.act_for(actor):
        return [int(hit.url.split("/")[2]) for hit in find_documents(actor, looked_for, most)]


def test_each_reader_finds_what_they_may_see_and_nothing_else(bureau: "Bureau") -> None:
    fill(bureau)
    issue(actor=bureau.actor("clerk"), document=bureau.signed(label=Level.CONFIDENTIAL))
    some = 0
    for key in (*bureau.people, *EVERYBODY):
        actor = bureau.actor(key)
        with scope.system():
            seen = Document.objects.filter(visible(actor))
            plans = set(
                seen.filter(subject__contains="Kế hoạch", label__lt=Level.CONFIDENTIAL).values_list("pk", flat=True)
            )
            numbered = set(seen.filter(number__startswith="12-").values_list("pk", flat=True))
        assert set(found(actor, "ke hoach")) == set(found(actor, "Kế hoạch")) == plans, key
        assert set(found(actor, "12-CV/TW")) == numbered, key
        some += len(plans) + len(numbered)
    assert some > 20


def test_row_level_security_holds_where_the_predicate_is_forgotten(bureau: "Bureau") -> None:
    fill(bureau)
    for key in (*bureau.people, *EVERYBODY):
        actor = bureau.actor(key)
        with scope.system():
            seen = set(Document.objects.filter(visible(actor)).values_list("pk", flat=True))
        for organ in bureau.house.organs.values():
            for text in ("ke hoach", "12-cv"):
                with scope.act_for(actor):
                    rows = Document.objects.filter(fits(**wanted(organ.pk, text))).values_list("pk", flat=True)
                    assert set(rows) <= seen, key


def test_what_is_labelled_is_found_by_its_number_alone(bureau: "Bureau") -> None:
    clerk = bureau.actor("clerk")
    bureau.arrived(label=Level.CONFIDENTIAL, subject="Chuyện mật")
    with scope.act_for(clerk):
        (hit,) = find_documents(clerk, sought("12 cv tw"), 5)  # type: ignore[arg-type]  # not None
    assert "Chuyện" not in hit.title + hit.note
    assert "Văn phòng" not in hit.title + hit.note
    assert found(clerk, "chuyen mat") == found(clerk, "van phong trung uong") == []
    assert found(bureau.actor("open_clerk"), "12-CV/TW") == []


def test_no_word_of_what_is_labelled_is_kept(bureau: "Bureau") -> None:
    fill(bureau)
    with scope.system():
        assert not Document.objects.filter(label__gte=Level.CONFIDENTIAL).exclude(words=None).exists()
        assert not Document.objects.filter(label__lt=Level.CONFIDENTIAL, words=None).exists()
        document = Document.objects.filter(label=Level.CONFIDENTIAL).first()
        assert document is not None
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE documents_document SET words = '''1/mat''' WHERE id = %s", [document.pk])


def test_words_go_when_a_draft_is_labelled(bureau: "Bureau") -> None:
    writer = bureau.actor("writer")
    draft = Draft(type="ke-hoach", subject="Chuyển đổi số")
    document = create_draft(actor=writer, draft=draft)
    assert found(writer, "chuyển đổi") == [document.pk]
    labelled = Draft(type="ke-hoach", subject="Chuyển đổi số", label=Level.CONFIDENTIAL)
    change_draft(actor=writer, document=document, draft=labelled, seen=1)
    assert found(writer, "chuyển đổi") == []


def test_the_number_comes_first_then_the_very_words_then_the_newest(bureau: "Bureau") -> None:
    clerk = bureau.actor("clerk")
    plain, marked, newer = (bureau.arrived(subject=text).pk for text in ("chuyen doi", "Chuyển đổi", "Chuyển đổi nữa"))
    assert found(clerk, "chuyển đổi") == [newer, marked, plain]
    assert found(clerk, "chuyen doi") == [newer, marked, plain]
    with scope.system():
        Document.objects.filter(pk=plain).update(number="5-CV/TW", number_key="5-cv-tw")
        Document.objects.filter(pk=marked).update(number="5-CV", number_key="5-cv")
        Document.objects.filter(pk=newer).update(number="50-CV/TW", number_key="50-cv-tw")
    assert found(clerk, "5-CV") == [marked, plain]
    assert found(clerk, "05") == [marked, plain, newer]
    assert found(clerk, "5-CV/TW", most=1) == [plain]


def test_older_documents_are_found_where_there_are_not_enough_of_late(bureau: "Bureau") -> None:
    clerk = bureau.actor("clerk")
    with scope.system():
        old = bureau.arrived(subject="chuyen doi")
        old.created_at -= timedelta(days=400)
        old.words = words_of(old)
        old.save()
    plain, marked = (bureau.arrived(subject=text).pk for text in ("chuyen doi", "Chuyển đổi"))
    assert found(clerk, "chuyen doi", most=1) == [marked, plain]
    assert found(clerk, "chuyen doi", most=2) == [marked, plain, old.pk]
    # Not of the last months alone, where too few have the very words.
    assert found(clerk, "chuyển đổi", most=1) == [marked, plain]


def test_a_search_is_two_statements_however_much_is_found(bureau: "Bureau") -> None:
    fill(bureau)
    clerk = bureau.actor("clerk")
    looked_for = sought("12-CV/TW công văn")
    assert looked_for is not None
    with scope.act_for(clerk), CaptureQueriesContext(connection) as queries:
        find_documents(clerk, looked_for, 5)
    assert len(queries) == 2


def test_registers_are_filtered_by_the_same_words(bureau: "Bureau") -> None:
    fill(bureau)
    clerk = bureau.actor("clerk")
    for page, text in ((DRAFTS, "ke hoach"), (ARRIVALS, "12-CV")):
        (text_filter,) = (each for each in page.filters if each.key == "q")
        with scope.act_for(clerk):
            rows = page.rows(clerk).filter(text_filter.predicate({"q": text}))
            shown = set(rows.values_list("pk", flat=True))
            listed = set(page.rows(clerk).values_list("pk", flat=True))
        assert shown == set(found(clerk, text)) & listed
        assert shown
        with scope.system():
            # Without a reader there is no organ whose words are looked at.
            assert not Document.objects.filter(text_filter.predicate({"q": "ke hoach"})).exists(), page.name


def test_someone_without_a_position_finds_nothing(bureau: "Bureau") -> None:
    fill(bureau)
    assert found(bureau.actor("unplaced"), "ke hoach") == []
