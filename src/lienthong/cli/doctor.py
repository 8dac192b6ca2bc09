"""``lienthong doctor``: check everything a gateway needs, and say of each thing what to do."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lienthong.cli.text import plain
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.doctor.examine import examine
from lienthong.exchange.doctor.lines import Level, Line
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.i18n import _, later

app = typer.Typer(help="Check everything a gateway needs and say what to do.")

_SUBJECTS: Final = {
    "software": later("Software"),
    "clock": later("Clock"),
    "keys": later("Keys"),
    "certificates": later("Certificates"),
    "carrier": later("Carrier"),
    "directory": later("Directory"),
    "disk": later("Disk"),
    "journal": later("Journal"),
}
# Never by colour alone.
_SIGNS: Final = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.FAIL: ("✗", "bold red")}
_WORDS: Final = {Level.OK: later("ok"), Level.WARN: later("warning"), Level.FAIL: later("failed")}


@app.command()
def doctor(
    *,
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration (TOML).", dir_okay=False)],
    certificate: Annotated[
        list[Path] | None, typer.Option(help="PEM file whose certificates shall be checked too; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check clock, keys, certificates, carrier, directory and disk of a gateway; exit status 0 or 1."""
    lines = asyncio.run(examine(GatewayConfig.load(config), time=SystemClock(), pem=certificate or ()))
    works = all(line.level is not Level.FAIL for line in lines)
    if json:
        values = {"works": works, "lines": [_values(line) for line in lines]}
        typer.echo(msgspec.json.format(msgspec.json.encode(values), indent=2).decode())
    else:
        _print(lines)
    if not works:
        raise typer.Exit(1)


def _print(lines: Sequence[Line]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        sign, style = _SIGNS[line.level]
        text = Text(plain(line.text))
        if line.advice:
            text.append(f"\n→ {plain(line.advice)}", style)
        table.add_row(Text(f"{sign} {_(_WORDS[line.level])}", style), _(_SUBJECTS[line.subject]), text)
    console = Console()
    console.print(table)
    counts = {level: sum(line.level is level for line in lines) for level in Level}
    summary = _("ok: {ok}, warnings: {warn}, failed: {fail}")
    console.print(summary.format(ok=counts[Level.OK], warn=counts[Level.WARN], fail=counts[Level.FAIL]))


def _values(line: Line) -> dict[str, str]:
    return {
        "subject": line.subject.value,
        "level": line.level.value,
        "text": line.text,
        "advice": line.advice,
    }
