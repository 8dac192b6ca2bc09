"""A gateway's configuration: one TOML file, checked as a whole before anything starts."""

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Self

import msgspec

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.descriptions import Source, source_of
from lienthong.exchange.http_client import MAX_BODY, Origin
from lienthong.exchange.rest.faults import Codes
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ServiceId

JOURNAL: Final = "journal.sqlite"
DIRECTORY: Final = "directory"
BLOBS: Final = "blobs"
ARCHIVE: Final = "archive.sqlite"


class ConfigInvalid(LienthongError):
    """The gateway's configuration is not in order."""

    code = "config_invalid"
    hint = "Correct the file; docs/operations.md lists all settings."


class _Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    url: str
    # The description of an OPENAPI service: an address, or a file.
    openapi: str | None = None


class _Asic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    certificate: str
    key: str | None = None
    tsa: str | None = None
    tsa_certificates: str | None = None

    def __post_init__(self) -> None:
        if (self.tsa is None) != (self.tsa_certificates is None):
            raise ValueError("tsa and tsa-certificates belong together")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    site: str
    state: str
    nats: list[str]
    credential: str
    keys: str
    root: str
    passphrase_file: str | None = None
    listen: str | None = None
    trusted_segment: bool = False
    error_codes: Codes = Codes.CLASSIC
    archive: Keep = Keep.NONE
    archive_keep_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = Settings().days
    archive_max_body: Annotated[int, msgspec.Meta(ge=0, le=MAX_BODY)] = Settings().max_body
    asic: _Asic | None = None
    services: list[_Service] = []


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """What a gateway needs to know to start."""

    # Carrier token of the site it serves.
    site: str
    # Folder of the journal, the directory's cache and large contents.
    state: Path
    # Addresses of the carrier.
    nats: tuple[str, ...]
    # The site's credential for the carrier.
    credential: Path
    # Encrypted key store with the keys of the site and its organs.
    keys: Path
    # File with the store's passphrase; asked for, or taken from the environment's file, when absent.
    passphrase_file: Path | None
    # The directory's root that is trusted to begin with.
    root: Path
    # Where the web face listens; None for a gateway without information systems.
    listen: tuple[str, int] | None
    codes: Codes
    # Where the services of the organs here are.
    services: dict[ServiceId, str]
    # Where the descriptions of those that have one are.
    descriptions: dict[ServiceId, Source] = field(default_factory=dict)
    # Which contents of calls are kept, and for how long.
    archive: Settings = field(default_factory=Settings)
    # None: no containers are handed out.
    asic: AsicConfig | None = None

    @property
    def archive_file(self) -> Path:
        """File of the archive."""
        return self.state / ARCHIVE

    @property
    def journal(self) -> Path:
        """File of the journal."""
        return self.state / JOURNAL

    @property
    def directory(self) -> Path:
        """Folder of the directory's cache."""
        return self.state / DIRECTORY

    @property
    def blobs(self) -> Path:
        """Folder of large contents."""
        return self.state / BLOBS

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a configuration; relative paths count from the file's folder.

        Raises:
            ConfigInvalid: missing, not TOML, an unknown or missing setting, or a value of the wrong form.
        """
        base = path.resolve().parent
        try:
            file = msgspec.toml.decode(path.read_bytes(), type=_File)
            services = {ServiceId.parse(service.id): service.url for service in file.services}
            for url in services.values():
                Origin.of(url)
            descriptions = {
                ServiceId.parse(service.id): source_of(service.openapi, base=base)
                for service in file.services
                if service.openapi is not None
            }
            asic = None if file.asic is None else _asic(file.asic, base)
            listen = None if file.listen is None else _address(file.listen, anywhere=file.trusted_segment)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError, IdentifierInvalid, ValueError) as error:
            raise ConfigInvalid(f"{path}: {error}") from error
        return cls(
            site=file.site,
            state=base / file.state,
            nats=tuple(file.nats),
            credential=base / file.credential,
            keys=base / file.keys,
            passphrase_file=None if file.passphrase_file is None else base / file.passphrase_file,
            root=base / file.root,
            listen=listen,
            codes=file.error_codes,
            services=services,
            descriptions=descriptions,
            archive=Settings(keep=file.archive, days=file.archive_keep_days, max_body=file.archive_max_body),
            asic=asic,
        )

    def to_toml(self) -> str:
        """Write the configuration as ``load`` reads it, with absolute paths."""
        lines: dict[str, str | bool | int | list[str]] = {
            "site": self.site,
            "state": str(self.state),
            "nats": list(self.nats),
            "credential": str(self.credential),
            "keys": str(self.keys),
            "root": str(self.root),
            "error-codes": self.codes.value,
            "archive": self.archive.keep.value,
            "archive-keep-days": self.archive.days,
            "archive-max-body": self.archive.max_body,
        }
        if self.passphrase_file is not None:
            lines["passphrase-file"] = str(self.passphrase_file)
        if self.listen is not None:
            lines["listen"] = f"{self.listen[0]}:{self.listen[1]}"
            lines["trusted-segment"] = not _is_loopback(self.listen[0])
        text = [_line(name, value) for name, value in lines.items()]
        if self.asic is not None:
            given = {
                "certificate": self.asic.certificate,
                "key": self.asic.key,
                "tsa": self.asic.tsa,
                "tsa-certificates": self.asic.tsa_certificates,
            }
            text += ["", "[asic]", *(_line(name, str(value)) for name, value in given.items() if value is not None)]
        for service, url in self.services.items():
            text += ["", "[[services]]", _line("id", str(service)), _line("url", url)]
            if service in self.descriptions:
                text.append(_line("openapi", str(self.descriptions[service])))
        return "\n".join(text) + "\n"


def _line(name: str, value: str | bool | int | list[str]) -> str:  # noqa: FBT001 - a value of the file
    # A JSON string, and a list of them, is also one in TOML.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _asic(asic: _Asic, base: Path) -> AsicConfig:
    if asic.tsa is not None:
        Origin.of(asic.tsa)
    return AsicConfig(
        certificate=base / asic.certificate,
        key=None if asic.key is None else base / asic.key,
        tsa=asic.tsa,
        tsa_certificates=None if asic.tsa_certificates is None else base / asic.tsa_certificates,
    )


def _address(text: str, *, anywhere: bool) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise ValueError(f"listen = {text!r} is not HOST:PORT")
    if not anywhere and not _is_loopback(host):
        # Plain HTTP names its caller by a header: whoever reaches the port speaks for every system here.
        raise ValueError(f"listen = {text!r} is not on loopback; if only our systems reach it: trusted-segment = true")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
