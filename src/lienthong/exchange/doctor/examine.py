"""All checks of one gateway, in the order in which they build on each other."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.doctor import machine
from lienthong.exchange.doctor.carrier import Seen, carrier
from lienthong.exchange.doctor.certificates import certificates, credential
from lienthong.exchange.doctor.clock import Reference, clock
from lienthong.exchange.doctor.directory import Known, directory
from lienthong.exchange.doctor.keys import keys
from lienthong.exchange.doctor.lines import Line, Subject, failed, warn
from lienthong.exchange.doctor.web import web
from lienthong.exchange.evidence.trusted import read_root
from lienthong.exchange.run import open_keys
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.kernel.clock import Clock
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _


async def examine(config: GatewayConfig, *, time: Clock, pem: Sequence[Path] = ()) -> list[Line]:
    """Check everything that a gateway with this configuration needs; it may be running meanwhile.

    Args:
        config: the gateway's.
        time: the machine's clock.
        pem: files with certificates whose ends shall be checked too.
    """
    lines = [*machine.software(), *machine.disk(config.state)]
    lines += machine.journal(config.journal, site=config.site, at=time.now())
    async with AsyncExitStack() as stack:
        link: NatsCarrier | None = None
        try:
            link = await NatsCarrier.connect(config.nats, config.credential)
            stack.push_async_callback(link.close)
        except LienthongError as error:
            lines.append(failed(Subject.CARRIER, error))
        known = await _directory(config, link, time)
        lines += known.lines
        branches = _branches(known.snapshot, config.site)
        seen = Seen(lines=[], ahead=None) if link is None else await carrier(link, branches, time)
    lines += seen.lines
    lines += _keys(config, known.snapshot, time)
    lines += credential(config.credential, site=config.site, branches=branches, at=time.now())
    lines += web(config, time)
    lines += certificates([*_named(config), *pem], at=time.now())
    return [*lines, *clock(time.now(), _past(config, known), seen.ahead)]


def _named(config: GatewayConfig) -> list[Path]:
    """Return the files with certificates that the configuration names."""
    if config.asic is None:
        return []
    return [path for path in (config.asic.certificate, config.asic.tsa_certificates) if path is not None]


async def _directory(config: GatewayConfig, link: NatsCarrier | None, time: Clock) -> Known:
    try:
        root = read_root(config.root)
    except LienthongError as error:
        return Known(lines=[failed(Subject.DIRECTORY, error)])
    return await directory(config.directory, root=root, link=link, at=time.now())


def _branches(snapshot: Snapshot | None, site: str) -> list[str]:
    return [] if snapshot is None else sorted({organ.branch for organ in snapshot.organs_at(site)})


def _keys(config: GatewayConfig, snapshot: Snapshot | None, time: Clock) -> list[Line]:
    try:
        store = open_keys(config)
    except LienthongError as error:
        return [failed(Subject.KEYS, error)]
    if snapshot is None:
        text = _("The key store opens; without a directory its keys cannot be compared.")
        return [warn(Subject.KEYS, text, _("See to the directory first."))]
    return keys(snapshot, site=config.site, held=store.kids(), at=time.now())


def _past(config: GatewayConfig, known: Known) -> list[Reference]:
    times = {
        _("the newest entry of the journal"): machine.latest_entry(config.journal),
        _("the last fetch of the directory"): known.fetched,
    }
    return [Reference(name=name, at=at) for name, at in times.items() if at is not None]
