"""Draws: even, the same for the same seed, and independent of each other."""

import duckdb
import pytest

from lienthong.quality.generating.chance import Chance

ROWS = 100_000


def facts(*expressions: str) -> tuple[float, ...]:
    """Return values over many rows numbered i."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {', '.join(expressions)} FROM range({ROWS}) t(i)").fetchone()
    assert found
    return found


def test_draws_are_even() -> None:
    draw = Chance(1).share("i", "name")
    mean, spread, low, high = facts(f"avg({draw})", f"stddev({draw})", f"min({draw})", f"max({draw})")
    assert mean == pytest.approx(0.5, abs=0.005)
    assert spread == pytest.approx(1 / 12**0.5, abs=0.005)
    assert 0 <= low < high < 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("i", "family", 1), ("i", "given", 1)),
        (("i", "family", 1), ("i + 1", "family", 1)),
        (("i", "family", 1), ("i", "family", 2)),
        (("i", "year", 7), ("i", "month", 7)),
    ],
    ids=["what", "row", "seed", "another seed"],
)
def test_draws_know_nothing_of_each_other(one: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    a, b = (Chance(seed).share(row, what) for row, what, seed in (one, other))
    together, cells = facts(f"corr({a}, {b})", f"count(DISTINCT floor({a} * 100) * 100 + floor({b} * 100))")
    assert abs(together) < 0.02
    # Of 10,000 cells hardly one stays empty.
    assert cells > 9_990
