"""The course of the demo, from an empty folder to verified evidence."""

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvloop

from lienthong.cli.demo import country, directive, register
from lienthong.cli.demo.attacks import Attacker, Attempt
from lienthong.cli.demo.broadcast import NUMBER, Receipts, broadcast
from lienthong.cli.demo.calls import Called, call
from lienthong.cli.demo.members import RECORDS, make_registry
from lienthong.cli.demo.office import Started, office_beside
from lienthong.cli.demo.systems import CONTAINER, Shown, Systems
from lienthong.cli.demo.view import View
from lienthong.cli.office_run import GATEWAYS
from lienthong.cli.office_view import show
from lienthong.cli.state import state_folder
from lienthong.cli.stopping import interruptible
from lienthong.cli.text import number
from lienthong.cli.world import World
from lienthong.embedded.child import spawn, stop
from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.asic.local import ensure_local
from lienthong.exchange.config import AsicConfig, GatewayConfig
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.rest.server import WebServer
from lienthong.exchange.run import Running, running
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.kernel.identifiers import ServiceId

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_POLL: Final = 0.05


class SiteFailed(LienthongError):
    """A gateway of the demo did not start."""

    code = "site_failed"
    hint = "Its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    headless: bool
    quiet: bool
    organs: int | None
    hosts: int
    port: int
    office: bool
    state: Path | None


def run(options: Options) -> dict[str, Any]:
    """Run the demo and return what it measured, ready for JSON.

    Raises:
        LienthongError: something does not work; the text says what.
    """
    with state_folder(options.state, command="demo") as folder:
        try:
            return uvloop.run(interruptible(_Demo(options, folder.resolve()).run()))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def is_success(result: Mapping[str, Any]) -> bool:
    """Tell whether everything that ``run`` measured came out as it should."""
    counts = (result["receipts_verified"], result["calls_ok"], result["calls_refused"])
    holds = (value for name, value in result.items() if name.endswith(("_detected", "_verified", "_ready")))
    return counts == (result["organs"], 1, 1) and all(holds)


class _Demo:
    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._view = View(quiet=options.quiet)
        self._country = country.plan(options.organs, options.hosts)
        self._organs = len(self._country.organs) - 1
        self._hosts = [site.code for site in self._country.sites if site.code != country.CENTRE_SITE]
        self._receipts = Receipts(expected=self._organs, on_progress=self._view.advance)
        self._world: World
        # Where the web face of each site is.
        self._urls: dict[str, str] = {}

    async def run(self) -> dict[str, Any]:
        async with contextlib.AsyncExitStack() as stack:
            office: asyncio.Task[Started] | None = None
            if self._options.office:
                office = await stack.enter_async_context(office_beside(self._folder / "office"))
            centre = await self._start(stack)
            # Before the broadcast, which is measured: an office that starts takes a processor of its own.
            started = await self._office(office) if office else None
            text = directive.make(NUMBER, datetime.now(UTC).date())
            with self._view.progress:
                self._view.begin(self._organs)
                result = await broadcast(centre.gateway, self._country, self._receipts, text)
            self._view.provinces(self._country.branches, self._receipts)
            self._view.result(result, self._organs)
            # Those of the directive; a message of its own follows.
            counted = {state.value: count for state, count in self._receipts.total.items()}
            calls = await self._calls(str(centre.url))
            shown = await self._show(str(centre.url))
            self._view.shown(shown)
            attempts = await self._attack(centre)
            self._view.attempts(attempts)
            reports = await self._verify(centre)
            if started is not None:
                # Only now: the office then looks into thousands of mailboxes.
                await asyncio.to_thread(self._connect, str(centre.url))
            if not self._options.headless:
                await self._stay(centre, started)
        detected = {attempt.name: attempt.detected for attempt in attempts}
        return self._told(started) | {
            "organs": self._organs,
            "receipts_verified": len(self._receipts.delivered_to),
            "receipts": counted,
            "seconds": round(result.seconds["delivered"], 3),
            "seconds_by_state": {name: round(seconds, 3) for name, seconds in result.seconds.items()},
            "bytes": result.bytes,
            "calls_ok": sum(not called.error for called in calls),
            "calls_refused": sum(called.error.endswith("AccessDenied") for called in calls),
            "container_verified": shown.report.ok,
            "container_bytes": shown.container.stat().st_size,
            "message_verified": "accepted" in shown.receipts,
            "message_receipts": list(shown.receipts),
            "event_verified": shown.event is not None,
            "event_sequence": shown.event.sequence if shown.event else 0,
            "systems_seconds": round(shown.seconds, 3),
            "tampered_detected": detected["tampered"],
            "forged_detected": detected["forged"],
            "misdirected_detected": detected["misdirected"],
            "replayed_detected": detected["replayed"],
            "evidence_verified": all(report.ok for report in reports.values()),
            "evidence_entries": {site: report.entries for site, report in reports.items()},
        }

    def _connect(self, centre: str) -> None:
        """Tell the office which gateway serves whom."""
        told = country.gateways(self._country, {country.CENTRE_SITE: centre} | self._urls)
        write_atomically(self._folder / "office" / GATEWAYS, told.encode())

    async def _office(self, office: asyncio.Task[Started]) -> Started:
        started = await office
        self._view.step(
            _("office: {url}, answers after {seconds} s").format(
                url=started.office.url, seconds=number(started.seconds, 1)
            )
        )
        return started

    @staticmethod
    def _told(started: Started | None) -> dict[str, Any]:
        if started is None:
            return {}
        return {
            "office_ready": started.ready,
            "office_url": started.office.url,
            "office_seconds": round(started.seconds, 3),
        }

    async def _start(self, stack: contextlib.AsyncExitStack) -> Running:
        view = self._view
        make = World.reopen if World.is_complete(self._folder) else World.create
        self._world = await asyncio.to_thread(make, self._folder, self._country)
        view.step(
            _("{organs} organs with keys of their own; directory signed in {branches} branches").format(
                organs=number(self._organs + 1), branches=len(self._country.branches)
            )
        )
        await stack.enter_async_context(self._world.carried())
        view.step(_("carrier: NATS at {url}").format(url=self._world.nats.url))
        backend = await stack.enter_async_context(WebServer(register.APP, host="127.0.0.1", port=0))
        urls = await asyncio.gather(*(stack.enter_async_context(self._site(site, backend.url)) for site in self._hosts))
        self._urls = dict(zip(self._hosts, urls, strict=True))
        config = await asyncio.to_thread(self._centre)
        self._save(config)
        centre = await stack.enter_async_context(running(config, on_receipt=self._receipts.add))
        view.step(_("{count} gateways: {urls}").format(count=len(urls) + 1, urls=", ".join([str(centre.url), *urls])))
        return centre

    def _centre(self) -> GatewayConfig:
        """Return the configuration of the centre's gateway: it keeps what calls carry, so that it can be proved."""
        config = self._world.config(country.CENTRE_SITE, port=self._options.port)
        certificate, key = ensure_local(config.state, name="Demo", at=SystemClock().now())
        return replace(config, archive=Settings(keep=Keep.FULL), asic=AsicConfig(certificate=certificate, key=key))

    @contextlib.asynccontextmanager
    async def _site(self, site: str, register_url: str) -> AsyncIterator[str]:
        """Run a site's gateway in a process of its own."""
        services: dict[ServiceId, str] = {}
        service = country.register_of_units(self._country)
        if self._country.organs[1].site == site:
            services[service] = f"{register_url}/units"
        config = self._save(self._world.config(site, port=0, services=services))
        log = config.with_name("gateway.log")
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            command = [sys.executable, "-m", "lienthong.cli.demo.site", str(config)]
            process = await spawn(command, log=descriptor, keep=[])
        finally:
            os.close(descriptor)
        try:
            yield await _ready(process, log)
        finally:
            await stop(process, grace=_STOP_SECONDS)

    def _save(self, config: GatewayConfig) -> Path:
        path = config.state / "gateway.toml"
        write_atomically(path, config.to_toml().encode())
        return path

    async def _calls(self, url: str) -> list[Called]:
        client, service = country.office_of_centre(self._country), country.register_of_units(self._country)
        unit = self._country.organs[-1].id.member.removeprefix("U")
        granted = await call(url, client, service, f"/{unit}")
        self._view.call(_("A call that is granted"), granted)
        refused = await call(url, client, service, "")
        self._view.call(_("A call that is refused: only single units are granted, not the list"), refused)
        return [granted, refused]

    async def _show(self, url: str) -> Shown:
        first = self._country.organs[1]
        systems = Systems(
            office=country.office_of_centre(self._country),
            office_url=url,
            register=country.register_of_units(self._country).provider,
            register_url=self._urls[first.site],
        )
        return await systems.show(
            country.register_of_units(self._country),
            "/" + first.id.member.removeprefix("U"),
            country.changes_of_units(self._country),
            folder=self._folder,
            root=self._world.root.read_bytes(),
        )

    async def _attack(self, centre: Running) -> list[Attempt]:
        directory = centre.follower.snapshot
        organs = [organ for plan in self._country.organs[1:] if (organ := directory.organ(plan.id)) is not None]
        victim, other = organs[0], organs[-1]
        attacker = Attacker(centre.gateway, victim, self._world.config(victim.site).journal)
        client, service = country.office_of_centre(self._country), country.register_of_units(self._country)
        return [
            await attacker.tamper(),
            await attacker.forge(other),
            await attacker.misdirect(other),
            await attacker.replay(client, service, "/" + victim.id.member.removeprefix("U")),
        ]

    async def _verify(self, centre: Running) -> dict[str, Report]:
        """Verify every journal against nothing but the directory's root."""
        await centre.gateway.checkpoint()
        root = self._world.root.read_bytes()
        reports = {}
        for site in self._country.sites:
            state = self._world.config(site.code).state
            # Anew for each: the others write on while one is verified, and nothing may be later than this.
            reports[site.code] = await asyncio.to_thread(verify, state, root, SystemClock().now())
            self._view.step(
                _("evidence of {site}: {entries} entries verified offline, {findings} defects").format(
                    site=site.code,
                    entries=number(reports[site.code].entries),
                    findings=len(reports[site.code].findings),
                )
            )
        return reports

    async def _stay(self, centre: Running, started: Started | None) -> None:
        if started is not None:
            show(self._view.console, started.office)
        client, service = country.office_of_centre(self._country), country.register_of_units(self._country)
        state = self._world.config(country.CENTRE_SITE).state
        # From a checkout the program is not on the PATH.
        program = "lienthong" if shutil.which("lienthong") else f"{sys.executable} -m lienthong"
        self._view.console.print(
            "\n".join(
                [
                    "",
                    _("Everything goes on running. Try:"),
                    f"  curl -H 'X-Road-Client: {client}' {centre.url}/r1/{service}/00004",
                    f"  curl {centre.url}/v1/status",
                    f"  {program} evidence list --state {state}",
                    f"  {program} evidence verify {state} --root {self._world.root}",
                    f"  {program} evidence verify {self._folder / CONTAINER} --root {self._world.root}",
                    f"  {program} doctor --config {state}/gateway.toml",
                    _("Ctrl-C ends it."),
                ]
            ),
            soft_wrap=True,
        )
        # Being told to stop is how this ends well.
        with contextlib.suppress(asyncio.CancelledError):
            if started is not None:
                await self._members(started)
            await asyncio.Event().wait()

    async def _members(self, started: Started) -> None:
        """Fill the registry of a province, while everything goes on."""
        begun = time.monotonic()
        try:
            await make_registry(self._folder)
        except LienthongError as error:
            self._view.step(str(error))
            return
        self._view.step(
            _("registry of a province: {records} made-up members at {url}/members/ after {seconds} s").format(
                records=number(RECORDS), url=started.office.url, seconds=number(time.monotonic() - begun, 0)
            )
        )


async def _ready(process: asyncio.subprocess.Process, log: Path) -> str:
    try:
        async with asyncio.timeout(_START_SECONDS):
            while process.returncode is None:
                text = await asyncio.to_thread(log.read_text)
                for line in text.splitlines():
                    if line.startswith("READY "):
                        return line.removeprefix("READY ")
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise SiteFailed(f"not ready after {_START_SECONDS:g} s; see {log}") from None
    raise SiteFailed(f"ended with status {process.returncode}; see {log}")
