"""What a run is asked to do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from lienthong.quality import database
from lienthong.quality.description import Described
from lienthong.quality.units import NO_UNITS, Units


class Step(StrEnum):
    """What can be done to records, in this order."""

    READ = "read"
    PROFILE = "profile"
    STANDARDISE = "standardise"
    VALIDATE = "validate"
    TRAIN = "train"
    LINK = "link"
    INDEX = "index"
    MERGE = "merge"
    SCORE = "score"


class Engine(StrEnum):
    """Where candidates are made and scored."""

    # In this process.
    DUCKDB = "duckdb"
    # On a cluster, or on threads of this machine: the extra spark.
    SPARK = "spark"


_TABLE = frozenset({Step.READ, Step.STANDARDISE})
NEEDS: Mapping[Step, frozenset[Step]] = {
    Step.READ: frozenset(),
    Step.PROFILE: _TABLE,
    Step.STANDARDISE: frozenset({Step.READ}),
    Step.VALIDATE: _TABLE,
    Step.TRAIN: _TABLE,
    Step.LINK: _TABLE,
    Step.INDEX: _TABLE | {Step.LINK},
    Step.MERGE: _TABLE | {Step.LINK},
    Step.SCORE: _TABLE | {Step.VALIDATE},
}
"""What a step goes on from. What a folder of earlier results has already is not done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """How records are linked, beside what the description says of it."""

    # A model; None: the one that comes with the registry, or one learned from the records.
    model: Path | None = None
    # Learned from the records even where a model comes with the registry.
    learn: bool = False
    # A linked registry: the records are new or changed ones of it, and nobody who is known changes their id.
    against: Path | None = None
    # Decisions of people: record_id_l, record_id_r, decision.
    decisions: Path | None = None
    # Pieces in which candidates are scored, one after the other, where memory is short.
    chunks: int = 1
    engine: Engine = Engine.DUCKDB


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
    linking: Linking = field(default_factory=Linking)
    # Results of the run before: persons keep their ids, and scores their history.
    previous: Path | None = None
    # Results of an earlier run in ``out`` give way.
    replace: bool = False
    memory: str = database.MEMORY
    threads: int | None = None
