"""What the database itself refuses, and how a document is named."""

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.actions.arriving import arrive
from lienthong.office.documents.models import Document
from tests.office.documents.bureau import arrival

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_what_is_labelled_is_named_by_its_number_alone(bureau: "Bureau") -> None:
    assert str(bureau.arrived(subject="Công văn mở")) == "12-CV/TW Công văn mở"
    assert str(bureau.arrived(label=Level.CONFIDENTIAL, subject="Chuyện mật")) == "12-CV/TW"
    draft = bureau.draft(label=Level.CONFIDENTIAL, subject="Chuyện mật")
    assert str(draft) == f"№ {draft.pk}"


def test_a_message_arrives_once(bureau: "Bureau") -> None:
    came = arrival()
    assert arrive(organ=bureau.house.organs["province"], arrival=came) is not None
    assert arrive(organ=bureau.house.organs["province"], arrival=came) is None
    assert arrive(organ=bureau.house.organs["commune"], arrival=came) is not None


def test_an_entry_without_its_day_is_refused(bureau: "Bureau") -> None:
    document = bureau.arrived()
    with scope.system(), pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(entry=1)
