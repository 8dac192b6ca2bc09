"""TLS contexts and pinned certificates of a gateway, towards information systems and services."""

import hashlib
import logging
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.exchange.settings import ConfigInvalid, ServiceTrust, Tls
from lienthong.kernel.identifiers import ServiceId

# What is left of TLS 1.2: forward secrecy and authenticated encryption (RFC 9325, section 4.2).
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """A certificate that counts as it is."""

    der: bytes
    # SHA-256 of it.
    fingerprint: bytes


class Files:
    """Tells whether any of some files has changed."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Remember them as they are."""
        self._seen: dict[Path, object] = {path: _state(path) for path in paths}

    def changed(self) -> bool:
        """Tell whether a file is another than the last time."""
        now: dict[Path, object] = {path: _state(path) for path in self._seen}
        before, self._seen = self._seen, now
        return now != before


class ServiceContexts:
    """The contexts for connections to services, made again when a file changes."""

    def __init__(self, trusts: Mapping[ServiceId, ServiceTrust], own: Tls | None) -> None:
        """Read all certificates.

        Args:
            trusts: how servers are known; those of other services by the system's authorities.
            own: the gateway's certificate, shown to services that ask; None without one.

        Raises:
            ConfigInvalid: a certificate or key cannot be read.
        """
        self._trusts = trusts
        self._own = own
        paths = [path for trust in trusts.values() for path in (*trust.pinned, *([trust.ca] if trust.ca else []))]
        self._files = Files(paths if own is None else [*paths, own.certificate, own.key])
        self._read()

    def of(self, service: ServiceId) -> ssl.SSLContext:
        """Return the context for connections to a service from now on."""
        return self._contexts.get(service) or self._other

    def renew(self) -> None:
        """Read the files again if one has changed; what cannot be read leaves everything as it is."""
        if self._files.changed():
            try:
                self._read()
            except ConfigInvalid as error:
                _log.error("certificates towards services stay as they were: %s", error)

    def _read(self) -> None:
        other = client_context(ServiceTrust(), self._own)
        self._contexts = {service: client_context(trust, self._own) for service, trust in self._trusts.items()}
        self._other = other


def read_pins(path: Path) -> list[Pin]:
    """Read the certificates in a PEM file.

    Raises:
        ConfigInvalid: there is none, or it cannot be read.
    """
    try:
        ders = [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(path.read_bytes())]
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"certificates in {path}: {error}") from error
    return [Pin(der, hashlib.sha256(der).digest()) for der in ders]


def server_context(tls: Tls, pins: Sequence[Pin]) -> ssl.SSLContext:
    """Return the context of a listener that asks for a client certificate and does not insist on one.

    A client that shows a certificate must hold its key, and it must be one of these; else the handshake fails.

    Raises:
        ConfigInvalid: certificate or key cannot be read, or do not belong together.
    """
    context = _strict(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    _load_own(context, tls)
    if pins:
        context.verify_mode = ssl.CERT_OPTIONAL
        _pin(context, pins)
    return context


def client_context(trust: ServiceTrust, own: Tls | None) -> ssl.SSLContext:
    """Return the context for connections to a service.

    Args:
        trust: how the service is known.
        own: the gateway's certificate, shown to the service if it asks; None without one.

    Raises:
        ConfigInvalid: a certificate or key cannot be read.
    """
    context = _strict(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if own is not None:
        _load_own(context, own)
    if trust.pinned:
        # The certificate itself is known: which name stands in it says no more.
        context.check_hostname = False
        _pin(context, [pin for path in trust.pinned for pin in read_pins(path)])
        return context
    try:
        if trust.ca is None:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        else:
            context.load_verify_locations(cafile=trust.ca)
    except OSError as error:
        raise ConfigInvalid(f"certificates in {trust.ca}: {error}") from error
    return context


def _strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load_own(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        # A key under a passphrase would be asked for at the terminal, which nobody looks at.
        context.load_cert_chain(tls.certificate, tls.key, password="")
    except OSError as error:
        # Also ssl.SSLError.
        raise ConfigInvalid(f"[tls] {tls.certificate} and {tls.key}: {error}") from error


def _pin(context: ssl.SSLContext, pins: Sequence[Pin]) -> None:
    # Each is trusted as it is, whoever signed it.
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=b"".join(pin.der for pin in pins))
    except ssl.SSLError as error:
        raise ConfigInvalid(f"a pinned certificate: {error}") from error


def _state(path: Path) -> object:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
