"""``lienthong office``: run the web application in which officials work."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from lienthong.cli.office_run import Office, Options, running_office
from lienthong.cli.office_view import show
from lienthong.cli.state import state_folder
from lienthong.cli.stopping import interruptible
from lienthong.kernel.i18n import _

app = typer.Typer(help="Run the office: the web application in which officials work.")


@app.command()
def office(  # noqa: PLR0913 - the options of a command
    *,
    state: Annotated[
        Path | None, typer.Option(help="Keep everything in this folder. Default: nothing is kept.", file_okay=False)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front does TLS.")] = "127.0.0.1",
    url: Annotated[
        str | None, typer.Option(help="Where people reach the office. Default: http://localhost and the port.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve pages.")] = 1,
    people: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Fill a new office with so many nameless accounts.")
    ] = 0,
    documents: Annotated[
        int, typer.Option(min=0, max=10_000_000, help="Fill a new office with so many documents that nobody wrote.")
    ] = 0,
) -> None:
    """Run the office until SIGTERM or Ctrl-C.

    The database is a server of its own in the state folder, or the one that DATABASE_URL names.
    """
    options = Options(port=port, host=host, url=url, workers=workers, people=people, documents=documents)
    with state_folder(state, command="office") as folder, contextlib.suppress(asyncio.CancelledError):
        uvloop.run(interruptible(_serve(options, folder.resolve())))


async def _serve(options: Options, folder: Path) -> None:
    async with running_office(options, folder) as running:
        _explain(running)
        typer.echo(f"READY {running.url}")
        await running.until_it_ends()


def _explain(running: Office) -> None:
    console = Console(highlight=False)
    show(console, running)
    console.print(_("Logs are in {folder}. Ctrl-C ends it.").format(folder=running.logs), soft_wrap=True)
