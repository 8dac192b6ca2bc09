"""``lienthong sandbox``: two gateways with a real carrier between them, for integrators."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from lienthong.cli.logs import log_to_terminal
from lienthong.cli.sandbox_config import SandboxConfig
from lienthong.cli.sandbox_echo import echo
from lienthong.cli.sandbox_plan import CONSUMER, PROVIDER, descriptions_at, plan_of, services_at, site_of
from lienthong.cli.state import state_folder
from lienthong.cli.stopping import interruptible
from lienthong.cli.world import World
from lienthong.embedded.errors import PortTaken
from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.asic.local import ensure_local
from lienthong.exchange.backend import Backend
from lienthong.exchange.config import AsicConfig, GatewayConfig
from lienthong.exchange.http_client import fetch
from lienthong.exchange.rest.server import WebServer
from lienthong.exchange.run import running
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _
from lienthong.kernel.identifiers import ClientId, SubsystemId

app = typer.Typer(help="Run two gateways on this machine to try integrations against.")

_HOST: Final = "127.0.0.1"
_WORLD: Final = "world"
_OK: Final = 200
_GRACE: Final = 3.0
"""Seconds for what is being answered when we are told to stop."""


class SandboxFailed(LienthongError):
    """The sandbox does not answer calls."""

    code = "sandbox_failed"
    hint = "Report this message with what the sandbox has written before."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    # None: a consumer, a provider and an echo service.
    config: Path | None
    port: int
    # None: a folder for as long as it runs.
    state: Path | None


@app.command()
def sandbox(
    *,
    config: Annotated[
        Path | None, typer.Option(help="Consumers, providers and services (TOML). Default: an echo service.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the REST interface on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    state: Annotated[
        Path | None, typer.Option(help="Keep keys, evidence and directory in this folder.", file_okay=False)
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every refusal and every retry.")] = False,
) -> None:
    """Run two gateways and the carrier between them until SIGTERM or Ctrl-C. docs/sandbox.md is the guide."""
    log_to_terminal(verbose=verbose)
    uvloop.run(_until_told_to_stop(Options(config=config, port=port, state=state)))


async def _until_told_to_stop(options: Options) -> None:
    backends: list[Backend] = []
    hurry: list[asyncio.Task[None]] = []
    with contextlib.suppress(asyncio.CancelledError):
        await interruptible(_run(options, backends), told=lambda: hurry.append(asyncio.create_task(_cut_off(backends))))
    for task in hurry:
        task.cancel()


async def _cut_off(backends: Sequence[Backend]) -> None:
    """Let go of services that are still at work after the grace; whoever waits for them gets an error."""
    await asyncio.sleep(_GRACE)
    for backend in backends:
        await backend.close()


async def _run(options: Options, backends: list[Backend]) -> None:
    """Run everything.

    Args:
        options: what the command line says.
        backends: filled with what reaches the services, for whoever must hurry.
    """
    given = None if options.config is None else SandboxConfig.load(options.config)
    _check_free(options.port)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(state_folder(options.state, command="sandbox"))
        if given is None:
            server = await stack.enter_async_context(WebServer(echo, host=_HOST, port=0))
            config = SandboxConfig.built_in(server.url)
        else:
            config = given
        world = _world(folder / _WORLD, config)
        await stack.enter_async_context(world.carried())
        url = ""
        for site, port in ((PROVIDER, None), (CONSUMER, options.port)):
            gateway = await stack.enter_async_context(running(_described(world, site, port, config)))
            backends.append(gateway.gateway.backend)
            url = gateway.url or url
        await _try(url, config)
        _explain(url, config)
        typer.echo(f"READY {url}")
        await asyncio.Event().wait()


def _described(world: World, site: str, port: int | None, config: SandboxConfig) -> GatewayConfig:
    """Return the configuration of a gateway: unlike in production it keeps all contents, so that ``/asic`` has some."""
    described = world.config(site, port=port, services=services_at(site, config), codes=config.codes)
    certificate, key = ensure_local(described.state, name=f"Sandbox, {site}", at=world.clock.now())
    return replace(
        described,
        descriptions=descriptions_at(site, config),
        archive=Settings(keep=Keep.FULL),
        asic=AsicConfig(certificate=certificate, key=key),
    )


def _check_free(port: int) -> None:
    try:
        socket.create_server((_HOST, port)).close()
    except OSError as error:
        raise PortTaken(f"{_HOST}:{port}: {error.strerror}") from error


def _world(folder: Path, config: SandboxConfig) -> World:
    plan = plan_of(config)
    if World.is_complete(folder):
        return World.reopen(folder, plan, adapt=True)
    # What an interrupted first start has left.
    shutil.rmtree(folder, ignore_errors=True)
    return World.create(folder, plan)


async def _try(url: str, config: SandboxConfig) -> None:
    """Make a call to each gateway, so that the first one of an integrator works."""
    reached = {site_of(provider.organ, config): provider for provider in reversed(config.providers)}
    for provider in reached.values() if config.consumers else ():
        headers = (("x-road-client", str(config.consumers[0])),)
        answer = await fetch(_address(url, provider, "listMethods"), headers)
        if answer.status != _OK:
            raise SandboxFailed(f"{provider}: {answer.body.decode(errors='replace')}")


def _explain(url: str, config: SandboxConfig) -> None:
    if not config.consumers or not config.providers:
        _say(_("Nobody can call anything: the file names no [[consumer]] or no [[provider]]."))
        return
    _say(_("Try:"))
    for provider in config.providers:
        services = [service.id for service in config.services if service.id.provider == provider]
        code = str(services[0]).rpartition("/")[2] if services else "listMethods"
        _say(f"  {_curl(url, config.consumers[0], provider, code)}")


def _say(text: str) -> None:
    # Not rich's console: importing it would add a tenth to the time it takes to start.
    typer.echo(text, err=True)


def _curl(url: str, consumer: ClientId, provider: SubsystemId, code: str) -> str:
    return f"curl -H 'X-Road-Client: {consumer}' '{_address(url, provider, code)}'"


def _address(url: str, provider: SubsystemId, code: str) -> str:
    return f"{url}/r1/{provider}/{code}"
