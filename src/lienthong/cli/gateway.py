"""``lienthong gateway``: run the gateway of a site."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from lienthong.cli.logs import log_to_terminal
from lienthong.cli.stopping import interruptible
from lienthong.cli.text import number
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.run import running
from lienthong.kernel.i18n import ngettext

app = typer.Typer(help="Run the gateway of a site.", no_args_is_help=True)


@app.command()
def run(
    config: Annotated[Path, typer.Option(help="The gateway's configuration (TOML); see docs/operations.md.")],
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every refusal and every retry.")] = False,
) -> None:
    """Run a gateway until SIGTERM or Ctrl-C."""
    log_to_terminal(verbose=verbose)
    # Being told to stop is how it ends well.
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(interruptible(_serve(GatewayConfig.load(config))))


async def _serve(config: GatewayConfig) -> None:
    async with running(config) as gateway:
        node = gateway.gateway.node
        organs = len(node.snapshot.organs_at(node.site))
        text = ngettext(
            "Gateway {site} serves {organs} organ{where}. Ctrl-C ends it.",
            "Gateway {site} serves {organs} organs{where}. Ctrl-C ends it.",
            organs,
        )
        Console(stderr=True).print(
            text.format(site=node.site, organs=number(organs), where=f" · {gateway.url}" if gateway.url else "")
        )
        await asyncio.Event().wait()
