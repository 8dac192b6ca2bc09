"""What the tables themselves refuse, and what a file is called."""

from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.records.models import FileAccess, Item, WorkFile
from lienthong.office.records.states import Mode
from tests.office.records.shelf import closed, filled, opened, registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


@pytest.mark.parametrize("change", [{"title_key": "chuyen kin"}, {"mode": Mode.OPEN}])
def test_words_of_what_is_labelled_are_refused(bureau: "Bureau", change: dict[str, Any]) -> None:
    file = opened(bureau, label=Level.CONFIDENTIAL)
    with scope.system(), pytest.raises(IntegrityError), transaction.atomic():
        WorkFile.objects.filter(pk=file.pk).update(**change)


def test_what_is_open_has_no_end_and_what_is_closed_has_one(bureau: "Bureau") -> None:
    for file, change in ((opened(bureau), {"closed_on": localdate()}), (closed(bureau), {"closed_on": None})):
        with scope.system(), pytest.raises(IntegrityError), transaction.atomic():
            WorkFile.objects.filter(pk=file.pk).update(**change)


def test_numbers_documents_and_holders_stand_once(bureau: "Bureau") -> None:
    first, second = filled(bureau, registered(bureau)), opened(bureau)
    with scope.system():
        with pytest.raises(IntegrityError), transaction.atomic():
            WorkFile.objects.filter(pk=second.pk).update(entry=first.entry)
        item = Item.objects.get(file=first)
        with pytest.raises(IntegrityError), transaction.atomic():
            Item.objects.create(file=first, document=item.document, place=2, added_by=item.added_by)
        with pytest.raises(IntegrityError), transaction.atomic():
            FileAccess.objects.create(file=first, holder=first.maker_id)


def test_what_is_labelled_is_called_by_its_code_alone(bureau: "Bureau") -> None:
    known, secret = opened(bureau, title="Chuyện chung"), opened(bureau, title="Kín", label=Level.CONFIDENTIAL)
    assert (str(known), str(secret)) == (f"{known.code} Chuyện chung", secret.code)
