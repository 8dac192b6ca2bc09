"""From open to the archive, and back with a reason."""

from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.records.actions.ending import accept, close, reopen, send_back, submit
from tests.office.records.actions.test_sharing import told
from tests.office.records.shelf import closed, filled, finished, fresh, opened, registered, submitted

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_what_is_complete_is_closed_and_its_terms_begin(bureau: "Bureau") -> None:
    file = closed(bureau, retention=10)
    today = localdate()
    assert (file.state, file.closed_on, file.submit_by) == ("closed", today, today.replace(year=today.year + 1))
    assert file.keep_until == today.replace(year=today.year + 10)


def test_what_is_kept_for_ever_has_no_end(bureau: "Bureau") -> None:
    assert closed(bureau, retention=None).keep_until is None


def test_what_is_empty_or_unfinished_is_closed_with_a_reason_only(bureau: "Bureau") -> None:
    clerk = bureau.actor("clerk")
    for file in (opened(bureau), filled(bureau, finished(bureau), registered(bureau))):
        with pytest.raises(Invalid):
            close(actor=clerk, file=file)
        close(actor=clerk, file=file, reason="Công việc dừng")
        assert fresh(file).close_reason == "Công việc dừng"


def test_only_its_maker_closes_and_opens_it_again(bureau: "Bureau") -> None:
    file = opened(bureau, by="writer")
    for key in ("clerk", "signer", "doer", "security"):
        with pytest.raises(Forbidden):
            close(actor=bureau.actor(key), file=file, reason="x")
    close(actor=bureau.actor("writer"), file=file, reason="x")
    with pytest.raises(Conflict):
        close(actor=bureau.actor("writer"), file=file, reason="x")
    with pytest.raises(Invalid):
        reopen(actor=bureau.actor("writer"), file=file, reason="")
    with pytest.raises(Forbidden):
        reopen(actor=bureau.actor("signer"), file=file, reason="Còn việc")
    reopen(actor=bureau.actor("writer"), file=file, reason="Còn việc")
    again = fresh(file)
    assert (again.state, again.closed_on, again.submit_by, again.keep_until) == ("open", None, None, None)


def test_it_goes_to_the_archive_and_comes_back_with_a_reason(bureau: "Bureau") -> None:
    file = submitted(bureau)
    assert "records:workfile:to-accept" in told(bureau, "open_clerk")
    with pytest.raises(Conflict):
        reopen(actor=bureau.actor("clerk"), file=file, reason="Còn việc")
    with pytest.raises(Invalid):
        send_back(actor=bureau.actor("open_clerk"), file=file, reason="")
    send_back(actor=bureau.actor("open_clerk"), file=file, reason="Thiếu tờ")
    assert (fresh(file).state, fresh(file).submitted_on) == ("closed", None)
    assert told(bureau, "clerk") == ["records:workfile:returned"]
    submit(actor=bureau.actor("clerk"), file=file)
    accept(actor=bureau.actor("open_clerk"), file=file)
    assert (fresh(file).state, fresh(file).archived_on) == ("archived", localdate())
    with pytest.raises(Conflict):
        accept(actor=bureau.actor("clerk"), file=file)


def test_only_cleared_clerks_of_the_organ_decide_for_the_archive(bureau: "Bureau") -> None:
    file = submitted(bureau, label=Level.CONFIDENTIAL)
    for key in ("open_clerk", "signer", "security", "auditor", "below", "outsider"):
        for action in (accept, lambda **given: send_back(reason="x", **given)):
            with pytest.raises(Forbidden):
                action(actor=bureau.actor(key), file=file)
    accept(actor=bureau.actor("clerk"), file=file)


def test_a_labelled_files_reasons_stay_out_of_the_trail(bureau: "Bureau") -> None:
    file = opened(bureau, label=Level.CONFIDENTIAL)
    close(actor=bureau.actor("clerk"), file=file, reason="Chuyện kín")
    with scope.system():
        entry = AuditEntry.objects.get(kind="records:workfile:close")
    assert entry.label == Level.CONFIDENTIAL
    assert "kín" not in f"{entry.object_name} {entry.old} {entry.new}"
