"""``lienthong quality``: profile, standardise, validate and score the records of a registry."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from lienthong.kernel.i18n import _, later
from lienthong.quality.extra import require

app = typer.Typer(help="Profile, standardise, validate and score the records of a registry.", no_args_is_help=True)

# Command to what it says of itself, and to the steps that it does; each brings the steps it needs.
_COMMANDS: Final = {
    "profile": (later("Show how full and how different columns are, and which forms are rare."), ("profile",)),
    "standardise": (later("Bring every value into one form; what it was before is kept."), ("standardise",)),
    "validate": (later("Check every record against the rules of its registry."), ("validate",)),
    "score": (later("Make the card of four dimensions, unit by unit and for every unit above."), ("score",)),
    "run": (later("Do all of it, from reading to the score card."), ("profile", "standardise", "validate", "score")),
}

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


@app.command()
def generate(  # noqa: PLR0913 - how many, of what, into where
    *,
    records: Annotated[int, typer.Option("--records", "-n", min=1, max=50_000_000, help="How many records.")],
    out: Out,
    seed: Annotated[int, typer.Option(help="The same seed gives the same records.")] = 1,
    force: Force = False,
    json: Json = False,
    memory: Memory = "5GB",
    threads: Threads = None,
    country: Country = "vn",
) -> None:
    """Write synthetic members with every kind of dirt, and which records are the same person.

    Nobody in them is real. The records are in the folder records, the truth in truth.parquet.
    """
    require()
    from lienthong.cli import quality_run  # noqa: PLC0415 - without the extra it cannot be imported

    means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
    made = quality_run.generate(means, records=records, seed=seed)
    if json:
        typer.echo(msgspec.json.encode({"records": made.records, "persons": made.persons}).decode())
        return
    typer.echo(
        _("{records} records of {persons} persons: {out}").format(records=made.records, persons=made.persons, out=out)
    )


def _command(name: str, steps: Sequence[str]) -> Callable[..., None]:
    def command(  # noqa: PLR0913 - what, of what, into where, with what
        *,
        registry: Registry,
        source: Input,
        out: Out,
        mapped: Map = None,
        force: Force = False,
        json: Json = False,
        memory: Memory = "5GB",
        threads: Threads = None,
        country: Country = "vn",
    ) -> None:
        require()
        from lienthong.cli import quality_run  # noqa: PLC0415 - without the extra it cannot be imported

        means = quality_run.Means(out=out, replace=force, memory=memory, threads=threads, country=country, quiet=json)
        done = quality_run.do(means, name, steps, registry=registry, source=source, mapping=_mapping(mapped or []))
        if json:
            typer.echo(msgspec.json.format(msgspec.json.encode(quality_run.as_json(done)), indent=2).decode())
            return
        quality_run.show(done, out)

    return command


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, sign, heading = pair.partition("=")
        if not sign or not name or not heading:
            raise typer.BadParameter(_("write FIELD=COLUMN"), param_hint="--map")
        mapping[name] = heading
    return mapping


for _name, (_purpose, _steps) in _COMMANDS.items():
    app.command(_name, help=_purpose)(_command(_name, _steps))
