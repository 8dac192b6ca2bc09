"""The steps in a row, into one folder of results."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from lienthong.quality import database, runs, steps
from lienthong.quality.job import NEEDS, Job, Linking, Step
from lienthong.quality.runs import Manifest
from lienthong.quality.steps import Work

__all__ = ["NEEDS", "Done", "Job", "Linking", "Step", "do"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The manifest of what was written, and the scores of the whole registry if it was scored."""

    manifest: Manifest
    scores: dict[str, float]
    # Share of records that are somebody's once more, in percent: exact, and estimated where records were linked.
    duplicates: dict[str, float]


def do(job: Job, begin: Callable[[str], None] = lambda _: None) -> Done:
    """Do the steps of a job and those they need; the results appear together, or not at all.

    Args:
        job: what to do.
        begin: is told the name of each step before it.

    Raises:
        LienthongError: what is wrong with the description, the records or the output folder; nothing was written.
    """
    runs.refuse_taken(job.out, replace=job.replace)
    asked = set(job.steps).union(*(NEEDS[step] for step in job.steps))
    with runs.new_run(job.out, command=job.command, registry=job.described.registry, replace=job.replace) as run:
        scratch = run.path(".scratch")
        scratch.mkdir()
        with database.connect(scratch, memory=job.memory, threads=job.threads) as connection:
            work = Work(job=job, run=run, connection=connection, steps=asked, begin=begin)
            steps.refuse_wrong(work)
            steps.open_source(work)
            for step, doing in steps.DOING.items():
                if step in work.steps:
                    begin(step)
                    with run.step(step):
                        doing(work)
        shutil.rmtree(scratch)
    return Done(manifest=runs.read_manifest(job.out), scores=work.scores, duplicates=work.duplicates)
