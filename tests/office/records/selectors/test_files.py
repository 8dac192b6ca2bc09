"""What is read of files: which are due for disposal, who works on them, what lies in them."""

from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.records.actions.disposing import propose
from lienthong.office.records.actions.holds import set_hold
from lienthong.office.records.actions.sharing import share
from lienthong.office.records.selectors import files
from tests.office.records.shelf import archived, expired, filled, opened, registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_only_what_nothing_speaks_against_is_due_for_disposal(bureau: "Bureau") -> None:
    due, held, proposed = (expired(bureau) for _ in range(3))
    archived(bureau)
    archived(bureau, retention=None)
    opened(bureau)
    set_hold(actor=bureau.actor("security"), file=held, reason="Tòa án")
    propose(actor=bureau.actor("clerk"), files=[proposed.pk], reason="x")
    with scope.act_for(bureau.actor("clerk")):
        assert list(files.expired(bureau.actor("clerk"))) == [due]


def test_those_who_work_on_it_are_named_writers_first(bureau: "Bureau") -> None:
    file, unit = opened(bureau), bureau.actor("clerk").unit_id
    share(
        actor=bureau.actor("clerk"), file=file, readers=[-unit], writers=[bureau.actor("doer").appointment_id]
    )  # fmt: skip
    named = [(each.name, each.writes) for each in files.workers(file)]
    assert named == [("Người dùng 57 · Chức vụ 57", True), ("Văn phòng Tỉnh 1", False)]


def test_a_document_of_another_file_is_not_found_in_this_one(bureau: "Bureau") -> None:
    first, second = filled(bureau, registered(bureau)), filled(bureau, registered(bureau))
    with scope.system():
        item = second.items.get().pk
    with scope.act_for(bureau.actor("clerk")):
        assert files.inside(bureau.actor("clerk"), second, item).place == 1
        with pytest.raises(NotFound):
            files.inside(bureau.actor("clerk"), first, item)
