"""What a unit leaves where it goes into another one, as the rooms tell of it: they register when Django starts.

What they keep stays where it is; whose people may see it follows from ``Unit.keeper``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from lienthong.office.core import scope
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.models import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One kind of thing that an organ leaves."""

    # In the audit trail.
    key: str
    # With ``{unit}`` and ``{count}``.
    text: Promise
    # How many there are that are not labelled: somebody without clearance learns of no others. Asked as the system.
    count: Callable[[Unit], int]


type Handing = Callable[[Unit, Unit], None]
_ESTATES: Final[list[Estate]] = []
_HANDINGS: Final[list[Handing]] = []


def register(estate: Estate) -> None:
    """Have previews of mergers and splits tell of something."""
    _ESTATES.append(estate)


def register_handing(handing: Handing) -> None:
    """Have something done, as the system, when a unit (the first) has gone into another one (the second)."""
    _HANDINGS.append(handing)


def hand_over(source: Unit, target: Unit) -> None:
    """Do what the rooms want done, in the transaction of the merger."""
    for handing in _HANDINGS:
        handing(source, target)


def tell(plan: Plan, unit: Unit) -> None:
    """Say in a preview what an organ leaves to its successor."""
    for estate in _ESTATES:
        with scope.system():
            count = estate.count(unit)
        plan.counts[f"{estate.key}_{unit.pk}"] = count
        if count:
            plan.follows(str(estate.text).format(unit=unit.name, count=count))
