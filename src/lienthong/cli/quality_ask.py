"""``lienthong quality check`` and ``evaluate``: who a record may be, and how good a linking is."""

from pathlib import Path
from typing import Annotated

import typer

from lienthong.cli.quality_options import Country, Input, Json, Map, Memory, Registry, Threads
from lienthong.quality.extra import require


def check(  # noqa: PLR0913 - whom, against what, with what
    *,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]…", help="What is known. Without any, a JSON object is read from stdin."),
    ] = None,
    registry: Registry,
    against: Annotated[
        Path,
        typer.Option("--against", "--input", "-i", help="The results of link or run.", file_okay=False),
    ],
    json: Json = False,
    memory: Memory = "1GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Say who of a linked registry a record may be, and why."""
    require()
    from lienthong.cli import quality_persons  # noqa: PLC0415 - without the extra it cannot be imported

    asked = quality_persons.Question(
        registry=registry, against=against, values=quality_persons.values_of(values or []), country=country
    )
    quality_persons.show_matches(quality_persons.check(asked, memory=memory, threads=threads), as_json=json)


def evaluate(  # noqa: PLR0913 - what, against what, with what
    *,
    source: Input,
    registry: Annotated[
        str | None,
        typer.Option(
            "--registry", "-r", metavar="member|person|FILE.toml", help="What the records are of, if not linked yet."
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", help="Known pairs: record_id_l, record_id_r and, if not all are of one person, label."),
    ] = None,
    truth: Annotated[
        str | None, typer.Option("--truth", metavar="COLUMN", help="The column that says whose a record is.")
    ] = None,
    truth_file: Annotated[
        Path | None,
        typer.Option("--truth-file", help="Where that column and record_id are. Default: the input itself."),
    ] = None,
    mapped: Map = None,
    model: Annotated[Path | None, typer.Option("--model", help="As for link, if records are not linked yet.")] = None,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Measure precision, recall and F1 of a linking, by pairs of records and by clusters.

    The input is the results of link or run, or records, which are linked first.
    """
    require()
    from lienthong.cli import quality_measure  # noqa: PLC0415 - without the extra it cannot be imported

    if (pairs is None) == (truth is None):
        raise typer.BadParameter("--pairs FILE | --truth COLUMN", param_hint="--pairs, --truth")
    asked = quality_measure.Asked(
        source=source,
        registry=registry,
        pairs=pairs,
        truth=truth,
        truth_file=truth_file,
        mapped=tuple(mapped or ()),
        model=model,
        country=country,
    )
    measured = quality_measure.measure(asked, memory=memory, threads=threads, quiet=json)
    quality_measure.show(measured, as_json=json)
