"""Units and positions through the API."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.organs.models import Unit, UnitVersion
from tests.office.api.programs import Program, Programs
from tests.office.people import House


def _names(program: Program, path: str) -> list[str]:
    answer = program.ask(path)
    assert answer.status_code == 200, answer.content
    return [item["name"] for item in answer.json()["items"]]


def test_units_come_in_vietnamese_order(programs: Programs) -> None:
    assert _names(programs.of("official"), "/organs?kind=organ") == [
        "Tỉnh 1",
        "Tỉnh 2",
        "Văn phòng Trung ương",
        "Xã 1",
        "Xã 2",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=xa%201", ["Xã 1"]),
        ("q=XÃ 1", ["Xã 1"]),
        ("q=T.commune", ["Xã 1"]),
        ("code=T.commune", ["Xã 1"]),
        ("q=không có", []),
        ("bloc=party", []),
        ("q=%25", []),
    ],
)
def test_units_are_found(programs: Programs, query: str, found: list[str]) -> None:
    assert _names(programs.of("official"), f"/organs?kind=organ&{query}") == found


def test_pages_go_on_where_the_last_one_ended(programs: Programs) -> None:
    program = programs.of("official")
    whole = _names(program, "/organs?limit=200")
    found: list[str] = []
    path = "/organs?limit=3"
    while True:
        answer = program.ask(path).json()
        assert len(answer["items"]) <= 3
        found += [item["name"] for item in answer["items"]]
        if answer["next"] is None:
            break
        path = f"/organs?limit=3&cursor={answer['next']}"
    assert found == whole
    assert len(whole) > 6


def test_units_of_one_name_are_not_lost_between_pages(programs: Programs, house: House) -> None:
    with scope.system():
        for number in range(5):
            Unit.objects.create(
                kind="department", code=f"S{number}", name="Phòng", sort_key="x", path="9/", organ_path="9/"
            )
    program = programs.of("official")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = program.ask(f"/organs?q=&limit=2&cursor={cursor}").json()
        seen += [item["code"] for item in answer["items"]]
        cursor = answer["next"]
    assert sorted(code for code in seen if code.startswith("S")) == [f"S{number}" for number in range(5)]


@pytest.mark.parametrize(
    "cursor",
    ["A", "bnVsbA", "W10", "WyJhIiwgMF0", "WyJhIiwgIjEiXQ", "WyJhXHUwMDAwIiwgMV0", "W1siYSJdLDFd", "WyJhIiwgMWU0MDBd"],
)
def test_a_made_up_cursor_is_refused(programs: Programs, cursor: str) -> None:
    answer = programs.of("official").ask(f"/organs?cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "cursor"


def test_a_deeply_nested_cursor_is_refused(programs: Programs) -> None:
    import base64  # noqa: PLC0415 - only here

    cursor = base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("=")
    assert programs.of("official").ask(f"/organs?cursor={cursor}").status_code == 422


def test_a_hidden_unit_is_for_those_who_need_to_know(programs: Programs, house: House) -> None:
    for key, status in (("cleared", 200), ("official", 404), ("administrator", 404), ("outsider", 404)):
        program = programs.of(key)
        for path in ("", "/children", "/versions"):
            assert program.ask(f"/organs/{house.hidden.pk}{path}").status_code == status, (key, path)
        assert (house.hidden.name in _names(program, "/organs?limit=200")) is (status == 200), key
        assert (house.hidden.name in _names(program, f"/organs/{house.organs['province'].pk}/children")) is (
            status == 200
        )
        assert bool(_names(program, "/organs?q=co yeu")) is (status == 200)
    assert programs.system("administrator", "cleared").ask(f"/organs/{house.hidden.pk}").status_code == 404


def test_a_unit_over_time_names_no_hidden_parent(programs: Programs, house: House) -> None:
    with scope.system():
        UnitVersion.objects.filter(unit=house.organs["commune"]).update(valid_from=date(2025, 7, 1))
        UnitVersion.objects.create(
            unit=house.organs["commune"], name="Xã cũ", parent=house.hidden, valid_to=date(2025, 7, 1)
        )
    path = f"/organs/{house.organs['commune'].pk}/versions"
    assert [(one["name"], one["parent_id"]) for one in programs.of("official").ask(path).json()] == [
        ("Xã cũ", None),
        ("Xã 1", house.organs["province"].pk),
    ]
    assert programs.of("cleared").ask(path).json()[0]["parent_id"] == house.hidden.pk


def test_one_that_is_closed_is_shown_on_demand(programs: Programs, house: House) -> None:
    with scope.system():
        Unit.objects.filter(pk=house.organs["neighbour"].pk).update(valid_to=date(2026, 1, 1))
    program = programs.of("official")
    assert "Xã 2" not in _names(program, "/organs?limit=200")
    assert "Xã 2" in _names(program, "/organs?limit=200&closed=true")
    assert program.ask(f"/organs/{house.organs['neighbour'].pk}").json()["valid_to"] == "2026-01-01"


def test_positions_of_a_unit(programs: Programs, house: House) -> None:
    program = programs.of("official")
    unit = house.departments["province"].pk
    answer = program.ask(f"/positions?unit={unit}&limit=200").json()
    assert {item["unit_id"] for item in answer["items"]} == {unit}
    one = answer["items"][0]
    assert program.ask(f"/positions/{one['id']}").json() == one


def test_positions_of_a_hidden_unit_are_hidden(programs: Programs, house: House) -> None:
    with scope.system():
        position = house.hidden.positions.create(title="Chức vụ kín", organ_path=house.hidden.organ_path)
    for key, status in (("cleared", 200), ("official", 404)):
        program = programs.of(key)
        assert program.ask(f"/positions/{position.pk}").status_code == status
        titles = [item["title"] for item in program.ask("/positions?limit=200").json()["items"]]
        assert ("Chức vụ kín" in titles) is (status == 200)


@pytest.mark.parametrize(
    "number", ["0", "-1", "9223372036854775808", "x", "1.5", "1e3", "%00", "99999999999999999999999"]
)
def test_numbers_that_are_none(programs: Programs, number: str) -> None:
    program = programs.of("official")
    for path in (f"/organs/{number}", f"/positions/{number}", f"/persons/{number}", f"/organs?parent={number}"):
        answer = program.ask(path)
        assert answer.status_code == 422, path
        assert answer["Content-Type"] == "application/problem+json"


def test_a_list_takes_as_many_queries_for_a_hundred_as_for_one(programs: Programs, house: House) -> None:
    program = programs.of("official")
    # The first time the token's use is noted.
    program.ask("/me")
    with CaptureQueriesContext(connection) as few:
        program.ask("/organs?limit=1")
    with scope.system():
        Unit.objects.bulk_create(
            Unit(kind="department", code=f"M{number}", name=f"Phòng {number}", label=Level.INTERNAL, path="9/")
            for number in range(100)
        )
    with CaptureQueriesContext(connection) as many:
        assert len(program.ask("/organs?limit=200").json()["items"]) > 100
    assert len(many) == len(few) <= 8
