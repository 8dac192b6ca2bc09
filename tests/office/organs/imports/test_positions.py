"""Positions from a spreadsheet."""

import io
from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.organs.imports.lines import Effect, Report
from lienthong.office.organs.imports.positions import understand

if TYPE_CHECKING:
    from tests.office.people import House


def judge(house: "House", key: str, *rows: str) -> Report:
    content = "\n".join(["Mã đơn vị;Chức vụ;Vai trò;Thứ tự", *rows]).encode()
    with scope.system():
        return understand(house.actor(key), io.BytesIO(content)).report


def test_new_changed_and_as_before(house: "House") -> None:
    title = house.positions["official"].title
    report = judge(
        house,
        "administrator",
        "T.province.vp;Phó phòng;clerk, leader;5",
        f"T.province.vp;{title};;7",
        f"T.province.vp;{house.positions['colleague'].title};;",
        "T.commune;Bí thư;security;1",
    )
    assert [line.effect for line in report.lines] == [Effect.NEW, Effect.CHANGED, Effect.SAME, Effect.NEW]


@pytest.mark.parametrize(
    "row",
    [
        "NOWHERE;A;;", "T.hidden;A;;", "T.elsewhere;A;;", "T.province.vp;;;", "T.province.vp;A;king;",
        "T.province.vp;A;security;", "T.commune;A;security, administrator;",
        "T.province.vp;A;;first", "T.province.vp;A;;99999", f"T.province.vp;{'x' * 201};;",
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(house: "House", row: str) -> None:
    (line,) = judge(house, "administrator", row).lines
    assert line.effect is Effect.WRONG
    assert line.notes


def test_one_position_stands_once(house: "House") -> None:
    report = judge(house, "administrator", "T.province.vp;A;;", "T.province.vp;A;;5")
    assert [line.effect for line in report.lines] == [Effect.NEW, Effect.WRONG]
