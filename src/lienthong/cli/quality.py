"""``lienthong quality``: profile, standardise, validate, link, merge and score the records of a registry."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec
import typer

from lienthong.cli import quality_ask, quality_link
from lienthong.cli.quality_options import Country, Force, Input, Json, Map, Memory, Out, Registry, Threads
from lienthong.kernel.i18n import _, later
from lienthong.quality.extra import require

app = typer.Typer(
    help="Profile, standardise, validate, link, merge and score the records of a registry.", no_args_is_help=True
)

# Command to what it says of itself, and to the steps that it does; each brings the steps it needs.
_COMMANDS: Final = {
    "profile": (later("Show how full and how different columns are, and which forms are rare."), ("profile",)),
    "standardise": (later("Bring every value into one form; what it was before is kept."), ("standardise",)),
    "validate": (later("Check every record against the rules of its registry."), ("validate",)),
    "score": (later("Make the card of four dimensions, unit by unit and for every unit above."), ("score",)),
}


@app.command()
def generate(  # noqa: PLR0913 - how many, of what, into where
    *,
    records: Annotated[int, typer.Option("--records", "-n", min=1, max=50_000_000, help="How many records.")],
    out: Out,
    seed: Annotated[int, typer.Option(help="The same seed gives the same records.")] = 1,
    province: Annotated[str | None, typer.Option(help="Only members of this province, by its code.")] = None,
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
    made = quality_run.generate(means, records=records, seed=seed, province=province)
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
        asked = quality_run.Asked(registry=registry, source=source, mapping=quality_run.mapping_of(mapped or []))
        quality_run.show(quality_run.do(means, name, steps, asked), out, as_json=json)

    return command


for _name, (_purpose, _steps) in _COMMANDS.items():
    app.command(_name, help=_purpose)(_command(_name, _steps))
app.command()(quality_link.link)
app.command()(quality_link.merge)
app.command()(quality_link.run)
app.command()(quality_link.train)
app.command()(quality_ask.check)
app.command()(quality_ask.evaluate)
