"""The organs of the profile with their departments, posts and predecessors."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.text import search_key, sort_key
from lienthong.office.organs.models import Kind, Position, Succession, Unit, UnitVersion
from lienthong.office.seeding.tables import analyse, copy_rows, go_on_counting
from lienthong.profiles.base import PositionSpec, Profile

_UNIT = (
    "id", "kind", "code", "parent_id", "name", "type", "bloc", "tier", "area_code", "label", "valid_from",
    "path", "organ_path", "organ_id", "sort_key", "search_key", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A unit with its place in the tree."""

    unit: Unit
    positions: tuple[PositionSpec, ...]


def is_empty() -> bool:
    """Tell whether no organ is here yet."""
    with scope.system():
        return not Unit.objects.exists()


@transaction.atomic
def seed_organs(profile: Profile) -> int:
    """Write the organs of a profile, all at once; return how many units there are now.

    Needs an empty register.
    """
    with scope.system():
        placed = list(_place(profile))
        copy_rows(Unit, _UNIT, ([getattr(each.unit, name) for name in _UNIT] for each in placed))
        copy_rows(
            UnitVersion,
            ("unit_id", "valid_from", "name", "type", "parent_id", "decision"),
            ([u.id, u.valid_from, u.name, u.type, u.parent_id, ""] for u in (each.unit for each in placed)),
        )
        copy_rows(
            Position,
            ("unit_id", "title", "roles", "rank", "organ_path"),
            (
                [each.unit.id, spec.title, list(spec.roles), spec.rank, each.unit.organ_path]
                for each in placed
                for spec in each.positions
            ),
        )
        ids = {each.unit.code: each.unit.id for each in placed}
        copy_rows(
            Succession,
            ("old_code", "old_name", "successor_id", "since", "needs_review", "decision"),
            (
                [old.old_code, old.old_name, ids[old.new_code], old.on, old.needs_review, ""]
                for old in profile.office.predecessors()
            ),
        )
        go_on_counting(Unit, UnitVersion, Position, Succession)
        analyse()
    return len(placed)


def _place(profile: Profile) -> Iterator[_Placed]:
    """Yield the units with numbers and paths, parents first."""
    organs: dict[str, Unit] = {}
    number = 0
    for spec in profile.office.units():
        number += 1
        above = organs[spec.parent] if spec.parent else None
        path = f"{above.path if above else ''}{number}/"
        organ = Unit(
            id=number, kind=Kind.ORGAN, code=spec.code, parent_id=above.id if above else None, name=spec.name,
            type=spec.type, bloc=spec.bloc, tier=spec.tier, area_code=spec.area_code, label=Level.INTERNAL,
            valid_from=spec.valid_from, path=path, organ_path=path, organ_id=number,
            sort_key=sort_key(spec.name), search_key=search_key(spec.name),
        )  # fmt: skip
        organs[spec.code] = organ
        yield _Placed(unit=organ, positions=spec.positions)
        for below in spec.departments:
            number += 1
            department = Unit(
                id=number, kind=Kind.DEPARTMENT, code=f"{spec.code}.{below.slug}", parent_id=organ.id, name=below.name,
                type="", bloc=spec.bloc, tier=spec.tier, area_code="", label=Level.INTERNAL, valid_from=spec.valid_from,
                path=f"{path}{number}/", organ_path=path, organ_id=organ.id, sort_key=sort_key(below.name),
                search_key=search_key(below.name),
            )  # fmt: skip
            yield _Placed(unit=department, positions=below.positions)
