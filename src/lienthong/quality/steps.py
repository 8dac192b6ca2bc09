"""What each step of a run does: it brings together what is asked, what is there and who can do it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality import arriving, database, linked, runs, tables
from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.job import Engine, Job, Step
from lienthong.quality.linking import models, weights
from lienthong.quality.linking.decisions import read_decisions
from lienthong.quality.linking.link import MODEL, Inputs, link
from lienthong.quality.merging.golden import merge_settings
from lienthong.quality.merging.merge import merge_records
from lienthong.quality.profile_page import write_page
from lienthong.quality.profiling import profile
from lienthong.quality.profiling_units import profile_units
from lienthong.quality.reading import read
from lienthong.quality.runs import Run
from lienthong.quality.standardising import standardise
from lienthong.quality.tables import literal
from lienthong.quality.validating import duplicates, history, load_rules, score, validate


@dataclass(slots=True, kw_only=True)
class Work:
    """A job at work."""

    job: Job
    run: Run
    connection: duckdb.DuckDBPyConnection
    # Those that are left to do; what earlier results have is taken away.
    steps: set[Step]
    begin: Callable[[str], None]
    # The standardised table: of an earlier run, or of this one.
    standardised: Path = Path()
    # The folder of clusters, once records are linked.
    linked: Path | None = None
    scores: dict[str, float] = field(default_factory=dict)
    duplicates: dict[str, float] = field(default_factory=dict)


def refuse_wrong(work: Work) -> None:
    """Refuse what can be refused before anything is read.

    Raises:
        LienthongError: of the description, the model, or the results of the run before.
    """
    described, job = work.job.described, work.job
    if Step.LINK in work.steps:
        models.given(described, job.linking)
        if job.linking.against is not None:
            linked.refuse_other(job.linking.against, described.registry)
    if Step.MERGE in work.steps:
        merge_settings(described)
    if Step.SCORE in work.steps or Step.VALIDATE in work.steps:
        load_rules(described)
    if job.previous is not None:
        linked.refuse_other(job.previous, described.registry)


def open_source(work: Work) -> None:
    """Find what earlier results have, and take the steps away that made it.

    Raises:
        ResultsUnusable: they are of another registry, or have nothing to go on from.
    """
    job, run = work.job, work.run
    work.standardised = run.path(tables.STANDARDISED)
    if not (job.source / runs.MANIFEST).is_file():
        return
    manifest = linked.refuse_other(job.source, job.described.registry)
    found = job.source / tables.STANDARDISED
    if not found.is_file() or Step.STANDARDISE in job.steps:
        raise ResultsUnusable(str(job.source), hint=linked.HINT)
    work.standardised = found
    work.steps -= {Step.READ, Step.STANDARDISE}
    run.inputs += runs.describe_inputs([found])
    run.columns |= manifest.columns
    run.counts["records"] = manifest.counts["records"]
    if Step.LINK not in job.steps and (job.source / linked.CLUSTERS).is_file():
        work.linked = job.source
        work.steps.discard(Step.LINK)
        run.inputs += runs.describe_inputs([job.source / linked.CLUSTERS])


def _read(work: Work) -> None:
    job, run = work.job, work.run
    records = read(
        work.connection, job.described.registry, job.source, scratch=run.path(".scratch"), mapping=job.mapping
    )
    run.inputs += runs.describe_inputs(records.files)
    run.columns |= records.columns
    run.counts["records"] = records.count


def _standardise(work: Work) -> None:
    run, job = work.run, work.job
    made = standardise(work.connection, job.described.registry, run.columns, run.folder, run=run.id, units=job.units)
    run.counts["changes"] = made.changes


def _profile(work: Work) -> None:
    registry, folder = work.job.described.registry, work.run.folder
    if Step.READ in work.steps:
        profile(work.connection, registry, folder)
    profile_units(work.connection, registry, folder, source=work.standardised)
    write_page(work.connection, registry, folder, units=work.job.units)


def _validate(work: Work) -> None:
    job, rules = work.job, load_rules(work.job.described)
    found = validate(work.connection, job.described, rules, work.run.folder, source=work.standardised, today=job.today)
    work.run.counts |= {"failing": found.failing, "failures": found.failures, "rules": len(rules.rules)}


def _train(work: Work) -> None:
    job = work.job
    with _apart(work) as connection:
        model = models.learn(connection, job.described, _parquet(work.standardised), clock=work.run.clock)
    weights.save(model, work.run.path(MODEL))


def _link(work: Work) -> None:
    job, folder = work.job, work.run.folder
    if job.linking.against is not None:
        work.run.counts |= arriving.link_new(
            job.described,
            job.linking.against,
            _parquet(work.standardised),
            folder,
            scratch=work.run.path(".scratch"),
            memory=job.memory,
            threads=job.threads,
        )
        return
    with _apart(work) as connection:
        if job.linking.decisions is not None:
            read_decisions(connection, job.linking.decisions, scratch=work.run.path(".scratch"))
        report = link(
            connection,
            job.described,
            Inputs(
                source=_parquet(work.standardised),
                weights=models.given(job.described, job.linking, job.previous),
                previous=linked.clusters_of(job.previous) if job.previous is not None else None,
                decided="decisions" if job.linking.decisions is not None else None,
                chunks=job.linking.chunks,
                spark=_shared(work),
            ),
            folder,
            clock=work.run.clock,
            progress=lambda step: work.begin(f"{Step.LINK}: {step}"),
        )
    work.linked = folder
    linked.carry(work.standardised.parent, folder)
    names = ("candidates", "pairs", "automatic", "persons", "duplicates", "review")
    work.run.counts |= {name: getattr(report, name) for name in names}


def _shared(work: Work) -> Path | None:
    """Return the folder that a cluster reads and writes, if one is asked for."""
    if work.job.linking.engine is not Engine.SPARK:
        return None
    folder = work.run.path(".scratch") / "spark"
    folder.mkdir()
    return folder


def _index(work: Work) -> None:
    if work.linked is None:
        return
    with _apart(work) as connection:
        linked.index(connection, work.job.described, work.linked, work.run.path(linked.INDEX))


def _merge(work: Work) -> None:
    if work.linked is None:
        return
    with _apart(work) as connection:
        merged = merge_records(
            connection,
            work.job.described,
            work.run.folder,
            records=_parquet(work.standardised),
            clusters=linked.clusters_of(work.linked, sure=True),
            by=work.run.id,
            at=work.run.started,
        )
    linked.carry(work.linked, work.run.folder)
    work.run.counts |= {"merges": merged.merges, "merged": merged.records}


def _score(work: Work) -> None:
    job, folder = work.job, work.run.folder
    rules = load_rules(job.described)
    duplicates.count(
        work.connection,
        rules.rules,
        source=_parquet(work.standardised),
        clusters=linked.clusters_of(work.linked) if work.linked is not None else None,
        today=job.today,
    )
    card = score(work.connection, folder, units=job.units)
    work.scores, work.duplicates = card.dimensions, card.duplicates
    history.write(work.connection, folder, run=work.run.id, at=work.run.started, previous=job.previous)


DOING: Final[Mapping[Step, Callable[[Work], None]]] = {
    Step.READ: _read,
    Step.STANDARDISE: _standardise,
    Step.PROFILE: _profile,
    Step.VALIDATE: _validate,
    Step.TRAIN: _train,
    Step.LINK: _link,
    Step.INDEX: _index,
    Step.MERGE: _merge,
    Step.SCORE: _score,
}
"""Every step, in the order in which they are done."""


@contextmanager
def _apart(work: Work) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database of a step's own: what linking makes is large, and gone when it is closed."""
    scratch = work.run.path(".scratch") / "apart"
    scratch.mkdir(exist_ok=True)
    with database.connect(scratch, memory=work.job.memory, threads=work.job.threads) as connection:
        yield connection


def _parquet(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"
