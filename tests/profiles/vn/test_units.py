"""The table of units: counts, tree, names, places, versions by date, and what became of the former units."""

import unicodedata
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from lienthong.profiles.vn import units
from lienthong.profiles.vn.text import plain
from lienthong.profiles.vn.units import REFORM, TYPE_NAMES, Tier, UnitType

LAST_DAY_BEFORE = date(2025, 6, 30)
DATES = (None, REFORM, date(2026, 4, 30), date(2026, 9, 20), LAST_DAY_BEFORE)
EVERY = (*units._former(), *units._present())


def _tiers(at: date | None) -> dict[Tier, int]:
    return Counter(unit.tier for unit in units.units(at))


def _types(at: date | None, tier: Tier) -> dict[UnitType, int]:
    return Counter(unit.type for unit in units.units(at) if unit.tier is tier)


@pytest.mark.parametrize("at", [None, REFORM, date(2026, 5, 1)])
def test_there_are_34_provinces_and_3321_communes_since_the_reform(at: date | None) -> None:
    assert _tiers(at) == {Tier.COUNTRY: 1, Tier.PROVINCE: 34, Tier.COMMUNE: 3321}
    assert len(units.provinces(at)) == 34
    assert len(units.communes(at=at)) == 3321


def test_there_were_three_tiers_below_the_country_before() -> None:
    assert _tiers(LAST_DAY_BEFORE) == {
        Tier.COUNTRY: 1,
        Tier.PROVINCE: 63,
        Tier.DISTRICT: 696,
        Tier.COMMUNE: 10035,
    }


@pytest.mark.parametrize(
    ("at", "communes", "wards", "cities"),
    [(REFORM, 2621, 687, 6), (date(2026, 4, 30), 2611, 697, 7), (date(2026, 9, 1), 2611, 697, 8), (None, 2599, 709, 9)],
)
def test_types_change_while_the_number_of_units_stays(at: date | None, communes: int, wards: int, cities: int) -> None:
    assert _types(at, Tier.COMMUNE) == {
        UnitType.COMMUNE: communes,
        UnitType.WARD: wards,
        UnitType.SPECIAL_ZONE: 13,
    }
    assert _types(at, Tier.PROVINCE) == {UnitType.CITY: cities, UnitType.PROVINCE: 34 - cities}


@pytest.mark.parametrize("at", DATES)
def test_codes_are_unique_on_any_day(at: date | None) -> None:
    codes = [unit.code for unit in units.units(at)]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("at", DATES)
def test_every_unit_has_a_parent_of_that_day_one_tier_up(at: date | None) -> None:
    above = {Tier.PROVINCE: Tier.COUNTRY, Tier.DISTRICT: Tier.PROVINCE, Tier.COMMUNE: Tier.PROVINCE}
    if at == LAST_DAY_BEFORE:
        above[Tier.COMMUNE] = Tier.DISTRICT
    for unit in units.units(at):
        if unit.parent is None:
            assert unit.code == units.COUNTRY
            continue
        parent = units.unit(unit.parent, at)
        assert parent is not None
        assert parent.tier is above[unit.tier]


@pytest.mark.parametrize("at", DATES)
def test_children_and_communes_add_up(at: date | None) -> None:
    provinces = units.provinces(at)
    assert {province.parent for province in provinces} == {units.COUNTRY}
    below = [commune.code for province in provinces for commune in units.communes(province.code, at)]
    assert sorted(below) == [commune.code for commune in units.communes(at=at)]
    assert units.children("no such code", at) == ()


def test_codes_have_the_length_of_their_tier() -> None:
    lengths = {(unit.tier, len(unit.code)) for unit in EVERY if unit.tier is not Tier.COUNTRY}
    assert lengths == {(Tier.PROVINCE, 2), (Tier.DISTRICT, 3), (Tier.COMMUNE, 5)}
    assert all(unit.code.isdigit() for unit in EVERY if unit.tier is not Tier.COUNTRY)


def test_names_are_nfc_and_hold_no_look_alikes_or_stray_spaces() -> None:
    for unit in EVERY:
        assert unit.name == unicodedata.normalize("NFC", " ".join(unit.name.split()))
        assert "\u00d0" not in unit.name
        assert {unicodedata.category(character) for character in unit.name} <= {"Lu", "Ll", "Nd", "Zs", "Pd", "Po"}


def test_plain_names_are_the_names_in_ascii() -> None:
    for unit in EVERY:
        assert unit.plain.isascii()
        assert unit.plain == plain(unit.name)


def test_points_lie_in_the_country_with_its_islands() -> None:
    for unit in EVERY:
        assert 8.0 < unit.latitude < 23.5
        assert 102.0 < unit.longitude < 115.0
        if unit.tier is Tier.COMMUNE and unit.type is not UnitType.SPECIAL_ZONE:
            assert unit.longitude < 110.0 or unit.valid_to == REFORM


def test_versions_of_a_code_follow_each_other_without_gap_or_overlap() -> None:
    by_code: dict[str, list[units.Unit]] = {}
    for unit in EVERY:
        by_code.setdefault(unit.code, []).append(unit)
    for versions in by_code.values():
        for earlier, later in pairwise(versions):
            assert earlier.valid_to == later.valid_from
        assert versions[-1].valid_to in {None, REFORM}


def test_a_code_means_different_units_at_different_times() -> None:
    before = units.unit("00004", LAST_DAY_BEFORE)
    since = units.unit("00004", REFORM)
    assert before is not None
    assert since is not None
    assert (before.full_name, before.parent) == ("Phường Trúc Bạch", "001")
    assert (since.full_name, since.parent) == ("Phường Ba Đình", "01")
    assert units.unit("00004") == since
    assert units.versions("00004") == (before, since)


@pytest.mark.parametrize(
    ("code", "last_day", "first_day", "before", "since"),
    [
        ("75", date(2026, 4, 29), date(2026, 4, 30), "Tỉnh Đồng Nai", "Thành phố Đồng Nai"),
        ("22", date(2026, 8, 31), date(2026, 9, 1), "Tỉnh Quảng Ninh", "Thành phố Quảng Ninh"),
        ("24", date(2026, 9, 19), date(2026, 9, 20), "Tỉnh Bắc Ninh", "Thành phố Bắc Ninh"),
        ("26368", date(2026, 4, 29), date(2026, 4, 30), "Xã Long Thành", "Phường Long Thành"),
        ("07294", date(2026, 9, 19), date(2026, 9, 20), "Xã Bố Hạ", "Phường Bố Hạ"),
    ],
)
def test_the_type_changes_on_the_day_of_the_resolution(
    code: str, last_day: date, first_day: date, before: str, since: str
) -> None:
    names = [unit.full_name if (unit := units.unit(code, at)) else None for at in (last_day, first_day, None)]
    assert names == [before, since, since]


def test_the_country_has_no_type_in_its_name() -> None:
    country = units.unit(units.COUNTRY)
    assert country is not None
    assert (country.full_name, country.plain, country.parent) == ("Việt Nam", "Viet Nam", None)


@pytest.mark.parametrize("code", ["", "1", "99", "00001", "001"])
def test_an_unknown_or_abolished_code_is_nobody_now(code: str) -> None:
    assert units.unit(code) is None


def test_types_follow_the_full_name_where_the_source_contradicts_itself() -> None:
    names = [unit.full_name if (unit := units.unit(code)) else None for code in ("10543", "11848", "31213", "31299")]
    assert names == ["Phường Việt Hòa", "Xã Vĩnh Hòa", "Phường Tân Lộc", "Xã Phong Điền"]


def test_every_former_province_and_commune_has_successors_that_exist() -> None:
    reformed = {unit.code: unit.tier for unit in units.units(REFORM)}
    for unit in units._former():
        after = units.successors(unit.code)
        if unit.tier is Tier.DISTRICT:
            assert all(reformed[entry.new_code] is Tier.COMMUNE for entry in after)
        else:
            assert after
            assert {reformed[entry.new_code] for entry in after} == {unit.tier}


def test_every_present_unit_has_predecessors_that_existed() -> None:
    former = {unit.code for unit in units._former()}
    for unit in units.units():
        before = units.predecessors(unit.code)
        assert {entry.old_code for entry in before} <= former
        assert bool(before) == (unit.tier is not Tier.COUNTRY)


def test_splits_and_only_splits_are_flagged() -> None:
    split = 0
    for unit in units._former():
        after = units.successors(unit.code)
        assert {entry.needs_review for entry in after} <= {len(after) > 1}
        assert sum(entry.suggested for entry in after) == min(len(after), 1)
        split += len(after) > 1
    assert split == 471


def test_a_split_commune_leads_to_each_of_its_parts() -> None:
    ward = units.successors("00022")
    assert len(ward) > 1
    assert all(entry.needs_review for entry in ward)
    for entry in ward:
        assert entry in units.predecessors(entry.new_code)


def test_merged_provinces_know_their_parts() -> None:
    assert [entry.old_code for entry in units.predecessors("79")] == ["74", "77", "79"]
    assert [entry.new_code for entry in units.successors("27")] == ["24"]


def test_of_the_districts_only_the_five_without_communes_have_successors() -> None:
    districts = [unit for unit in units._former() if unit.tier is Tier.DISTRICT]
    lonely = [district.code for district in districts if units.successors(district.code)]
    assert lonely == [district.code for district in districts if not units.children(district.code, LAST_DAY_BEFORE)]
    assert len(lonely) == 5


def test_every_type_of_unit_is_named() -> None:
    assert set(TYPE_NAMES) == set(UnitType)


def test_everything_there_ever_was_can_be_listed() -> None:
    versions, successions = units.every_version(), units.every_succession()
    assert {version.code for version in versions} >= {succession.old_code for succession in successions}
    assert set(units.units()) <= set(versions)
    assert set(units.predecessors("00004")) <= set(successions)
