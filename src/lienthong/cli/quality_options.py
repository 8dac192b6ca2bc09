"""What commands of ``lienthong quality`` are told, in the same words by all of them."""

from pathlib import Path
from typing import Annotated

import typer

Registry = Annotated[
    str, typer.Option("--registry", "-r", metavar="member|person|FILE.toml", help="What the records are of.")
]
Input = Annotated[
    Path, typer.Option("--input", "-i", help="A file (CSV, Parquet, XLSX), a folder of files, or earlier results.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="The folder to write the results into.", file_okay=False)]
Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="A column that the file calls otherwise.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the results of an earlier run.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Memory = Annotated[str, typer.Option(help="Memory of the database, such as 5GB; beyond it the disk is used.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the database. Default: one per processor.")]
Country = Annotated[str, typer.Option(help="The profile whose administrative units codes mean.")]
Model = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A model made by train. Default: that of --previous or of the registry, or one learned now.",
    ),
]
Learn = Annotated[bool, typer.Option("--learn", help="Learn a model from the records, even where there is one.")]
Previous = Annotated[
    Path | None,
    typer.Option(
        "--previous",
        help="Results of the run before: persons keep ids, scores their history.",
        file_okay=False,
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option("--decisions", help="Decisions of people: record_id_l, record_id_r, decision (same, different)."),
]
Chunks = Annotated[
    int,
    typer.Option("--chunks", min=1, max=1000, help="Score candidates in so many pieces, where memory is short."),
]
OnEngine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="duckdb|spark",
        help="Where pairs are made and scored: here, or on Spark (extra spark) for what one machine does not hold.",
    ),
]
MakeIndex = Annotated[bool, typer.Option("--index", help="Also make what check asks; else the first check makes it.")]
Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        help="A linked registry: the records are new or changed ones of it, and nobody known changes their id.",
        file_okay=False,
    ),
]
