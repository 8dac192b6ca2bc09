"""A registry of a few members of a house, written by hand: quick, and everything in it is known."""

from dataclasses import dataclass
from typing import Any

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.text import person_sort_key, search_key, sort_key
from lienthong.office.members.models import (
    Failure,
    Identifier,
    Loading,
    Member,
    Record,
    ReviewItem,
    RuleCount,
    Score,
)  # fmt: skip
from lienthong.office.organs.models import Kind, Unit
from tests.office.members.engine import AREAS, give_areas
from tests.office.people import House, appoint, make_person, make_position

# Key, organ, name, birth, more values.
MEMBERS = (
    ("P1", "commune", "Nguyễn Văn Hùng", "1960-02-03", {"personal_number": "001060000001", "phone": "0912000001"}),
    ("P2", "commune", "Nguyễn Văn Hưng", "1960-03-02", {"personal_number": "001060000002", "sex": "f"}),
    ("P3", "neighbour", "Trần Thị Đào", "1971", {"personal_number": "001171000003"}),
    ("P4", "elsewhere", "Lê Văn Tám", "1980-05-06", {"personal_number": "079080000004"}),
    ("P5", "commune", "Nguyễn Văn Hùng", "1960-02-03", {"personal_number": "001060000001", "file_number": "123456HN"}),
)
STEWARDS = {
    "steward": "province", "second_steward": "province", "commune_steward": "commune", "centre_steward": "centre",
    "outside_steward": "elsewhere",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What was written."""

    house: House
    stewards: dict[str, Person]

    def actor(self, key: str) -> Actor:
        """Return a steward, or a person of the house, as they act now."""
        if key not in self.stewards:
            return self.house.actor(key)
        with scope.system():
            return actor_of(Person.objects.get(pk=self.stewards[key].pk))

    def member(self, key: str) -> Member:
        """Return a member as the database has them now."""
        with scope.system():
            return Member.objects.select_related("organ").get(key=key)

    def item(self, place: int) -> ReviewItem:
        """Return an item of the queue as the database has it now."""
        with scope.system():
            return ReviewItem.objects.select_related("left", "right").get(place=place)


def open_registry(house: House) -> Registry:
    """Write stewards, members with a record each, doubtful pairs, failures and scores."""
    give_areas(house)
    with scope.system():
        stewards = {key: _steward(house, number, key, organ) for number, (key, organ) in enumerate(STEWARDS.items())}
        Loading.objects.create(run="20261126T000000Z-000000", registry="member", on="2026-11-26", records=5, members=5)
        records = {row[0]: _member(house, *row) for row in MEMBERS}
        _item(1, (records["P1"], records["P5"]), house.organs["commune"], impact=2)
        _item(2, (records["P1"], records["P2"]), house.organs["commune"], impact=2, reasons=["twins"])
        _item(3, (records["P1"], records["P3"]), house.organs["province"], impact=4)
        _item(4, (records["P3"], records["P4"]), house.organs["centre"], impact=2)
        for key, rule in (
            ("P2", "number-sex"),
            ("P3", "birth-day-unknown"),
            ("P1", "number-twice"),
            ("P4", "cell-missing"),
        ):
            _failure(records[key], rule)
        _scores(house)
    return Registry(house=house, stewards=stewards)


def add_communes(province: Unit, number: int, *, name: str = "Phường") -> list[Unit]:
    """Write communes of a province; in the first of them one record breaks a rule, in the second two, and so on."""
    with scope.system():
        first = Unit.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
        made = Unit.objects.bulk_create(
            _commune(province, first + place, f"{name} {place + 1}") for place in range(number)
        )
        RuleCount.objects.bulk_create(
            RuleCount(area=f"C{unit.pk}", organ_path=unit.path, rule="number-sex", records=number, failures=place)
            for place, unit in enumerate(made, start=1)
        )
    return made


def _commune(province: Unit, number: int, name: str) -> Unit:
    path = f"{province.path}{number}/"
    return Unit(
        pk=number, kind=Kind.ORGAN, code=f"T.{number}", parent=province, organ_id=number, name=name, path=path,
        organ_path=path, sort_key=sort_key(name), search_key=search_key(name),
    )  # fmt: skip


def _steward(house: House, number: int, key: str, organ: str) -> Person:
    person = make_person(100 + number, key, house.organs[organ])
    appoint(person, make_position(house.departments[organ], f"Cán bộ dữ liệu {number}", Role.STEWARD))
    return person


def _member(house: House, *facts: Any) -> Record:  # noqa: ANN401 - a row of MEMBERS
    key, organ, name, birth, more = facts
    place = house.organs[organ]
    values = {"full_name": name, "birth_date": birth, "unit_code": AREAS[organ], "cell": "Chi bộ 1", "sex": "m"} | more
    member = Member.objects.create(
        key=key, organ=place, organ_path=place.path, area=AREAS[organ], cell="Chi bộ 1", name=name,
        name_key=search_key(name), sort_key=person_sort_key(name), birth=birth, records=1, failures=0, values=values,
    )  # fmt: skip
    record = Record.objects.create(
        key=f"M{key[1:]}", member=member, organ=place, organ_path=place.path, values=values,
        changes={"full_name": [name.upper(), "case"]},
    )  # fmt: skip
    for column in ("personal_number", "phone", "file_number"):
        if column in values:
            Identifier.objects.create(value=values[column], kind=column, member=member, organ_path=place.path)
    return record


def _item(place: int, records: tuple[Record, Record], organ: Unit, **facts: Any) -> None:  # noqa: ANN401 - of the item
    ReviewItem.objects.create(
        place=place,
        kind="pair",
        left=records[0],
        right=records[1], organ_path=organ.path, probability=0.6, weight=3.2,
        weights={"family": 2.5, "given": -1.5, "sex": 0.0}, **facts,
    )  # fmt: skip


def _failure(record: Record, rule: str) -> None:
    Failure.objects.create(record=record, member=record.member, rule=rule, organ_path=record.organ_path)
    Member.objects.filter(pk=record.member_id).update(failures=1)


def _scores(house: House) -> None:
    units = (
        ("*", "", "centre", "*", 4), ("01", "*", "province", "Tỉnh 1", 3), ("79", "*", "elsewhere", "Tỉnh 2", 1),
        ("00004", "01", "commune", "Xã 1", 2), ("00008", "01", "neighbour", "Xã 2", 1),
    )  # fmt: skip
    for area, parent, organ, name, failures in units:
        path = house.organs[organ].path
        for dimension, score in zip(Score.Dimension.values, (99.5, 97.0, 88.5, 51.25), strict=True):
            Score.objects.create(
                area=area, parent=parent, name=name, organ_path=path, dimension=dimension, checks=10,
                failures=failures if dimension == "correct" else 0, score=score, exact_duplicates=1.24,
                estimated_duplicates=2.5, past=[{"day": "2026-10-01", "score": score - 1}],
            )  # fmt: skip
        RuleCount.objects.create(area=area, organ_path=path, rule="number-sex", records=5, failures=failures)
    commune = house.organs["commune"]
    Score.objects.create(
        area="00004", cell="Chi bộ 1", parent="00004", name="Chi bộ 1", organ_path=commune.path, dimension="clean",
        checks=2, failures=1, score=50.0,
    )  # fmt: skip
