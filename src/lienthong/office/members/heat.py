"""Colours of scores: which class of the style sheet a score has. Words and numbers say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format

from lienthong.office.members.models import Score
from lienthong.office.members.selectors.cards import DIMENSIONS, Line

# From this score on; the last one is for what was not checked.
STEPS: Final = ((99.0, "heat-best"), (97.0, "heat-good"), (94.0, "heat-fair"), (88.0, "heat-poor"), (0.0, "heat-worst"))
NONE: Final = "heat-none"
OVERALL: Final = "overall"
"""The mean of the four words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A score as it is shown."""

    text: str
    css: str


def cell_of(score: float | None) -> Cell:
    """Return a score with one decimal and its colour."""
    if score is None:
        return Cell(text="–", css=NONE)
    css = next(name for least, name in STEPS if score >= least)
    return Cell(text=number_format(score, 1), css=css)


def by_dimension(line: Line, dimension: str) -> float | None:
    """Return a unit's score in one dimension, or the mean of all."""
    if dimension != OVERALL:
        return line.scores.get(dimension)
    return sum(line.scores.values()) / len(line.scores) if line.scores else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A unit on the map."""

    name: str
    # Empty for a cell, which has no card of its own.
    url: str
    mark: Cell
    cells: Sequence[Cell]
    failures: int
    # Where its failing records are listed.
    list_url: str


def tile(line: Line, dimension: str) -> Tile:
    """Return a unit or cell as the map and the table below it show it."""
    return Tile(
        name=line.cell or line.name,
        url="" if line.cell else f"/members/card/{line.area}/",
        mark=cell_of(by_dimension(line, dimension)),
        cells=[cell_of(line.scores.get(each)) for each in DIMENSIONS],
        failures=line.failures,
        list_url="",
    )


def dimension_in(text: str) -> str:
    """Return the dimension that an address names; the mean for what is none."""
    return text if text in Score.Dimension.values else OVERALL
