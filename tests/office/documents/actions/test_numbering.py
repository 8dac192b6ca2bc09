"""Numbers: without gaps, each once, for fifty writers at the same time too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.numbering import Run, begin_period, reserve, since_of
from lienthong.office.documents.actions.receiving import accept, refuse
from lienthong.office.documents.models import Document, Letterhead, Series, TakenNumber
from lienthong.office.organs.models import Unit

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

WRITERS = 50


def test_it_is_issued_with_number_date_and_entry(bureau: "Bureau") -> None:
    with scope.system():
        Letterhead.objects.create(organ=bureau.house.organs["province"], notation="TU")
        Unit.objects.filter(pk=bureau.house.organs["province"].pk).update(bloc="party")
    first, second = bureau.signed(), bureau.signed()
    assert issue(actor=bureau.actor("clerk"), document=first) == "01-KH/TU"
    assert issue(actor=bureau.actor("open_clerk"), document=second) == "02-KH/TU"
    entered = bureau.fresh(second)
    assert (entered.entry, entered.dated, entered.number_key) == (2, localdate(), "2-kh-tu")


def test_secret_documents_have_a_register_of_their_own(bureau: "Bureau") -> None:
    issue(actor=bureau.actor("clerk"), document=bureau.signed())
    secret = bureau.signed(label=Level.CONFIDENTIAL)
    with pytest.raises(Forbidden):
        issue(actor=bureau.actor("open_clerk"), document=secret)
    issue(actor=bureau.actor("clerk"), document=secret)
    assert bureau.fresh(secret).entry == 1


def test_issued_twice_it_is_issued_once(bureau: "Bureau") -> None:
    document = bureau.signed()
    issue(actor=bureau.actor("clerk"), document=document)
    with pytest.raises(Conflict):
        issue(actor=bureau.actor("open_clerk"), document=document)
    with scope.system():
        assert TakenNumber.objects.count() == 1


def test_only_clerks_issue_and_only_what_is_signed(bureau: "Bureau") -> None:
    document = bureau.signed()
    for key in ("writer", "reviewer", "signer", "administrator", "outsider"):
        with pytest.raises(Forbidden):
            issue(actor=bureau.actor(key), document=document)
    with pytest.raises(Forbidden):
        issue(actor=bureau.actor("clerk"), document=bureau.approved())


def test_dating_back_needs_a_reason_and_ahead_is_refused(bureau: "Bureau") -> None:
    document, yesterday = bureau.signed(), localdate() - timedelta(days=1)
    with pytest.raises(Invalid):
        issue(actor=bureau.actor("clerk"), document=document, day=yesterday)
    with pytest.raises(Invalid):
        issue(actor=bureau.actor("clerk"), document=document, day=localdate() + timedelta(days=1), reason="x")
    issue(actor=bureau.actor("clerk"), document=document, day=yesterday, reason="Ký hôm qua")
    assert bureau.fresh(document).dated == yesterday


def test_a_number_that_was_kept_is_used_by_one_document(bureau: "Bureau") -> None:
    clerk = bureau.actor("clerk")
    kept = reserve(actor=clerk, type_="ke-hoach", secret=False, reason="Ban hành sau")
    issue(actor=clerk, document=bureau.signed())
    late = bureau.signed()
    issue(actor=clerk, document=late, reserved=kept.pk)
    assert (kept.number, bureau.fresh(late).entry) == (1, 1)
    with pytest.raises(Conflict):
        issue(actor=clerk, document=bureau.signed(), reserved=kept.pk)


def test_who_is_no_clerk_keeps_no_number(bureau: "Bureau") -> None:
    for key in ("writer", "signer", "administrator"):
        with pytest.raises(Forbidden):
            reserve(actor=bureau.actor(key), type_="ke-hoach", secret=False, reason="x")
    with pytest.raises(Forbidden):
        reserve(actor=bureau.actor("open_clerk"), type_="ke-hoach", secret=True, reason="x")


def test_a_refused_arrival_takes_no_number(bureau: "Bureau") -> None:
    refuse(actor=bureau.actor("clerk"), document=bureau.arrived(), reason="Nhầm nơi nhận")
    assert accept(actor=bureau.actor("clerk"), document=bureau.arrived()) == 1


def test_what_fails_after_numbering_leaves_no_gap(bureau: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("the power is gone")

    document = bureau.signed()
    with monkeypatch.context() as broken:
        broken.setattr("lienthong.office.documents.profile.number", fail)
        with pytest.raises(RuntimeError):
            issue(actor=bureau.actor("clerk"), document=document)
    issue(actor=bureau.actor("clerk"), document=document)
    assert bureau.fresh(document).entry == 1


def test_the_party_counts_by_terms_and_the_state_by_years(bureau: "Bureau") -> None:
    organ = bureau.house.organs["province"]
    run = Run(organ=organ, register=Series.Register.OUTGOING, type="ke-hoach")
    with scope.system():
        assert since_of(run, date(2026, 3, 1)) == date(2026, 1, 1)
        organ.bloc = "party"
        begin_period(actor=bureau.house.actor("above_administrator"), organ=organ, starts_on=date(2025, 10, 20))
        assert since_of(run, date(2027, 3, 1)) == date(2025, 10, 20)
        assert since_of(run, date(2025, 10, 19)) == date(2025, 1, 1)
        arrivals = Run(organ=organ, register=Series.Register.INCOMING)
        assert since_of(arrivals, date(2027, 3, 1)) == date(2027, 1, 1)


def test_a_term_does_not_begin_before_what_was_numbered(bureau: "Bureau") -> None:
    issue(actor=bureau.actor("clerk"), document=bureau.signed())
    with pytest.raises(Invalid):
        begin_period(
            actor=bureau.house.actor("administrator"), organ=bureau.house.organs["province"], starts_on=localdate()
        )


@pytest.mark.slow
def test_fifty_writers_leave_no_gap_and_take_no_number_twice(lasting_bureau: "Bureau") -> None:
    documents = [lasting_bureau.arrived() for _ in range(WRITERS)]
    clerk = lasting_bureau.actor("clerk")

    def write(document: Document) -> int:
        try:
            return accept(actor=clerk, document=document)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = list(pool.map(write, documents))
    assert sorted(numbers) == list(range(1, WRITERS + 1))


@pytest.mark.slow
def test_of_two_clerks_who_accept_at_once_one_is_told_so(lasting_bureau: "Bureau") -> None:
    document = lasting_bureau.arrived()

    def write(key: str) -> str:
        try:
            accept(actor=lasting_bureau.actor(key), document=document)
        except Conflict:
            return "conflict"
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["clerk", "open_clerk"])) == ["accepted", "conflict"]
    with scope.system():
        assert TakenNumber.objects.count() == 1
