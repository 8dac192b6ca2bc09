"""The country that the tests live in is as its table says."""

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.models import AuditEntry
from tests.office.people import KINDS, House


def test_everybody_acts_as_the_table_says(house: House) -> None:
    administrator, below, unplaced = (house.actor(key) for key in ("administrator", "below", "unplaced"))
    assert (administrator.organ_path, administrator.roles) == (
        house.organs["province"].path,
        frozenset({Role.ADMINISTRATOR}),
    )
    assert below.organ_path == house.organs["commune"].path
    assert administrator.below(below.organ_path)
    assert not administrator.sees(house.organs["elsewhere"].path)
    assert unplaced.organ_path == ""
    assert house.actor("cleared").clearance is Level.SECRET
    assert house.actor("cleared").known == {house.hidden.pk}
    assert house.actor("operator").operator
    assert len(KINDS) == len(house.persons) + 1


@pytest.mark.parametrize("turn", [1, 2])
def test_what_was_really_written_goes_after_the_test(lasting_house: House, turn: int) -> None:
    with scope.system():
        assert not AuditEntry.objects.exists()
        AuditEntry.objects.create(kind=f"tests:turn:{turn}", object_type="tests", organ_path="1/")
