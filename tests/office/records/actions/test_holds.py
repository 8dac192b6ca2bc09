"""Legal holds: who sets and lifts them."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.records.actions.holds import lift_hold, set_hold
from lienthong.office.records.policies import is_held
from tests.office.records.shelf import archived, fresh, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

REASON = "Công văn 5 của Tòa án"


def held(file: object) -> bool:
    with scope.system():
        return is_held(file)  # type: ignore[arg-type]  # a work file


def test_several_hold_a_file_until_the_last_is_lifted(bureau: "Bureau") -> None:
    file, security = archived(bureau), bureau.actor("security")
    first, second = (set_hold(actor=security, file=file, reason=REASON) for _ in range(2))
    lift_hold(actor=security, file=file, hold=first.pk, reason="Đã xử xong")
    assert held(file)
    with pytest.raises(NotFound):
        lift_hold(actor=security, file=file, hold=first.pk, reason="Lần nữa")
    lift_hold(actor=security, file=file, hold=second.pk, reason="Đã xử xong")
    assert not held(file)
    with pytest.raises(Conflict):
        lift_hold(actor=security, file=file, hold=second.pk, reason="Lần nữa")
    assert fresh(file).state == "archived"


def test_neither_who_makes_nor_who_disposes_decides_on_holds(bureau: "Bureau") -> None:
    file = opened(bureau)
    hold = set_hold(actor=bureau.actor("security"), file=file, reason=REASON)
    for key in ("clerk", "signer", "writer", "auditor", "administrator", "above_security", "outsider"):
        with pytest.raises(Forbidden):
            set_hold(actor=bureau.actor(key), file=file, reason=REASON)
        with pytest.raises(Forbidden):
            lift_hold(actor=bureau.actor(key), file=file, hold=hold.pk, reason="x")
    assert held(file)


def test_it_needs_a_reason_and_the_clearance(bureau: "Bureau") -> None:
    file = opened(bureau)
    for reason in (" ", "x" * 2001):
        with pytest.raises(Invalid):
            set_hold(actor=bureau.actor("security"), file=file, reason=reason)
    with pytest.raises(Forbidden):
        set_hold(actor=bureau.actor("security"), file=opened(bureau, label=Level.CONFIDENTIAL), reason=REASON)


def test_the_trail_tells_of_it(bureau: "Bureau") -> None:
    file = opened(bureau)
    hold = set_hold(actor=bureau.actor("security"), file=file, reason=REASON)
    lift_hold(actor=bureau.actor("security"), file=file, hold=hold.pk, reason="Đã xử xong")
    with scope.system():
        kinds = ["records:workfile:hold", "records:workfile:lift"]
        entries = AuditEntry.objects.filter(kind__in=kinds).order_by("pk")
        assert [entry.kind for entry in entries] == kinds
        assert entries[0].new == {"hold": hold.pk, "reason": REASON}
