"""The first accounts: one of each kind, each in a position that the profile has."""

from lienthong.office.core.actor import Role
from lienthong.office.operation.first_accounts import administrator, chain, everybody
from lienthong.profiles.vn import PROFILE

UNITS = PROFILE.office.units()


def test_one_organ_of_each_tier() -> None:
    way = chain(UNITS)
    assert [unit.tier for unit in way] == ["country", "province", "commune"]
    assert [unit.parent for unit in way] == [None, *(unit.code for unit in way[:-1])]


def test_a_flat_profile_has_one() -> None:
    assert chain([UNITS[0]]) == [UNITS[0]]
    assert {each.organ_code for each in everybody([UNITS[0]])} == {UNITS[0].code}


def test_every_account_has_a_position_that_is_there() -> None:
    units = {unit.code: unit for unit in UNITS}
    for each in everybody(UNITS):
        unit = units[each.organ_code]
        positions = [*unit.positions, *(spec for below in unit.departments for spec in below.positions)]
        assert any(not each.role or each.role in spec.roles for spec in positions), each


def test_administrator_is_the_only_operator() -> None:
    (admin,) = administrator(UNITS)
    assert (admin.role, admin.operator) == (Role.ADMINISTRATOR, True)
    assert [each for each in everybody(UNITS) if each.operator] == [admin]


def test_addresses_and_names_are_told_apart() -> None:
    wanted = everybody(UNITS)
    assert len({each.login for each in wanted}) == len({each.name for each in wanted}) == len(wanted)
