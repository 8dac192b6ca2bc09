"""The demo: a whole country exchanges a directive, calls a service, and proves all of it."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Run the main job: a sealed directive to every organ of a country and its receipts.")


@app.command()
def demo(  # noqa: PLR0913 - the options of a command
    *,
    headless: Annotated[bool, typer.Option("--headless", help="End when everything is done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    organs: Annotated[
        int | None, typer.Option(help="How many organs below the centre take part. Default: all.")
    ] = None,
    hosts: Annotated[int, typer.Option(min=1, max=34, help="How many gateways serve provinces and communes.")] = 2,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the centre's REST interface; 0 takes a free one.")
    ] = 0,
    office: Annotated[bool, typer.Option(help="Start the office beside the exchange.")] = True,
    state: Annotated[Path | None, typer.Option(help="Keep everything in this folder.", file_okay=False)] = None,
) -> None:
    """Send a sealed directive to every organ of a country; call a service; attack; prove everything."""
    from lienthong.cli.demo.command import Options, is_success, run  # noqa: PLC0415 - see above

    result = run(
        Options(headless=headless, quiet=as_json, organs=organs, hosts=hosts, port=port, office=office, state=state)
    )
    if as_json:
        typer.echo(json.dumps(result))
    if not is_success(result):
        raise typer.Exit(1)
