"""Write what a spreadsheet says, all of it or nothing."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import now

from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.organs.actions.imports import dry_run, forget_uploads, keep_upload, run_import
from lienthong.office.organs.imports.lines import Effect
from lienthong.office.organs.models import Position, Unit, Upload
from tests.office.organs.tree import check_tree, fresh, trail

if TYPE_CHECKING:
    from tests.office.people import House

HEAD = "Code,Name,Kind,Code of the unit above\n"


def bring(house: "House", text: str, subject: str = "units", key: str = "administrator") -> Upload:
    with scope.act_for(house.actor(key)):
        return keep_upload(actor=house.actor(key), subject=subject, name="a.csv", content=text.encode())


def test_units_are_written_with_their_places_and_told_one_by_one(house: "House") -> None:
    rows = "X.1,Xã mới,organ,T.province\nX.2,Phòng,department,X.1\nT.commune,Phường 1,organ,T.province\n"
    upload = bring(house, HEAD + rows)
    report = run_import(actor=house.actor("administrator"), upload=upload)
    assert (report.count(Effect.NEW), report.count(Effect.CHANGED)) == (2, 1)
    with scope.system():
        organ, room = Unit.objects.get(code="X.1"), Unit.objects.get(code="X.2")
    assert room.organ_path == organ.path == f"{house.organs['province'].path}{organ.pk}/"
    assert fresh(house.organs["commune"]).name == "Phường 1"
    check_tree()
    assert {entry.object_id for entry in trail("organs:unit:create")} == {organ.pk, room.pk}
    assert trail("organs:unit:import")[0].new == {
        "file": "a.csv",
        "subject": "units",
        "new": 2,
        "changed": 1,
        "same": 0,
    }
    with pytest.raises(NotFound):
        run_import(actor=house.actor("administrator"), upload=upload)


def test_one_wrong_row_stops_all(house: "House") -> None:
    upload = bring(house, HEAD + "X.1,Xã mới,organ,T.province\nX.2,Phòng,department,NOWHERE\n")
    assert dry_run(actor=house.actor("administrator"), upload=upload).wrong
    with pytest.raises(Invalid):
        run_import(actor=house.actor("administrator"), upload=upload)
    with scope.system():
        assert not Unit.objects.filter(code="X.1").exists()
        assert Upload.objects.filter(pk=upload.pk).exists()
    assert trail("organs:unit:import") == []


def test_a_dry_run_leaves_no_trace(house: "House") -> None:
    upload = bring(house, HEAD + "X.1,Xã mới,organ,T.province\n")
    with scope.system():
        before = Unit.objects.count()
    assert not dry_run(actor=house.actor("administrator"), upload=upload).wrong
    with scope.system():
        assert Unit.objects.count() == before


def test_what_changed_meanwhile_is_judged_anew(house: "House") -> None:
    upload = bring(house, HEAD + "X.1,Phòng,department,T.commune\n")
    assert not dry_run(actor=house.actor("administrator"), upload=upload).wrong
    with scope.system():
        Unit.objects.filter(pk=house.organs["commune"].pk).update(valid_to=now().date() + timedelta(days=1))
    with pytest.raises(Invalid):
        run_import(actor=house.actor("administrator"), upload=upload)


def test_positions_are_written(house: "House") -> None:
    rows = f"T.commune,Bí thư,leader,1\nT.province.vp,{house.positions['official'].title},,7\n"
    upload = bring(house, "Unit,Title,Roles,Rank\n" + rows, "positions")
    run_import(actor=house.actor("administrator"), upload=upload)
    with scope.system():
        made = Position.objects.get(title="Bí thư")
        house.positions["official"].refresh_from_db()
    assert (made.roles, made.organ_path) == (["leader"], house.organs["commune"].path)
    assert house.positions["official"].rank == 7
    check_tree()


@pytest.mark.parametrize("key", ["official", "leader", "auditor", "security", "operator", "unplaced"])
def test_only_administrators_bring_anything(house: "House", key: str) -> None:
    with pytest.raises(Forbidden):
        bring(house, HEAD, key=key)


def test_a_file_is_its_persons_alone(house: "House") -> None:
    upload = bring(house, HEAD + "X.1,Phòng,department,T.commune\n")
    with pytest.raises(NotFound):
        run_import(actor=house.actor("above_administrator"), upload=upload)


def test_what_nobody_confirms_is_forgotten(house: "House") -> None:
    old, other = bring(house, HEAD), bring(house, HEAD, key="above_administrator")
    with scope.system():
        Upload.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=2))
        forget_uploads()
        assert list(Upload.objects.all()) == [other]


def test_five_thousand_units_are_written_within_a_request(house: "House") -> None:
    rows = "".join(f"X.{n},Phòng {n},department,T.province\n" for n in range(5000))
    upload = bring(house, HEAD + rows)
    begin = time.perf_counter()
    run_import(actor=house.actor("administrator"), upload=upload)
    # A page has 30 seconds for a statement; all of this takes a fraction of it.
    assert time.perf_counter() - begin < 30
    check_tree()
