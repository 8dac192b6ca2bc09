"""The score card: a unit, what stands directly under it, and what fails there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.members.models import Loading, RuleCount, Score
from lienthong.office.members.policies import visible
from lienthong.office.organs.models import Unit

WHOLE: Final = "*"
MOST_CELLS: Final = 500
"""Cells of a unit that are shown: more than any has."""
_TIERS: Final = 8
DIMENSIONS: Final = tuple(Score.Dimension)


@dataclass(slots=True, kw_only=True)
class Line:
    """A unit or cell with its four scores."""

    area: str
    cell: str
    name: str
    # By dimension; what was not checked is not in it.
    scores: dict[str, float] = field(default_factory=dict)
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What an earlier run said."""

    day: date
    # By dimension.
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the page shows."""

    head: Line
    # From the top down to the head, which is last: code and name.
    way: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    # Rule and number of records that break it, the most first.
    rules: Sequence[tuple[str, int]]
    # Records that are one too many, in percent: by what must be unique, and estimated by linking, if it was done.
    exact: float | None
    estimated: float | None
    # The latest first.
    past: Sequence[Past]


def loading() -> Loading | None:
    """Return the loading that is shown; None where nothing was loaded yet."""
    return Loading.objects.order_by("-pk").first()


def top_area(actor: Actor) -> str:
    """Return the unit whose card an actor is shown first: that of their organ, or the whole."""
    code = Unit.objects.filter(pk=actor.organ_id).values_list("area_code", flat=True).first() or WHOLE
    seen = Score.objects.filter(visible(actor), cell="")
    if seen.filter(area=code).exists():
        return code
    return seen.order_by("organ_path", "area").values_list("area", flat=True).first() or code


def card(actor: Actor, area: str) -> Card:
    """Return the card of a unit.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    seen = Score.objects.filter(visible(actor))
    own = seen.filter(area=area, cell="")
    heads = _lines(own)
    if not heads:
        raise NotFound(area)
    under = Q(parent=area) if area == WHOLE else Q(parent=area) | (Q(area=area) & ~Q(cell=""))
    rows = seen.filter(under & ~Q(area=area, cell=""))
    counted = RuleCount.objects.filter(visible(actor), area=area).order_by("-failures", "rule")
    exact, estimated = own.values_list("exact_duplicates", "estimated_duplicates")[0]
    return Card(
        head=heads[0],
        exact=exact,
        estimated=estimated,
        past=_past(dict(own.values_list("dimension", "past"))),
        way=_way(actor, area),
        lines=sorted(_lines(rows), key=_worst),
        rules=list(counted.values_list("rule", "failures")),
    )


def _past(said: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Past]:
    days: dict[str, dict[str, float]] = {}
    for dimension, runs in said.items():
        for run in runs:
            days.setdefault(str(run["day"]), {}).setdefault(dimension, float(run["score"]))
    return [Past(day=date.fromisoformat(day), scores=days[day]) for day in sorted(days, reverse=True)]


def _worst(line: Line) -> tuple[float, str]:
    scores = line.scores.values()
    return (sum(scores) / len(scores) if scores else 100.0, line.name)


def _lines(rows: QuerySet[Score]) -> list[Line]:
    found: dict[tuple[str, str], Line] = {}
    columns = ("area", "cell", "name", "dimension", "failures", "score")
    for area, cell, name, dimension, failures, score in rows.values_list(*columns)[: MOST_CELLS * len(DIMENSIONS)]:
        line = found.setdefault((area, cell), Line(area=area, cell=cell, name=name))
        line.failures += failures
        if score is not None:
            line.scores[dimension] = score
    return list(found.values())


def _way(actor: Actor, area: str) -> list[tuple[str, str]]:
    """Return the units from the highest one that the actor sees down to one."""
    found: list[tuple[str, str]] = []
    code: str | None = area
    while code and len(found) < _TIERS:
        row = Score.objects.filter(visible(actor), area=code, cell="").values_list("name", "parent").first()
        if row is None:
            break
        found.append((code, row[0]))
        code = row[1]
    return found[::-1]
