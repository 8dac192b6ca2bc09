"""Units from a spreadsheet: judged row by row before anything is written."""

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.organs.imports.lines import Effect
from lienthong.office.organs.imports.units import Order, understand

if TYPE_CHECKING:
    from tests.office.people import House

HEAD = "Mã,Tên,Loại,Mã đơn vị cấp trên,Độ mật,Từ ngày,Khối"


def judge(actor: Actor, *rows: str) -> Order:
    with scope.system():
        return understand(actor, io.BytesIO("\n".join([HEAD, *rows]).encode()))


def effects(order: Order) -> list[Effect]:
    return [line.effect for line in order.report.lines]


def test_children_may_stand_before_their_parents(house: "House") -> None:
    order = judge(
        house.actor("administrator"),
        "X.2,Phòng 2,department,X.1,,,",
        "X.1,Xã mới,cơ quan,T.province,,2026-01-01,party",
        "X.3,Tổ 3,Abteilung,X.2,,,",
    )
    assert effects(order) == [Effect.NEW] * 3
    assert [each.code for each in order.wanted] == ["X.1", "X.2", "X.3"]


def test_known_units_are_renamed_or_as_before(house: "House") -> None:
    order = judge(
        house.actor("administrator"),
        "T.commune,Phường 1,organ,T.province,,,",
        "T.neighbour,Xã 2,organ,T.province,,,",
        "T.commune.vp,Văn phòng Xã 1,department,T.province,,,",
        "T.province,Tỉnh Một,organ,T.centre,,,",
    )
    assert effects(order) == [Effect.CHANGED, Effect.SAME, Effect.WRONG, Effect.WRONG]
    assert order.report.lines[0].notes == ["Xã 1 → Phường 1"]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (["X.1,Phòng,department,NOWHERE,,,"], [2]),
        (["X.1,Phòng,department,T.elsewhere,,,"], [2]),
        (["X.1,Phòng,department,,,,"], [2]),
        (["X.1,Xã,organ,,,,"], [2]),
        (["X.1,Xã,organ,T.province.vp,,,"], [2]),
        (["X.1,A,organ,X.2,,,", "X.2,B,organ,X.3,,,", "X.3,C,organ,X.1,,,", "X.4,D,department,X.1,,,"], [2, 3, 4, 5]),
        (["X.1,A,organ,X.1,,,"], [2]),
        (["X.1,A,department,T.province,,,", "X.1,B,department,T.province,,,"], [3]),
        (["X.1,,department,T.province,,,", ",A,department,T.province,,,"], [2, 3]),
        ([f"X.1,{'x' * 201},department,T.province,,,", f"{'x' * 41},A,department,T.province,,,"], [2, 3]),
        (
            ["X.1,A,bureau,T.province,,,", "X.2,A,department,T.province,nonsense,,", "X.3,A,department,T.province,,,x"],
            [2, 3, 4],
        ),
        (["X.1,A,department,T.province,,31/12/2025,"], [2]),
        (["X.1,A,department,T.province,secret,,", "X.2,A,department,T.province,Mật,,"], [2, 3]),
        (["T.hidden,A,department,T.province,,,"], [2]),
        (["X.1,A,department,T.hidden,,,"], [2]),
        (["T.elsewhere,A,organ,T.centre,,,"], [2]),
    ],
)
def test_what_is_wrong_is_told_at_its_row(house: "House", rows: list[str], wrong: list[int]) -> None:
    report = judge(house.actor("administrator"), *rows).report
    assert [line.number for line in report.lines if line.effect is Effect.WRONG] == wrong
    assert all(line.notes for line in report.lines if line.effect is Effect.WRONG)
    assert house.hidden.name not in str(report)


def test_labels_go_down_the_tree(house: "House") -> None:
    cleared = replace(house.actor("administrator"), clearance=Level.SECRET)
    order = judge(cleared, "X.1,A,department,T.province,Tối mật,,", "X.2,B,department,X.1,,,")
    assert [each.label for each in order.wanted] == [Level.SECRET, Level.SECRET]
    assert effects(order) == [Effect.NEW] * 2


def test_a_chain_of_a_thousand_is_too_deep(house: "House") -> None:
    rows = [f"X.{n},A,department,{f'X.{n - 1}' if n else 'T.province'},,," for n in range(1000)]
    found = effects(judge(house.actor("administrator"), *rows))
    assert found[:10] == [Effect.NEW] * 10
    assert set(found[30:]) == {Effect.WRONG}


def test_five_thousand_rows_cost_no_more_queries_than_one(house: "House") -> None:
    actor = house.actor("administrator")

    def count(rows: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            found = judge(actor, *(f"X.{n},Phòng {n},department,T.province,,," for n in range(rows)))
        assert set(effects(found)) == {Effect.NEW}
        return len(queries)

    assert count(5000) == count(1)
