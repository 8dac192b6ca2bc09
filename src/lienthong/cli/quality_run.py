"""What the commands of ``lienthong quality`` do: everything that takes the extra."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lienthong.cli.text import plain
from lienthong.kernel.i18n import _
from lienthong.profiles import load as load_profile
from lienthong.profiles.vn import units as vn
from lienthong.quality import database, description, pipeline, runs
from lienthong.quality.generating import Generated
from lienthong.quality.generating import generate as generate_members
from lienthong.quality.pipeline import Done, Job, Step
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


def generate(means: Means, *, records: int, seed: int) -> Generated:
    """Write synthetic members.

    Raises:
        LienthongError: the folder is taken, or the profile unknown.
    """
    registry = description.load("member").registry
    units = units_of(means.country)
    with (
        runs.new_run(means.out, command="generate", registry=registry, replace=means.replace) as run,
        database.connect(run.folder, memory=means.memory, threads=means.threads) as connection,
        _bar(quiet=means.quiet) as progress,
    ):
        task = progress.add_task(_("Records"), total=records)
        made = generate_members(
            connection,
            records=records,
            seed=seed,
            folder=run.folder,
            units=units,
            advance=lambda count: progress.advance(task, count),
        )
        run.counts |= {"records": made.records, "persons": made.persons, "seed": seed}
    return made


def do(  # noqa: PLR0913 - what to do, to what, with what
    means: Means, command: str, steps: Sequence[str], *, registry: str, source: Path, mapping: Mapping[str, str]
) -> Done:
    """Do steps to records.

    Raises:
        LienthongError: what is wrong with the description, the records or the output folder.
    """
    job = Job(
        described=description.load(registry),
        source=source,
        out=means.out,
        command=command,
        steps=[Step(step) for step in steps],
        today=datetime.now(UTC).date(),
        units=units_of(means.country),
        mapping=mapping,
        replace=means.replace,
        memory=means.memory,
        threads=means.threads,
    )
    with _steps(quiet=means.quiet) as begin:
        return pipeline.do(job, begin)


def units_of(country: str) -> Units:
    """Return the administrative units of a profile.

    Raises:
        ProfileUnknown: there is none of that name.
    """
    # One profile has such a table so far; the name is checked all the same.
    load_profile(country)
    return Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)


def as_json(done: Done) -> dict[str, Any]:
    """Return what was done, for machines."""
    manifest: dict[str, Any] = msgspec.to_builtins(done.manifest)
    return {**manifest, "scores": done.scores}


def show(done: Done, out: Path) -> None:
    """Print what was counted, how long it took, and the scores."""
    console = Console(highlight=False)
    table = Table(box=None, show_header=False)
    names = {
        "records": _("Records"),
        "changes": _("Changed values"),
        "rules": _("Rules"),
        "failing": _("Records that break a rule"),
        "failures": _("Failures"),
    }
    for name, count in done.manifest.counts.items():
        table.add_row(names[name], f"{count:,}")
    dimensions = {"correct": _("Correct"), "complete": _("Complete"), "clean": _("Clean"), "current": _("Current")}
    for dimension, value in done.scores.items():
        table.add_row(dimensions[dimension], f"{value:.2f}")
    console.print(table)
    for name, seconds in done.manifest.seconds.items():
        console.print(f"{name}: {seconds:.1f} s")
    console.print(plain(str(out)))


@contextlib.contextmanager
def _steps(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not _terminal()) as progress:
        tasks: list[Any] = []

        def begin(step: str) -> None:
            for task in tasks:
                progress.update(task, total=1, completed=1)
            tasks.append(progress.add_task(step, total=None))

        yield begin


def _bar(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not _terminal())


def _terminal() -> bool:
    return Console(stderr=True).is_terminal
