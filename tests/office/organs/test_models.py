"""What the tables of the tree refuse by themselves."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from lienthong.office.core import scope
from lienthong.office.organs.models import Unit, UnitVersion


@pytest.fixture
def unit(db: None) -> Unit:
    del db
    with scope.system():
        return Unit.objects.create(kind="organ", code="T1", name="Cơ quan 1", path="900/", organ_path="900/")


def test_a_unit_is_not_its_own_parent(unit: Unit) -> None:
    unit.parent = unit
    with scope.system(), pytest.raises(IntegrityError, match="unit_not_own_parent"), transaction.atomic():
        unit.save()


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        ((None, None), (date(2025, 7, 1), None), False),
        ((None, date(2025, 7, 1)), (date(2025, 7, 1), None), True),
        ((date(2020, 1, 1), date(2025, 7, 2)), (date(2025, 7, 1), None), False),
    ],
)
def test_a_unit_has_one_version_on_any_one_day(
    unit: Unit, *, first: tuple[date | None, date | None], second: tuple[date | None, date | None], fits: bool
) -> None:
    def add(period: tuple[date | None, date | None]) -> None:
        UnitVersion.objects.create(unit=unit, name="X", valid_from=period[0], valid_to=period[1])

    with scope.system():
        add(first)
        if fits:
            add(second)
        else:
            with pytest.raises(IntegrityError, match="unit_one_version_a_day"), transaction.atomic():
                add(second)
