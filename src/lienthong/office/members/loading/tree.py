"""Whose the records of an administrative unit are: from its code to the organ that stands for it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from lienthong.office.members.errors import NoOrgans
from lienthong.office.organs.models import Kind, Unit


@dataclass(frozen=True, slots=True)
class Place:
    """An organ that answers for records."""

    organ: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Organs by codes of administrative units."""

    by_code: Mapping[str, Place]
    # Who answers for records whose unit is not known: the lowest organ above all others.
    top: Place

    def of(self, code: str | None) -> Place:
        """Return who answers for the records of a unit."""
        return self.by_code.get(code or "", self.top)


def places() -> Places:
    """Read the tree. Of several organs of one unit the one that was there first answers.

    For an organ that went into another one, that one does (``Unit.keeper``). An organ that was closed without a
    successor goes on answering itself: those above it see its records.

    Raises:
        NoOrgans: none has an area code.
    """
    rows = Unit.objects.filter(kind=Kind.ORGAN).exclude(area_code="").select_related("keeper").order_by("-pk")
    found = {unit.area_code: Place(unit.bearer_id, unit.bearer.path) for unit in rows}
    if not found:
        raise NoOrgans
    path = common([place.path for place in found.values()])
    return Places(by_code=found, top=Place(int(path.rstrip("/").rpartition("/")[2]), path))


def common(paths: list[str]) -> str:
    """Return the path of the lowest organ that stands above all of some, or is one of them.

    Raises:
        NoOrgans: they stand in trees of their own.
    """
    steps = [path.split("/")[:-1] for path in paths]
    shared = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*steps, strict=False))
    found = "".join(f"{level[0]}/" for level in shared)
    if not found:
        raise NoOrgans
    return found
