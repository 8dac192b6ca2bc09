"""Opening a file: its code, its bounds, and fifty who open one at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.records.actions.covers import change_cover, open_file
from lienthong.office.records.models import FileAccess, WorkFile
from lienthong.office.records.states import Mode
from tests.office.records.shelf import closed, cover, filled, fresh, opened, registered, submitted

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

WRITERS = 50


def test_it_gets_the_years_next_code_and_belongs_to_who_opened_it(bureau: "Bureau") -> None:
    year = localdate().year
    files = [opened(bureau, by="writer"), opened(bureau, by="doer"), opened(bureau, by="below")]
    codes = [f"T.province.{year}.01", f"T.province.{year}.02", f"T.commune.{year}.01"]
    assert [file.code for file in files] == codes
    with scope.system():
        assert FileAccess.objects.get(file=files[0]).holder == bureau.actor("writer").appointment_id


@pytest.mark.slow
def test_codes_have_no_gaps_however_many_open_one_at_once(lasting_bureau: "Bureau") -> None:
    actor = lasting_bureau.actor("writer")

    def one(number: int) -> None:
        try:
            # Every fifth fails after it took its number.
            with scope.act_for(actor), transaction.atomic():
                open_file(actor=actor, cover=cover(title=f"Hồ sơ {number}"))
                if number % 5 == 0:
                    raise Invalid("x")
        except Invalid:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(WRITERS)))
    with scope.system():
        entries = sorted(WorkFile.objects.values_list("entry", flat=True))
    assert entries == list(range(1, WRITERS - WRITERS // 5 + 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " \u200b "},
        {"title": "x" * 501},
        {"retention_reason": ""},
        {"retention": 1},
        {"retention": 71},
        {"retention": 0},
        {"mode": Mode.OPEN, "label": Level.CONFIDENTIAL},
    ],
)
def test_a_cover_that_says_too_little_or_too_much_is_refused(bureau: "Bureau", changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        opened(bureau, **changes)
    with scope.system():
        assert not WorkFile.objects.exists()


def test_it_is_kept_for_ever_or_from_the_shortest_to_the_longest_term(bureau: "Bureau") -> None:
    assert [opened(bureau, retention=term).retention for term in (None, 2, 70)] == [None, 2, 70]


def test_nobody_opens_above_their_clearance_or_without_a_position(bureau: "Bureau") -> None:
    for key, label in (("second_writer", Level.CONFIDENTIAL), ("writer", Level.TOP_SECRET), ("unplaced", Level.PUBLIC)):
        with pytest.raises(Forbidden):
            opened(bureau, by=key, label=label)


def test_only_its_maker_changes_the_cover_and_only_as_it_was_seen(bureau: "Bureau") -> None:
    file = opened(bureau, by="writer")
    for key in ("clerk", "signer", "security", "doer", "outsider"):
        with pytest.raises(Forbidden):
            change_cover(actor=bureau.actor(key), file=file, cover=cover(title="Khác"), seen=1)
    change_cover(actor=bureau.actor("writer"), file=file, cover=cover(title="Đã sửa", mode=Mode.OPEN), seen=1)
    with pytest.raises(Conflict):
        change_cover(actor=bureau.actor("writer"), file=file, cover=cover(title="Khác"), seen=1)
    changed = fresh(file)
    assert (changed.title, changed.title_key, changed.mode) == ("Đã sửa", "da sua", "open")
    with scope.system():
        entry = AuditEntry.objects.get(kind="records:workfile:edit")
    assert entry.old
    assert entry.new
    assert (entry.old["title"], entry.new["title"]) == ("Hồ sơ chuyển đổi số", "Đã sửa")


def test_its_level_is_never_below_that_of_a_document_in_it(bureau: "Bureau") -> None:
    file = filled(bureau, registered(bureau, label=Level.CONFIDENTIAL))
    with pytest.raises(Invalid):
        change_cover(actor=bureau.actor("clerk"), file=file, cover=cover(), seen=file.revision)
    secret = cover(label=Level.SECRET)
    change_cover(actor=bureau.actor("clerk"), file=file, cover=secret, seen=file.revision)
    assert fresh(file).level == Level.SECRET


def test_another_term_moves_the_end_of_a_closed_file_and_none_takes_it_away(bureau: "Bureau") -> None:
    file = closed(bureau)
    change_cover(actor=bureau.actor("clerk"), file=file, cover=cover(retention=20), seen=file.revision)
    assert fresh(file).keep_until == localdate().replace(year=localdate().year + 20)
    change_cover(actor=bureau.actor("clerk"), file=file, cover=cover(retention=None), seen=file.revision + 1)
    assert fresh(file).keep_until is None


def test_what_is_on_its_way_to_the_archive_is_not_changed(bureau: "Bureau") -> None:
    file = submitted(bureau)
    with pytest.raises(Conflict):
        change_cover(actor=bureau.actor("clerk"), file=file, cover=cover(), seen=file.revision)


def test_of_what_is_labelled_neither_trail_nor_search_has_a_word(bureau: "Bureau") -> None:
    file = opened(bureau, label=Level.CONFIDENTIAL, title="Chuyện kín", retention_reason="Mục kín")
    assert file.title_key == ""
    with scope.system():
        entry = AuditEntry.objects.get(kind="records:workfile:open")
    assert entry.object_name == file.code
    assert "kín" not in f"{entry.old} {entry.new}"
