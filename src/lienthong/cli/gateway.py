"""``lienthong gateway``: run the gateway of a site."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.run import running
from lienthong.kernel.i18n import _

app = typer.Typer(help="Run the gateway of a site.", no_args_is_help=True)


@app.command()
def run(
    config: Annotated[Path, typer.Option(help="The gateway's configuration (TOML); see docs/operations.md.")],
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every refusal and every retry.")] = False,
) -> None:
    """Run a gateway until SIGTERM or Ctrl-C."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    uvloop.run(_serve(GatewayConfig.load(config)))


async def _serve(config: GatewayConfig) -> None:
    async with running(config) as gateway:
        node = gateway.gateway.node
        Console(stderr=True).print(
            _("Gateway {site} serves {organs} organs{where}. Ctrl-C ends it.").format(
                site=node.site,
                organs=len(node.snapshot.organs_at(node.site)),
                where=f" · {gateway.url}" if gateway.url else "",
            )
        )
        await until_told_to_stop()


async def until_told_to_stop() -> None:
    """Return on SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
