"""What the tables of the work on members refuse, whoever writes."""

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from lienthong.office.core import scope
from lienthong.office.members.models import Assignment, Change, Decision

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

WHO = {"person_id": 1, "person_name": "x"}


def test_one_of_each_counts_at_a_time(registry: "Registry") -> None:
    organ = registry.house.organs["commune"]
    with scope.system():
        for model, facts, over in (
            (Decision, {"left": "M1", "right": "M2", "verdict": "same", "state": "standing", "impact": 2}, "undone"),
            (Assignment, {"rule": "number-sex", "organ": organ, "due_on": "2027-01-01", "total": 1}, "done"),
            (Change, {"record": "M1", "field": "sex", "source": "page"}, "refused"),
        ):
            first = model._default_manager.create(organ_path=organ.path, **facts, **WHO)
            with pytest.raises(IntegrityError), transaction.atomic():
                model._default_manager.create(organ_path=organ.path, **facts, **WHO)
            model._default_manager.filter(pk=first.pk).update(state=over)
            model._default_manager.create(organ_path=organ.path, **facts, **WHO)


def test_what_goes_into_the_trail_names_nobody(registry: "Registry") -> None:
    member = registry.member("P1")
    assert str(member) == "P1"
    assert member.name not in str(registry.item(1))
