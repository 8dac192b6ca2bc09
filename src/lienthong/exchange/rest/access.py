"""Which information systems may speak over a connection to the web face.

Certificates are pinned: a system's own list holds the very certificates its clients use (SHA-256 of the DER), and
no authority is asked. Files are read again when they change, so that certificates are renewed without a restart.
"""

import hmac
import logging
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lienthong.exchange.policy import Connection
from lienthong.exchange.rest.peers import NOBODY, Peer
from lienthong.exchange.settings import ConfigInvalid, Subsystem, Tls, Way
from lienthong.exchange.tls import Files, Pin, read_pins, server_context
from lienthong.kernel.clock import Clock
from lienthong.kernel.errors import LienthongError

_ANYBODY: Final = Connection()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What the files say."""

    plain: Connection
    # Over TLS without a certificate that counts.
    anonymous: Connection
    pins: tuple[tuple[Pin, str], ...]
    context: ssl.SSLContext | None
    # Certificate → connection, of those that have been compared.
    known: dict[bytes, Connection] = field(default_factory=dict)


class Access:
    """Knows the information systems of one gateway and how each connects."""

    def __init__(self, subsystems: Sequence[Subsystem] | None, tls: Tls | None, clock: Clock) -> None:
        """Read all certificates.

        Args:
            subsystems: who may connect and how; None: any system over a plain connection.
            tls: the gateway's own certificate; None without one.
            clock: tells whether a certificate holds.

        Raises:
            ConfigInvalid: a certificate or key cannot be read.
        """
        self._subsystems = subsystems
        self._tls = tls
        self._clock = clock
        self._files = Files(self._paths())
        self._table = self._read()

    def resolve(self, peer: Peer) -> Connection:
        """Return whom a connection may speak for now."""
        table = self._table
        if not peer.secure:
            return table.plain
        if not peer.fingerprint or not peer.not_before <= self._clock.now() < peer.not_after:
            return table.anonymous
        known = table.known.get(peer.fingerprint)
        return self._compared(table, peer.fingerprint) if known is None else known

    def context(self) -> ssl.SSLContext:
        """Return the certificate and trust that a new TLS connection gets.

        Raises:
            ConfigInvalid: there is no certificate.
        """
        if self._table.context is None:
            raise ConfigInvalid("[tls] has no certificate")
        return self._table.context

    def renew(self) -> None:
        """Read the files again if one has changed; what cannot be read leaves everything as it is."""
        if not self._files.changed():
            return
        try:
            self._table = self._read()
        except LienthongError as error:
            _log.error("certificates stay as they were: %s", error)
        else:
            _log.warning("certificates of the web face have been read again")

    def _paths(self) -> Iterable[Path]:
        if self._tls is not None:
            yield from (self._tls.certificate, self._tls.key)
        for subsystem in self._subsystems or ():
            yield from subsystem.certificates

    def _read(self) -> _Table:
        if self._subsystems is None:
            return _Table(plain=_ANYBODY, anonymous=NOBODY, pins=(), context=None)
        names = {way: frozenset(str(each.id) for each in self._subsystems if each.way is way) for way in Way}
        pins = tuple(
            (pin, str(subsystem.id))
            for subsystem in self._subsystems
            for path in subsystem.certificates
            for pin in read_pins(path)
        )
        # Who may do without protection may also use it.
        return _Table(
            plain=Connection(clients=names[Way.HTTP]),
            anonymous=Connection(clients=names[Way.HTTP] | names[Way.HTTPS]),
            pins=pins,
            context=None if self._tls is None else server_context(self._tls, [pin for pin, _ in pins]),
        )

    def _compared(self, table: _Table, fingerprint: bytes) -> Connection:
        # All of them, whichever fits: the time it takes says nothing about the list.
        owners = frozenset([owner for pin, owner in table.pins if hmac.compare_digest(pin.fingerprint, fingerprint)])
        if not owners:
            return table.anonymous
        connection = Connection(clients=owners | (table.anonymous.clients or frozenset()))
        table.known[fingerprint] = connection
        return connection
