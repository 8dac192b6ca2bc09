"""Members are found without accents and by any number; sensitive values are masked; each value tells its origin."""

from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.core.search import sought
from lienthong.office.members.models import Assignment, Look
from lienthong.office.members.policies import MASK
from lienthong.office.members.search import find_members
from lienthong.office.members.selectors import people

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("nguyen van h", {"P1", "P2", "P5"}),
        ("Nguyễn Văn Hùng", {"P1", "P2", "P5"}),
        ("nguyen van hung 1971", set()),
        ("tran thi dao 1971", {"P3"}),
        ("001060000001", {"P1", "P5"}),
        ("0912 000 001", {"P1"}),
        ("123456hn", {"P5"}),
        ("p3 00", set()),
        ("le van tam", set()),
    ],
)
def test_the_search_of_a_province(registry: "Registry", text: str, keys: set[str]) -> None:
    actor = registry.actor("steward")
    with scope.act_for(actor):
        found = people.people(actor).filter(people.found(text)).values_list("key", flat=True)
        assert set(found) == keys


def test_the_search_over_everything_tells_members_to_those_it_is_open_to(registry: "Registry") -> None:
    wanted = sought("nguyen van")
    assert wanted
    for key, number in (("steward", 3), ("leader", 3), ("outside_steward", 0), ("official", 0)):
        actor = registry.actor(key)
        with scope.act_for(actor):
            assert len(find_members(actor, wanted, 5)) == number, key


def test_sensitive_values_are_masked_for_who_only_looks_after_the_organ(registry: "Registry") -> None:
    one = registry.member("P1")
    for key, shown in (("steward", "001060000001"), ("leader", MASK), ("auditor", MASK)):
        actor = registry.actor(key)
        with scope.act_for(actor):
            rows = {row.column: row for row in people.values(actor, one, people.records_of(actor, one))}
        assert rows["personal_number"].value == shown, key
        assert {told.value for told in rows["personal_number"].told} == {shown}
        assert rows["full_name"].value == "Nguyễn Văn Hùng"


def test_a_value_tells_its_record_and_how_it_was_written(registry: "Registry") -> None:
    actor, one = registry.actor("steward"), registry.member("P1")
    with scope.act_for(actor):
        rows = {row.column: row for row in people.values(actor, one, people.records_of(actor, one))}
    assert rows["full_name"].origin == "M1"
    told = rows["full_name"].told[0]
    assert (told.raw, told.rule) == ("NGUYỄN VĂN HÙNG", "case")


def test_what_is_wrong_tells_who_mends_it_by_when(registry: "Registry") -> None:
    actor, one = registry.actor("steward"), registry.member("P2")
    province = registry.house.organs["province"]
    with scope.system():
        for day, state in (("2027-03-01", "open"), ("2027-02-01", "withdrawn")):
            Assignment.objects.create(
                rule="number-sex", organ=province, organ_path=province.path, due_on=day, total=1, person_id=1,
                person_name="x", state=state,
            )  # fmt: skip
    with scope.act_for(actor):
        duty = people.duties(actor, one)[0]
    assert (duty.rule, duty.organ, duty.owner) == ("number-sex", "Xã 1", "cell")
    assert str(duty.due) == "2027-03-01"


def test_whoever_looked_is_listed_newest_first(registry: "Registry") -> None:
    actor, one = registry.actor("steward"), registry.member("P1")
    with scope.system():
        for words in ("first", "second"):
            Look.objects.create(
                member="P1", organ_path=one.organ_path, person_id=1, person_name="x", purpose="mend", words=words,
                sensitive=False,
            )  # fmt: skip
    with scope.act_for(actor):
        assert [look.words for look in people.looks(actor, one)] == ["second", "first"]


def test_a_member_of_another_part_of_the_tree_is_not_found(registry: "Registry") -> None:
    for key in ("outside_steward", "official", "unplaced"):
        actor = registry.actor(key)
        with scope.act_for(actor), pytest.raises(NotFound):
            people.member(actor, registry.member("P1").pk)
