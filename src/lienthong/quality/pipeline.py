"""The steps in a row, into one folder of results."""

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb

from lienthong.quality import database, runs, tables
from lienthong.quality.description import Described
from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.profiling import profile, profile_units
from lienthong.quality.reading import read
from lienthong.quality.runs import Manifest, Run
from lienthong.quality.standardising import standardise
from lienthong.quality.units import NO_UNITS, Units
from lienthong.quality.validating import load_rules, score, validate


class Step(StrEnum):
    """What can be done to records, in this order."""

    READ = "read"
    PROFILE = "profile"
    STANDARDISE = "standardise"
    VALIDATE = "validate"
    SCORE = "score"


NEEDS: Mapping[Step, frozenset[Step]] = {
    Step.READ: frozenset(),
    Step.PROFILE: frozenset({Step.READ, Step.STANDARDISE}),
    Step.STANDARDISE: frozenset({Step.READ}),
    Step.VALIDATE: frozenset({Step.READ, Step.STANDARDISE}),
    Step.SCORE: frozenset({Step.READ, Step.STANDARDISE, Step.VALIDATE}),
}
"""What a step goes on from. A folder of results that has it already is not read and standardised again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done, to what, and where the results go."""

    described: Described
    # A file, a folder of files, or the folder of an earlier run's results.
    source: Path
    out: Path
    # What it is called in the manifest.
    command: str
    steps: Collection[Step]
    today: date
    units: Units = NO_UNITS
    # Column of the registry to heading.
    mapping: Mapping[str, str] = field(default_factory=dict)
    # Results of an earlier run in ``out`` give way.
    replace: bool = False
    memory: str = database.MEMORY
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The manifest of what was written, and the scores of the whole registry if it was scored."""

    manifest: Manifest
    scores: dict[str, float]


def do(job: Job, begin: Callable[[str], None] = lambda _: None) -> Done:
    """Do the steps of a job and those they need; the results appear together, or not at all.

    Args:
        job: what to do.
        begin: is told the name of each step before it.

    Raises:
        LienthongError: what is wrong with the description, the records or the output folder; nothing was written.
    """
    runs.refuse_taken(job.out, replace=job.replace)
    steps = set(job.steps).union(*(NEEDS[step] for step in job.steps))
    scores: dict[str, float] = {}
    with runs.new_run(job.out, command=job.command, registry=job.described.registry, replace=job.replace) as run:
        scratch = run.path(".scratch")
        scratch.mkdir()
        with database.connect(scratch, memory=job.memory, threads=job.threads) as connection:
            standardised = _standardised(job, run, connection, steps, begin)
            if Step.PROFILE in steps:
                begin(Step.PROFILE)
                with run.step(Step.PROFILE):
                    if _has_view(connection):
                        profile(connection, job.described.registry, run.folder)
                    profile_units(connection, job.described.registry, run.folder, source=standardised)
            if Step.VALIDATE in steps:
                begin(Step.VALIDATE)
                _validate(job, run, connection, standardised)
            if Step.SCORE in steps:
                begin(Step.SCORE)
                with run.step(Step.SCORE):
                    scores = score(connection, run.folder, units=job.units)
        shutil.rmtree(scratch)
    return Done(manifest=runs.read_manifest(job.out), scores=scores)


def _standardised(
    job: Job, run: Run, connection: duckdb.DuckDBPyConnection, steps: set[Step], begin: Callable[[str], None]
) -> Path:
    """Return the standardised table: of an earlier run, or made now."""
    if (job.source / runs.MANIFEST).is_file():
        return _earlier(job, run, steps)
    registry = job.described.registry
    begin(Step.READ)
    with run.step(Step.READ):
        records = read(connection, registry, job.source, scratch=run.path(".scratch"), mapping=job.mapping)
        run.inputs += runs.describe_inputs(records.files)
        run.columns |= records.columns
        run.counts["records"] = records.count
    if Step.STANDARDISE in steps:
        begin(Step.STANDARDISE)
        with run.step(Step.STANDARDISE):
            made = standardise(connection, registry, records.columns, run.folder, run=run.id, units=job.units)
            run.counts["changes"] = made.changes
    return run.path(tables.STANDARDISED)


def _earlier(job: Job, run: Run, steps: set[Step]) -> Path:
    manifest = runs.read_manifest(job.source)
    found = job.source / tables.STANDARDISED
    known = (job.described.registry.name, job.described.registry.version)
    if (manifest.registry, manifest.registry_version) != known or not found.is_file() or Step.STANDARDISE in job.steps:
        hint = "Name records, or results of standardise for the same version of this registry."
        raise ResultsUnusable(str(job.source), hint=hint)
    steps.discard(Step.STANDARDISE)
    run.inputs += runs.describe_inputs([found])
    run.columns |= manifest.columns
    run.counts["records"] = manifest.counts["records"]
    return found


def _validate(job: Job, run: Run, connection: duckdb.DuckDBPyConnection, standardised: Path) -> None:
    with run.step(Step.VALIDATE):
        rules = load_rules(job.described)
        found = validate(connection, job.described, rules, run.folder, source=standardised, today=job.today)
        run.counts |= {"failing": found.failing, "failures": found.failures, "rules": len(rules.rules)}


def _has_view(connection: duckdb.DuckDBPyConnection) -> bool:
    query = "SELECT count(*) FROM duckdb_views() WHERE view_name = 'records'"
    return bool(connection.execute(query).fetchall()[0][0])
