"""Hold the tests to the branches they must take, package by package (pyproject.toml: tool.coverage-gate).

Coverage's own --fail-under is one number for everything, lines and branches mixed; a gate on what guards
the exchange has to be about branches, and about that package alone.
"""

import json
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MOST_SHOWN = 8


@dataclass(slots=True, kw_only=True)
class Tally:
    """The branches of one package."""

    package: str
    goal: float
    files: int = 0
    branches: int = 0
    taken: int = 0
    # File to its branches not taken, as (line, next line); a negative next line leaves the function.
    missing: dict[str, list[list[int]]] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Share of branches taken, 0 to 100; a package without branches has taken them all."""
        return 100 * self.taken / self.branches if self.branches else 100.0

    @property
    def holds(self) -> bool:
        """Whether the package was measured at all and reaches its goal."""
        return self.files > 0 and self.percent >= self.goal


def tally(report: Mapping[str, Any], goals: Mapping[str, float]) -> list[Tally]:
    """Add up the branches of each package in a coverage report.

    Args:
        report: coverage's JSON report, format 3, of a run with branches.
        goals: dotted package to percent of its branches.
    """
    tallies = []
    for package, goal in goals.items():
        one = Tally(package=package, goal=goal)
        folder = f"/{package.replace('.', '/')}/"
        for name, facts in sorted(report["files"].items()):
            path = "/" + Path(name).as_posix()
            if folder not in path:
                continue
            one.files += 1
            one.branches += facts["summary"]["num_branches"]
            one.taken += facts["summary"]["covered_branches"]
            if facts["missing_branches"]:
                one.missing[name] = facts["missing_branches"]
        tallies.append(one)
    return tallies


def describe(one: Tally) -> list[str]:
    """Return the lines to print for a package: one when it holds, with the worst files when it does not."""
    if not one.files:
        return [f"{one.package}: no file of it was measured"]
    sign = "ok" if one.holds else "BELOW"
    lines = [f"{one.package}: {one.taken} of {one.branches} branches, {one.percent:.1f} % (goal {one.goal} %) {sign}"]
    if not one.holds:
        worst = sorted(one.missing.items(), key=lambda item: -len(item[1]))
        for name, branches in worst[:MOST_SHOWN]:
            places = " ".join(f"{line}->{to if to > 0 else 'exit'}" for line, to in branches[:MOST_SHOWN])
            lines.append(f"  {name}: {len(branches)} not taken: {places}{' …' if len(branches) > MOST_SHOWN else ''}")
    return lines


def main() -> int:
    """Print the gate's verdict; return 0 when every package holds, else 1."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    report = json.loads((ROOT / settings["coverage"]["json"]["output"]).read_text(encoding="utf-8"))
    tallies = tally(report, settings["coverage-gate"])
    print(f"Branches taken by the tests (all of lienthong: {report['totals']['percent_covered']:.1f} % with lines)")
    for one in tallies:
        print("\n".join(describe(one)))
    return 0 if all(one.holds for one in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
