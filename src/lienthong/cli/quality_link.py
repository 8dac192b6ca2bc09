"""``lienthong quality link``, ``merge``, ``run`` and ``train``: what finds the records of one person."""

from pathlib import Path
from typing import Annotated

import typer

from lienthong.cli.quality_options import (
    Against,
    Chunks,
    Country,
    Decisions,
    Force,
    Input,
    Json,
    Learn,
    MakeIndex,
    Map,
    Memory,
    Model,
    OnEngine,
    Out,
    Previous,
    Registry,
    Threads,
)
from lienthong.quality.extra import require


def link(  # noqa: PLR0913 - what, of what, into where, with what
    *,
    registry: Registry,
    source: Input,
    out: Out,
    mapped: Map = None,
    model: Model = None,
    learn: Learn = False,
    previous: Previous = None,
    decisions: Decisions = None,
    against: Against = None,
    index: MakeIndex = False,
    chunks: Chunks = 1,
    engine: OnEngine = "duckdb",
    force: Force = False,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Find the records of one person: clusters, pairs with probabilities, and what people should look at."""
    require()
    from lienthong.cli import quality_run  # noqa: PLC0415 - without the extra it cannot be imported
    from lienthong.quality.job import Engine, Linking  # noqa: PLC0415 - as above

    where = quality_run.engine_of(engine, chunks)
    if against is not None and (model or learn or previous or decisions or index or where is not Engine.DUCKDB):
        # The linked registry has model, persons and decisions already; few records need no cluster.
        raise typer.BadParameter("--against", param_hint="--model, --learn, --previous, --decisions, --index, --engine")
    means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
    asked = quality_run.Asked(
        registry=registry,
        source=source,
        mapping=quality_run.mapping_of(mapped or []),
        previous=previous,
        linking=Linking(model=model, learn=learn, decisions=decisions, against=against, chunks=chunks, engine=where),
    )
    steps = ("link", "index") if index else ("link",)
    quality_run.show(quality_run.do(means, "link", steps, asked), out, as_json=json)


def run(  # noqa: PLR0913 - what, of what, into where, with what
    *,
    registry: Registry,
    source: Input,
    out: Out,
    mapped: Map = None,
    model: Model = None,
    learn: Learn = False,
    previous: Previous = None,
    decisions: Decisions = None,
    index: MakeIndex = False,
    chunks: Chunks = 1,
    engine: OnEngine = "duckdb",
    force: Force = False,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Do all of it, from reading to the score card."""
    require()
    from lienthong.cli import quality_run  # noqa: PLC0415 - without the extra it cannot be imported
    from lienthong.quality.job import Linking  # noqa: PLC0415 - as above

    where = quality_run.engine_of(engine, chunks)
    means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
    asked = quality_run.Asked(
        registry=registry,
        source=source,
        mapping=quality_run.mapping_of(mapped or []),
        previous=previous,
        linking=Linking(model=model, learn=learn, decisions=decisions, chunks=chunks, engine=where),
    )
    steps = ("profile", "standardise", "validate", "link", "merge", "score", *(["index"] if index else []))
    quality_run.show(quality_run.do(means, "run", steps, asked), out, as_json=json)


def merge(  # noqa: PLR0913 - what, of what, into where, with what
    *,
    registry: Registry,
    source: Input,
    out: Out,
    mapped: Map = None,
    undo: Annotated[
        list[str] | None,
        typer.Option("--undo", metavar="MERGE_ID", help="Take this merge of the results in --input back."),
    ] = None,
    force: Force = False,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Make the golden record of every person, with the record each value is from, and a log of merges to undo."""
    require()
    from lienthong.cli import quality_persons, quality_run  # noqa: PLC0415 - without the extra it cannot be imported

    means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
    asked = quality_run.Asked(registry=registry, source=source, mapping=quality_run.mapping_of(mapped or []))
    if undo:
        quality_run.show(quality_persons.undo(means, asked, undo), out, as_json=json)
        return
    quality_run.show(quality_run.do(means, "merge", ("merge",), asked), out, as_json=json)


def train(  # noqa: PLR0913 - what, of what, into where, with what
    *,
    registry: Registry,
    source: Input,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write the model into.", dir_okay=False)],
    mapped: Map = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Learn from records, without labels, how to link records like them; link takes the file with --model."""
    require()
    from lienthong.cli import quality_persons, quality_run  # noqa: PLC0415 - without the extra it cannot be imported

    means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
    asked = quality_run.Asked(registry=registry, source=source, mapping=quality_run.mapping_of(mapped or []))
    quality_persons.show_model(quality_persons.train(means, asked), out, as_json=json)
