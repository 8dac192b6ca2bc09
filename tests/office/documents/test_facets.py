"""What is found can be narrowed; what is counted is what the reader sees, and never more than is looked at."""

from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.search import sought
from lienthong.office.documents import facets
from lienthong.office.documents.facets import facets_of
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import visible
from lienthong.office.documents.search import find_narrowed
from tests.office.documents.test_policies import fill
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def counted(actor: Actor, text: str, **given: str) -> dict[str, dict[str, str]]:
    """Return what somebody is told, by facet."""
    looked_for = sought(text)
    assert looked_for is not None
    with scope.act_for(actor):
        return {
            each.key: {value.value: value.count for value in each.values}
            for each in facets_of(actor, looked_for, given)
        }


def narrowed(actor: Actor, text: str, **given: str) -> set[int]:
    """Return the ids of what somebody finds."""
    looked_for = sought(text)
    assert looked_for is not None
    with scope.act_for(actor):
        return {int(hit.url.split("/")[2]) for hit in find_narrowed(actor, looked_for, 99, given)}


def test_each_number_is_of_what_its_reader_sees(bureau: "Bureau") -> None:
    fill(bureau)
    for key in (*bureau.people, "official", "administrator", "outsider", "below"):
        actor = bureau.actor(key)
        with scope.system():
            seen = Document.objects.filter(visible(actor), number="12-CV/TW")
            labels = [Level(label).slug for label in seen.values_list("label", flat=True)]
        expected = {slug: str(labels.count(slug)) for slug in labels}
        # One value alone narrows nothing.
        assert counted(actor, "12-CV/TW").get("label", {}) == (expected if len(expected) > 1 else {}), key


def test_what_is_narrowed_is_what_was_counted(bureau: "Bureau") -> None:
    fill(bureau)
    clerk = bureau.actor("clerk")
    with scope.system():
        early = bureau.arrived(subject="Kế hoạch đến")
        Document.objects.filter(pk=early.pk).update(dated=date(2025, 3, 2))
        late = bureau.arrived(subject="Kế hoạch sau")
        Document.objects.filter(pk=late.pk).update(dated=date(2026, 4, 2), type="ke-hoach")
    found = counted(clerk, "ke hoach")
    assert found["year"] == {"2026": "1", "2025": "1"}
    assert found["month"] == {"2026-04": "1", "2025-03": "1"}
    assert found["direction"]["incoming"] == "2"
    assert narrowed(clerk, "ke hoach", year="2025") == {early.pk}
    assert narrowed(clerk, "ke hoach", month="2026-04") == {late.pk}
    assert narrowed(clerk, "ke hoach", direction="incoming", type="ke-hoach") == {late.pk}
    assert narrowed(clerk, "ke hoach", author="Văn phòng Trung ương") == {early.pk, late.pk}
    # What is chosen stays to be let go, and the others count what is left.
    assert counted(clerk, "ke hoach", year="2025")["year"] == {"2025": "1"}
    assert counted(clerk, "ke hoach", year="1999")["year"] == {"1999": "0"}


@pytest.mark.parametrize(
    "given",
    [{"year": "x"}, {"year": "²026"}, {"month": "2026-13"}, {"label": "5"}, {"type": "nothing"}, {"direction": "up"}],
)
def test_what_is_no_value_is_passed_over(bureau: "Bureau", given: dict[str, str]) -> None:
    fill(bureau)
    clerk = bureau.actor("clerk")
    assert counted(clerk, "12-CV/TW", **given) == counted(clerk, "12-CV/TW")
    assert narrowed(clerk, "12-CV/TW", **given) == narrowed(clerk, "12-CV/TW")


def test_no_author_of_what_is_labelled_is_told(bureau: "Bureau") -> None:
    bureau.arrived(label=Level.SECRET)
    bureau.arrived(label=Level.CONFIDENTIAL)
    clerk = bureau.actor("clerk")
    assert "author" not in counted(clerk, "12-CV/TW")
    assert narrowed(clerk, "12-CV/TW", author="Văn phòng Trung ương") == set()


def test_many_are_not_counted_to_the_end(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MOST", 2)
    for label in (Level.PUBLIC, Level.INTERNAL, Level.INTERNAL):
        bureau.arrived(label=label)
    clerk, looked_for = bureau.actor("clerk"), sought("12-CV/TW")
    assert looked_for is not None
    with scope.act_for(clerk), CaptureQueriesContext(connection) as queries:
        found = facets_of(clerk, looked_for, {})
    assert len(queries) == 1
    assert "LIMIT 3" in queries.captured_queries[0]["sql"]
    assert all(value.count.endswith("+") for each in found for value in each.values)


def test_the_page_narrows_and_lets_go(bureau: "Bureau") -> None:
    fill(bureau)
    clerk = browser(bureau, "clerk")
    every = clerk.get("/search?q=12-CV/TW").content.decode()
    assert "in=documents" in every
    assert "label=secret" not in every
    alone = clerk.get("/search?q=12-CV/TW&in=documents").content.decode()
    assert 'href="/search?q=12-CV%2FTW&amp;in=documents&amp;label=secret"' in alone
    narrow = clerk.get("/search?q=12-CV/TW&in=documents&label=secret").content.decode()
    assert 'href="/search?q=12-CV%2FTW&amp;in=documents" aria-current="true"' in narrow
    # Who is not cleared does not hear of the level.
    assert "label=secret" not in browser(bureau, "open_clerk").get("/search?q=12-CV/TW&in=documents").content.decode()
