"""Parts of a gateway's configuration: connections of information systems, TLS, and how services are known."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

import msgspec

from lienthong.exchange.http_client import Origin
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import ClientId, parse_client


class ConfigInvalid(LienthongError):
    """The gateway's configuration is not in order."""

    code = "config_invalid"
    hint = "Correct the file; docs/operations.md lists all settings."


class Way(StrEnum):
    """How an information system connects to the web face."""

    # HTTPS, with one of the system's own certificates.
    CLIENT_AUTH = "https-client-auth"
    # HTTPS: whoever reaches the port speaks for the system.
    HTTPS = "https"
    # Plain: on loopback or a trusted segment.
    HTTP = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The gateway's own certificate, towards information systems and services."""

    certificate: Path
    key: Path
    # Where the web face listens; None where the certificate is only for services.
    listen: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """An information system that calls through this gateway."""

    id: ClientId
    way: Way = Way.CLIENT_AUTH
    # Files with the certificates of its clients.
    certificates: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTrust:
    """How the server of a service is known, where its address is HTTPS."""

    # Authorities for it; the system's where there is neither this nor a pin.
    ca: Path | None = None
    # Certificates that the server may have, as they are.
    pinned: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AsicConfig:
    """Who signs the containers that are handed out, and who stamps them."""

    # PEM: the signer's certificate and those above it.
    certificate: Path
    # PEM; None: the key is in the key store.
    key: Path | None
    # Address of a timestamp authority, and its certificates (PEM).
    tsa: str | None = None
    tsa_certificates: Path | None = None


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    pass


class TlsForm(_Form, frozen=True):
    """``[tls]`` as written."""

    certificate: str
    key: str
    listen: str | None = None

    def value(self, base: Path) -> Tls:
        """Return what is meant; relative paths count from the folder.

        Raises:
            ValueError: no address.
        """
        listen = None if self.listen is None else address_of(self.listen)
        return Tls(certificate=base / self.certificate, key=base / self.key, listen=listen)


class SubsystemForm(_Form, frozen=True):
    """``[[subsystems]]`` as written."""

    id: str
    connection: Way = Way.CLIENT_AUTH
    certificates: list[str] = []

    def value(self, base: Path) -> Subsystem:
        """Return what is meant; relative paths count from the folder.

        Raises:
            ValueError: certificates are missing, or there where they would not be looked at.
            IdentifierInvalid: no client's identifier.
        """
        if (self.connection is Way.CLIENT_AUTH) is not bool(self.certificates):
            wanted = "needs certificates" if self.connection is Way.CLIENT_AUTH else "takes no certificates"
            raise ValueError(f"{self.id}: connection {self.connection.value} {wanted}")
        certificates = tuple(base / path for path in self.certificates)
        return Subsystem(id=parse_client(self.id), way=self.connection, certificates=certificates)


class ServiceForm(_Form, frozen=True):
    """``[[services]]`` as written."""

    id: str
    url: str
    # The description of an OPENAPI service: an address, or a file.
    openapi: str | None = None
    ca: str | None = None
    pinned: list[str] = []

    def trust(self, base: Path) -> ServiceTrust | None:
        """Return how its server is known, if anything is said of it; relative paths count from the folder.

        Raises:
            ValueError: no HTTP address, certificates for one without TLS, or two ways at once.
        """
        secure = Origin.of(self.url).secure
        if self.ca is None and not self.pinned:
            return None
        if self.ca is not None and self.pinned:
            raise ValueError(f"{self.id}: either ca or pinned")
        if not secure:
            raise ValueError(f"{self.id}: certificates for a plain address")
        ca = None if self.ca is None else base / self.ca
        return ServiceTrust(ca=ca, pinned=tuple(base / path for path in self.pinned))


class AsicForm(_Form, frozen=True):
    """``[asic]`` as written."""

    certificate: str
    key: str | None = None
    tsa: str | None = None
    tsa_certificates: str | None = None

    def __post_init__(self) -> None:
        """Refuse half of what belongs together.

        Raises:
            ValueError: a timestamp authority without its certificates, or the other way round.
        """
        if (self.tsa is None) != (self.tsa_certificates is None):
            raise ValueError("tsa and tsa-certificates belong together")

    def value(self, base: Path) -> AsicConfig:
        """Return what is meant; relative paths count from the folder.

        Raises:
            ValueError: the authority has no HTTP address.
        """
        if self.tsa is not None:
            Origin.of(self.tsa)
        return AsicConfig(
            certificate=base / self.certificate,
            key=None if self.key is None else base / self.key,
            tsa=self.tsa,
            tsa_certificates=None if self.tsa_certificates is None else base / self.tsa_certificates,
        )


def address_of(text: str) -> tuple[str, int]:
    """Read HOST:PORT.

    Raises:
        ValueError: it is not that.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise ValueError(f"listen = {text!r} is not HOST:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
