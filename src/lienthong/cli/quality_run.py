"""What the commands of ``lienthong quality`` do: everything that takes the extra."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lienthong.cli.text import plain
from lienthong.kernel.i18n import _, later
from lienthong.profiles import load as load_profile
from lienthong.profiles.vn import units as vn
from lienthong.quality import database, description, pipeline, runs
from lienthong.quality.generating import Generated
from lienthong.quality.generating import generate as generate_members
from lienthong.quality.job import Engine, Job, Linking, Step
from lienthong.quality.pipeline import Done
from lienthong.quality.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Where results go, and with what they are made."""

    out: Path
    replace: bool
    memory: str
    threads: int | None
    country: str
    # No progress is shown.
    quiet: bool


def generate(means: Means, *, records: int, seed: int, province: str | None = None) -> Generated:
    """Write synthetic members, of one province if wanted.

    Raises:
        LienthongError: the folder is taken, or the profile or province unknown.
    """
    registry = description.load("member").registry
    units = units_of(means.country)
    with (
        runs.new_run(means.out, command="generate", registry=registry, replace=means.replace) as run,
        database.connect(run.folder, memory=means.memory, threads=means.threads) as connection,
        _counter(quiet=means.quiet) as progress,
    ):
        task = progress.add_task(_("Records"), total=records)
        made = generate_members(
            connection,
            records=records,
            seed=seed,
            folder=run.folder,
            units=units,
            province=province,
            advance=lambda count: progress.advance(task, count),
        )
        run.counts |= {"records": made.records, "persons": made.persons, "seed": seed}
    return made


_LINKING: Final = frozenset({Step.LINK, Step.INDEX, Step.MERGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be done something to."""

    registry: str
    source: Path
    mapping: Mapping[str, str]
    previous: Path | None = None
    linking: Linking = field(default_factory=Linking)


def do(means: Means, command: str, steps: Sequence[str], asked: Asked) -> Done:
    """Do steps to records.

    Raises:
        LienthongError: what is wrong with the description, the records or the output folder.
    """
    described = description.load(asked.registry)
    if command == "run" and not described.registry.link:
        # Whoever describes columns and rules only has them checked.
        steps = [step for step in steps if step not in _LINKING]
    job = Job(
        described=described,
        source=asked.source,
        out=means.out,
        command=command,
        steps=[Step(step) for step in steps],
        today=datetime.now(UTC).date(),
        units=units_of(means.country),
        mapping=asked.mapping,
        linking=asked.linking,
        previous=asked.previous,
        replace=means.replace,
        memory=means.memory,
        threads=means.threads,
    )
    with bar(quiet=means.quiet) as begin:
        return pipeline.do(job, begin)


def mapping_of(pairs: Sequence[str], option: str = "--map") -> dict[str, str]:
    """Return what ``FIELD=COLUMN`` says, given several times.

    Raises:
        typer.BadParameter: one is not such a pair.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, sign, heading = pair.partition("=")
        if not sign or not name or not heading:
            raise typer.BadParameter(_("write FIELD=COLUMN"), param_hint=option)
        mapping[name] = heading
    return mapping


def engine_of(name: str, chunks: int) -> Engine:
    """Return the engine of that name.

    Raises:
        typer.BadParameter: there is none, or it is told to do in pieces what a cluster divides by itself.
    """
    if name not in set(Engine):
        raise typer.BadParameter(_("write duckdb or spark"), param_hint="--engine")
    if name == Engine.SPARK and chunks > 1:
        raise typer.BadParameter("--chunks", param_hint="--engine spark")
    return Engine(name)


def units_of(country: str) -> Units:
    """Return the administrative units of a profile.

    Raises:
        ProfileUnknown: there is none of that name.
    """
    # One profile has such a table so far; the name is checked all the same.
    load_profile(country)
    return Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)


def show(done: Done, out: Path, *, as_json: bool) -> None:
    """Print what was counted, how long it took, and the scores; as JSON for machines."""
    if as_json:
        manifest: dict[str, Any] = msgspec.to_builtins(done.manifest)
        told = {**manifest, "scores": done.scores, "duplicates": done.duplicates}
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        return
    console = Console(highlight=False)
    table = Table(box=None, show_header=False)
    for name, count in done.manifest.counts.items():
        table.add_row(_(_COUNTS[name]), f"{count:,}")
    for dimension, value in done.scores.items():
        table.add_row(_(_DIMENSIONS[dimension]), f"{value:.2f}")
    for how, rate in done.duplicates.items():
        table.add_row(_(_DUPLICATES[how]), f"{rate:.2f} %")
    console.print(table)
    for name, seconds in done.manifest.seconds.items():
        console.print(f"{name}: {seconds:.1f} s")
    console.print(plain(str(out)))


_COUNTS: Final = {
    "records": later("Records"),
    "changes": later("Changed values"),
    "rules": later("Rules"),
    "failing": later("Records that break a rule"),
    "failures": later("Failures"),
    "candidates": later("Pairs that were compared"),
    "pairs": later("Pairs that may be of one person"),
    "automatic": later("Linked without asking"),
    "persons": later("Persons"),
    "duplicates": later("Records that are a person's once more"),
    "review": later("For people to look at"),
    "known": later("Of somebody who is known"),
    "merges": later("Merges"),
    "merged": later("Records that were merged"),
    "undone": later("Records that are alone again"),
}
_DIMENSIONS: Final = {
    "correct": later("Correct"),
    "complete": later("Complete"),
    "clean": later("Clean"),
    "current": later("Current"),
}
_DUPLICATES: Final = {
    "exact": later("Duplicates, exactly"),
    "estimated": later("Duplicates, estimated by linking"),
}


@contextlib.contextmanager
def bar(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield what is told the name of each step; on a terminal it is shown with the time it takes."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not _terminal()) as progress:
        tasks: list[Any] = []

        def begin(step: str) -> None:
            for task in tasks:
                progress.update(task, total=1, completed=1)
            tasks.append(progress.add_task(step, total=None))

        yield begin


def _counter(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not _terminal())


def _terminal() -> bool:
    return Console(stderr=True).is_terminal
