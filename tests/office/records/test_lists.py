"""The lists: what they hold, the list of submission as a spreadsheet, and what is done to many at once."""

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from openpyxl import load_workbook

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.records.models import WorkFile
from tests.office.records.shelf import archived, closed, fresh, opened, submitted
from tests.office.records.views.test_deed import browser

if TYPE_CHECKING:
    from django.test import Client

    from tests.office.documents.bureau import Bureau


def rows(client: "Client", path: str, **query: str) -> list[list[object]]:
    """Return what a list exports, without its head."""
    answer = client.get(path, {"export": "xlsx", **query})
    book = load_workbook(io.BytesIO(answer.getvalue()))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]


def test_the_list_of_submission_has_what_the_archive_asks_for(bureau: "Bureau") -> None:
    file, waiting = closed(bureau, title="Hồ sơ một"), submitted(bureau, retention=None)
    opened(bureau)
    archived(bureau)
    found = rows(browser(bureau, "clerk"), "/records/submission/")
    assert [row[0] for row in found] == [file.code, waiting.code]
    assert [row[4] for row in found] == ["10 years", "permanently"]
    assert found[0][1] == "Hồ sơ một"
    assert found[0][3] is not None


def test_what_is_late_is_marked_in_words(bureau: "Bureau") -> None:
    file = closed(bureau)
    with scope.system():
        WorkFile.objects.filter(pk=file.pk).update(submit_by=localdate() - timedelta(days=1))
    assert "late" in browser(bureau, "clerk").get("/records/submission/").content.decode()


def test_many_are_submitted_and_accepted_at_once_but_only_ones_own(bureau: "Bureau") -> None:
    mine, other = closed(bureau), closed(bureau)
    with scope.system():
        WorkFile.objects.filter(pk=other.pk).update(maker=bureau.actor("writer").appointment_id)
    clerk = browser(bureau, "clerk")
    both = {"selected": [mine.pk, other.pk]}
    clerk.post("/records/submission/", {"action": "submit", **both})
    assert (fresh(mine).state, fresh(other).state) == ("submitted", "closed")
    assert browser(bureau, "writer").post("/records/submission/", {"action": "accept", **both}).status_code == 403
    clerk.post("/records/submission/", {"action": "accept", **both})
    assert (fresh(mine).state, fresh(other).state) == ("archived", "closed")


def test_lists_hold_what_their_reader_may_see(bureau: "Bureau") -> None:
    secret, own = opened(bureau, label=Level.CONFIDENTIAL), opened(bureau, by="second_writer")
    assert {row[0] for row in rows(browser(bureau, "clerk"), "/records/")} == {secret.code, own.code}
    assert {row[0] for row in rows(browser(bureau, "clerk"), "/records/mine/")} == {secret.code}
    assert {row[0] for row in rows(browser(bureau, "second_writer"), "/records/")} == {own.code}
    assert rows(browser(bureau, "outsider"), "/records/") == []


def test_they_are_filtered_by_words_and_codes_but_not_by_words_of_what_is_labelled(bureau: "Bureau") -> None:
    known, secret = opened(bureau, title="Chuyện đổi mới"), opened(bureau, title="Chuyện kín", label=Level.CONFIDENTIAL)
    client = browser(bureau, "clerk")
    assert [row[0] for row in rows(client, "/records/", q="chuyen")] == [known.code]
    assert [row[0] for row in rows(client, "/records/", q=secret.code.lower())] == [secret.code]
