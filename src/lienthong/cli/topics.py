"""``lienthong topics``: what the operator of an owner's gateway does about its topics."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from lienthong.cli.text import plain
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.topics.anew import begin_anew
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.i18n import _
from lienthong.kernel.identifiers import TopicId

app = typer.Typer(help="Topics that are published at a site.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    # So that the only command keeps its name.
    pass


@app.command()
def restart(
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="TOPIC", help="Identifiers of topics of organs at this site.")
    ] = None,
    *,
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration (TOML).", dir_okay=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the evidence.")],
    every: Annotated[bool, typer.Option("--all", help="All topics of the site.")] = False,
) -> None:
    """Begin topics anew, with the gateway stopped: after its journal was restored, or its key revoked.

    What was published of them is not told by this history any more. Start the gateway and publish a snapshot: readers
    are told that the topic has begun anew.
    """
    if every is bool(topics):
        raise typer.BadParameter(_("name topics, or all of them with --all"))
    if not reason.strip():
        raise typer.BadParameter(_("say why"), param_hint="--reason")
    wanted = None if every else [TopicId.parse(topic) for topic in topics or ()]
    begun = asyncio.run(begin_anew(GatewayConfig.load(config), wanted, reason=reason.strip(), clock=SystemClock()))
    console = Console(highlight=False)
    for topic in begun:
        console.print(Text(_("{topic} begins anew").format(topic=plain(str(topic)))), soft_wrap=True)
    if begun:
        console.print(_("Start the gateway, then publish a snapshot of each."))
    else:
        console.print(_("No organ of this site has a topic."))
