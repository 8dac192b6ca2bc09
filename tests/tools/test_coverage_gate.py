"""The gate on branches: what it lets through and what it names."""

from typing import Any

import pytest

from tools.coverage_gate import describe, tally


def report(**files: tuple[int, int]) -> dict[str, Any]:
    """Return a coverage report: file name (with __ for /) to its branches and those taken."""
    return {
        "files": {
            f"src/lienthong/{name.replace('__', '/')}.py": {
                "summary": {"num_branches": branches, "covered_branches": taken},
                "missing_branches": [[line + 1, -1] for line in range(branches - taken)],
            }
            for name, (branches, taken) in files.items()
        }
    }


@pytest.mark.parametrize(("taken", "holds"), [(95, True), (94, False), (100, True), (0, False)])
def test_a_package_holds_from_its_goal_on(taken: int, holds: bool) -> None:  # noqa: FBT001 - a parameter of the table
    (trust,) = tally(report(trust__seal=(100, taken)), {"lienthong.trust": 95})
    assert trust.percent == taken
    assert trust.holds is holds


def test_a_well_tested_package_does_not_make_up_for_another() -> None:
    trust, exchange = tally(
        report(trust__seal=(900, 900), exchange__rest__face=(10, 5), exchange__mail=(10, 10)),
        {"lienthong.trust": 95, "lienthong.exchange": 95},
    )
    assert trust.holds
    assert not exchange.holds
    assert (exchange.files, exchange.branches, exchange.taken) == (2, 20, 15)


def test_a_package_nobody_measured_fails() -> None:
    (gone,) = tally(report(trust__seal=(1, 1)), {"lienthong.directory": 95})
    assert not gone.holds
    assert describe(gone) == ["lienthong.directory: no file of it was measured"]


def test_a_name_that_only_begins_alike_is_another_package() -> None:
    (trust,) = tally(report(trustees__seal=(10, 0), trust__seal=(10, 10)), {"lienthong.trust": 95})
    assert trust.holds


def test_it_names_the_branches_not_taken() -> None:
    (trust,) = tally(report(trust__seal=(10, 8)), {"lienthong.trust": 95})
    assert describe(trust) == [
        "lienthong.trust: 8 of 10 branches, 80.0 % (goal 95 %) BELOW",
        "  src/lienthong/trust/seal.py: 2 not taken: 1->exit 2->exit",
    ]
