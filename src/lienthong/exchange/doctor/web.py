"""The certificates of the web face, of the information systems behind it, and of the services."""

from collections.abc import Iterator
from pathlib import Path

from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.doctor.certificates import certificates
from lienthong.exchange.doctor.lines import Line, Subject, failed
from lienthong.exchange.rest.access import Access
from lienthong.exchange.settings import ConfigInvalid
from lienthong.exchange.tls import ServiceContexts
from lienthong.kernel.clock import Clock


def web(config: GatewayConfig, time: Clock) -> list[Line]:
    """Check that the gateway could start with its certificates, and when each of them ends."""
    lines: list[Line] = []
    try:
        Access(config.subsystems, config.tls, time)
        ServiceContexts(config.trusts, config.tls)
    except ConfigInvalid as error:
        lines.append(failed(Subject.CERTIFICATES, error))
    return [*lines, *certificates(dict.fromkeys(_files(config)), at=time.now())]


def _files(config: GatewayConfig) -> Iterator[Path]:
    if config.tls is not None:
        yield config.tls.certificate
    for subsystem in config.subsystems or ():
        yield from subsystem.certificates
    for trust in config.trusts.values():
        yield from trust.pinned
        if trust.ca is not None:
            yield trust.ca
