"""Chance as expressions: the same seed gives the same values, row by row, in any order."""

from collections.abc import Sequence
from typing import Final

from lienthong.quality.tables import literal

_SLOTS: Final = 2000
"""Of a weighted list: shares are exact to half a thousandth."""


class Chance:
    """Expressions of values that depend on the seed, on a row's number and on what they are for."""

    def __init__(self, seed: int) -> None:
        """Begin with a seed."""
        self._seed = seed

    def share(self, row: str, what: str) -> str:
        """Return the expression of a number from 0 to below 1."""
        # Of several arguments DuckDB mixes the hashes so that two draws for one row go together (0.6): hashed once
        # more they do not.
        return f"(hash(hash({row}, {self._seed}, {literal(what)})) // 4096) / 4503599627370496.0"

    def whole(self, row: str, what: str, below: str | int) -> str:
        """Return the expression of a whole number from 0 to below another."""
        return f"CAST(floor({self.share(row, what)} * {below}) AS BIGINT)"

    def one_of(self, row: str, what: str, values: Sequence[tuple[str, int]]) -> str:
        """Return the expression of one of the values, as often as its weight says."""
        return f"{_slots(values)}[1 + {self.whole(row, what, _SLOTS)}]"

    def cases(self, row: str, what: str, cases: Sequence[tuple[float, str]], otherwise: str) -> str:
        """Return the expression that is one of several, each with a probability, else another."""
        name = self.share(row, what)
        below, whens = 0.0, []
        for probability, expression in cases:
            below += probability
            whens.append(f"WHEN {name} < {below:.6f} THEN {expression}")
        return f"CASE {' '.join(whens)} ELSE {otherwise} END"


def _slots(values: Sequence[tuple[str, int]]) -> str:
    total = sum(weight for _, weight in values)
    slots: list[str] = []
    passed = 0
    for value, weight in values:
        passed += weight
        slots += [value] * (round(_SLOTS * passed / total) - len(slots))
    return f"[{', '.join(map(literal, slots))}]"
