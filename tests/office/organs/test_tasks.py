"""Background work on the tree."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate, now

from lienthong.office.core import scope
from lienthong.office.organs.models import Unit, UnitVersion, Upload
from lienthong.office.organs.tasks import bring_into_force
from tests.office.organs.tree import check_tree, fresh

if TYPE_CHECKING:
    from tests.office.people import House


def test_every_hour_what_is_due_comes_into_force_and_old_files_go(house: "House") -> None:
    commune = house.organs["commune"]
    with scope.system():
        UnitVersion.objects.filter(unit=commune).update(valid_to=localdate())
        UnitVersion.objects.create(unit=commune, valid_from=localdate(), name="Phường 1", parent_id=commune.parent_id)
        Upload.objects.create(person=house.persons["administrator"], subject="units", name="a", content=b"")
        Upload.objects.update(created_at=now() - timedelta(days=2))
    for _hour in range(2):
        bring_into_force(timestamp=0)
    assert fresh(commune).name == "Phường 1"
    check_tree()
    with scope.system():
        assert not Upload.objects.exists()
        assert Unit.objects.get(pk=commune.pk).revision == 2
