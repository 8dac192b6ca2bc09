"""The accounts that an empty office starts with."""

from collections.abc import Sequence
from typing import Final

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Role
from lienthong.office.seeding.persons import Wanted
from lienthong.profiles.base import UnitSpec

# Reserved for examples (RFC 2606): a message to one of these addresses reaches nobody.
DOMAIN: Final = "example.test"


def administrator(units: Sequence[UnitSpec]) -> list[Wanted]:
    """Return the one who makes all the others: administrator of the topmost organ and operator."""
    top = chain(units)[0]
    return [
        Wanted(
            login="admin", name="Người dùng 1", organ_code=top.code, role=Role.ADMINISTRATOR, level=Level.TOP_SECRET,
            operator=True,
        )
    ]  # fmt: skip


def everybody(units: Sequence[UnitSpec]) -> list[Wanted]:
    """Return one of each kind, to try the office with: at the top, in a province and in a commune.

    Officials draft, leaders sign and assign, clerks number, send and register; officials below the top are not cleared
    for what is labelled.
    """
    top, *below = chain(units)
    middle, bottom = below[0] if below else top, below[-1] if below else top
    rows: list[tuple[str, UnitSpec, str, Level]] = [
        ("security", top, Role.SECURITY, Level.TOP_SECRET),
        ("auditor", top, Role.AUDITOR, Level.TOP_SECRET),
        ("centre-leader", top, Role.LEADER, Level.SECRET),
        ("centre-clerk", top, Role.CLERK, Level.SECRET),
        ("centre-steward", top, Role.STEWARD, Level.INTERNAL),
        ("centre-official", top, "", Level.CONFIDENTIAL),
        ("province-leader", middle, Role.LEADER, Level.SECRET),
        ("province-clerk", middle, Role.CLERK, Level.CONFIDENTIAL),
        ("province-admin", middle, Role.ADMINISTRATOR, Level.INTERNAL),
        ("province-steward", middle, Role.STEWARD, Level.INTERNAL),
        ("province-official", middle, "", Level.INTERNAL),
        ("commune-leader", bottom, Role.LEADER, Level.CONFIDENTIAL),
        ("commune-admin", bottom, Role.ADMINISTRATOR, Level.INTERNAL),
        ("commune-clerk", bottom, Role.CLERK, Level.CONFIDENTIAL),
        ("commune-steward", bottom, Role.STEWARD, Level.INTERNAL),
        ("commune-official", bottom, "", Level.INTERNAL),
    ]
    others = [
        Wanted(login=login, name=f"Người dùng {number}", organ_code=unit.code, role=role, level=level)
        for number, (login, unit, role, level) in enumerate(rows, start=2)
    ]
    return [*administrator(units), *others]


def chain(units: Sequence[UnitSpec]) -> list[UnitSpec]:
    """Return the first of the longest ways from the top down: one organ of each tier.

    Args:
        units: a profile's, parents before children.
    """
    longest: list[UnitSpec] = []
    ways: dict[str, list[UnitSpec]] = {}
    for unit in units:
        way = ways[unit.code] = [*(ways[unit.parent] if unit.parent else []), unit]
        if len(way) > len(longest):
            longest = way
    return longest
