"""Rows of measurements: as a table for people, as JSON for machines."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement, beside that of a peer where there is one."""

    name: str
    value: float
    unit: str
    # Who was measured in the same run, and what; the ratio is value / peer_value.
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    # What was promised, in words, and whether it holds.
    goal: str = ""
    holds: bool | None = None


def compared(  # noqa: PLR0913 - the columns of a row
    name: str, value: float, unit: str, *, peer: str, peer_value: float, at_least: float
) -> Row:
    """Return a row that holds when the value is at least so many times the peer's."""
    ratio = value / peer_value
    return Row(
        name=name,
        value=value,
        unit=unit,
        peer=peer,
        peer_value=peer_value,
        ratio=ratio,
        goal=f"≥ {at_least:g} × peer",
        holds=ratio >= at_least,
    )


def at_most(name: str, value: float, unit: str, limit: float) -> Row:
    """Return a row that holds when the value is at most the limit."""
    return Row(name=name, value=value, unit=unit, goal=f"≤ {limit:g} {unit}", holds=value <= limit)


def main(title: str, measure: Callable[[bool], Sequence[Row]]) -> None:
    """Read ``--quick`` and ``--json FILE``, measure, and report; missing a goal is no failure."""
    options = parser_of(title).parse_args()
    show(title, measure(options.quick), options.json)


def parser_of(title: str) -> argparse.ArgumentParser:
    """Return a parser of what every bench is told."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--quick", action="store_true", help="under 60 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows there")
    return parser


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table for ``docs/performance.md``."""
    lines = ["| What | Value | Peer in the same run | Ratio | Goal | Holds |", "|---|---|---|---|---|---|"]
    for row in rows:
        peer = f"{row.peer}: {_number(row.peer_value)} {row.unit}" if row.peer else ""
        holds = {True: "yes", False: "**no**", None: ""}[row.holds]
        cells = (row.name, f"{_number(row.value)} {row.unit}".strip(), peer, _number(row.ratio), row.goal, holds)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def show(title: str, rows: Sequence[Row], json_file: Path | None) -> None:
    """Print the rows, and write them to a file if one is named."""
    table = Table(title=title, title_justify="left")
    for heading in ("what", "value", "unit", "peer", "peer's value", "ratio", "goal", "holds"):
        table.add_column(heading, justify="right" if heading in {"value", "peer's value", "ratio"} else "left")
    for row in rows:
        table.add_row(
            row.name,
            _number(row.value),
            row.unit,
            row.peer,
            _number(row.peer_value),
            _number(row.ratio),
            row.goal,
            {True: "yes", False: "NO", None: ""}[row.holds],
        )
    Console(width=160).print(table)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
