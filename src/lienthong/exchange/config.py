"""A gateway's configuration: one TOML file, checked as a whole before anything starts."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Final, Self

import msgspec

from lienthong.exchange.archive.archive import Settings
from lienthong.exchange.archive.kept import Keep
from lienthong.exchange.config_text import table, tables
from lienthong.exchange.descriptions import Source, source_of
from lienthong.exchange.http_client import MAX_BODY
from lienthong.exchange.limits import Limits
from lienthong.exchange.mail.ordering import HOLD
from lienthong.exchange.mail.sweeping import KEEP
from lienthong.exchange.mail.uploads import MAX_UPLOAD
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.faults import Codes
from lienthong.exchange.settings import (
    AsicConfig,
    AsicForm,
    ConfigInvalid,
    ServiceForm,
    ServiceTrust,
    Subsystem,
    SubsystemForm,
    Tls,
    TlsForm,
    address_of,
    is_loopback,
)
from lienthong.exchange.spool import Bodies
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ServiceId

__all__ = ["AsicConfig", "ConfigInvalid", "GatewayConfig"]

JOURNAL: Final = "journal.sqlite"
DIRECTORY: Final = "directory"
BLOBS: Final = "blobs"
ARCHIVE: Final = "archive.sqlite"
SPOOL: Final = "spool"


class _Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    max_content: Annotated[int, msgspec.Meta(ge=1 << 20, le=1 << 40)] = MAX_UPLOAD
    hold_minutes: Annotated[int, msgspec.Meta(ge=0, le=7 * 24 * 60)] = HOLD // MINUTE
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = KEEP // DAY


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
    asic: AsicForm | None = None
    services: list[ServiceForm] = []
    tls: TlsForm | None = None
    subsystems: list[SubsystemForm] | None = None
    web: Bounds = Bounds()
    limits: Limits = Limits()
    mail: _Mail = _Mail()
    bodies: Bodies = Bodies()


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
    # Where the web face listens in plain HTTP; None: it does not.
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
    # How the servers of those behind HTTPS are known; the others by the system's authorities.
    trusts: dict[ServiceId, ServiceTrust] = field(default_factory=dict)
    # The gateway's own certificate, and where it listens with it.
    tls: Tls | None = None
    # Which information systems may connect and how; None: any of them in plain HTTP.
    subsystems: tuple[Subsystem, ...] | None = None
    # What a client of the web face may take.
    bounds: Bounds = field(default_factory=Bounds)
    # How much one information system and one other site may ask for.
    limits: Limits = field(default_factory=Limits)
    # How much room there is for large bodies of calls.
    bodies: Bodies = field(default_factory=Bodies)
    # Bytes that one content of a message may have.
    max_content: int = MAX_UPLOAD
    # How long a message waits for an earlier one of its conversation.
    hold: Millis = HOLD
    # How long large contents of a message are kept after it was accepted or refused.
    keep: Millis = KEEP

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

    @property
    def spool(self) -> Path:
        """Folder in which files without a name are made for large bodies of calls."""
        return self.state / SPOOL

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a configuration; relative paths count from the file's folder.

        Raises:
            ConfigInvalid: missing, not TOML, an unknown or missing setting, or a value of the wrong form.
        """
        base = path.resolve().parent
        try:
            file = msgspec.toml.decode(path.read_bytes(), type=_File)
            return cls._of(file, base)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError, IdentifierInvalid, ValueError) as error:
            raise ConfigInvalid(f"{path}: {error}") from error

    @classmethod
    def _of(cls, file: _File, base: Path) -> Self:
        services = {ServiceId.parse(service.id): service for service in file.services}
        trusts = {id_: service.trust(base) for id_, service in services.items()}
        openapi = {id_: service.openapi for id_, service in services.items()}
        subsystems = None if file.subsystems is None else tuple(form.value(base) for form in file.subsystems)
        return cls(
            site=file.site,
            state=base / file.state,
            nats=tuple(file.nats),
            credential=base / file.credential,
            keys=base / file.keys,
            passphrase_file=None if file.passphrase_file is None else base / file.passphrase_file,
            root=base / file.root,
            listen=None if file.listen is None else _plain(file.listen, anywhere=file.trusted_segment),
            codes=file.error_codes,
            services={id_: service.url for id_, service in services.items()},
            descriptions={id_: source_of(text, base=base) for id_, text in openapi.items() if text is not None},
            archive=Settings(keep=file.archive, days=file.archive_keep_days, max_body=file.archive_max_body),
            asic=None if file.asic is None else file.asic.value(base),
            trusts={id_: trust for id_, trust in trusts.items() if trust is not None},
            tls=None if file.tls is None else _secured(file.tls.value(base), subsystems),
            subsystems=subsystems,
            bounds=file.web,
            limits=file.limits,
            max_content=file.mail.max_content,
            hold=file.mail.hold_minutes * MINUTE,
            keep=file.mail.keep_days * DAY,
            bodies=file.bodies,
        )

    def to_toml(self) -> str:
        """Write the configuration as ``load`` reads it, with absolute paths."""
        lines: dict[str, object] = {
            "site": self.site,
            "state": self.state,
            "nats": self.nats,
            "credential": self.credential,
            "keys": self.keys,
            "root": self.root,
            "error-codes": self.codes,
            "archive": self.archive.keep,
            "archive-keep-days": self.archive.days,
            "archive-max-body": self.archive.max_body,
            "passphrase-file": self.passphrase_file,
        }
        if self.listen is not None:
            lines["listen"] = f"{self.listen[0]}:{self.listen[1]}"
            lines["trusted-segment"] = not is_loopback(self.listen[0])
        if self.subsystems == ():
            lines["subsystems"] = ()
        text = [table("", lines), table("web", msgspec.to_builtins(self.bounds))]
        text.append(table("limits", msgspec.to_builtins(self.limits)))
        text.append(table("bodies", msgspec.to_builtins(self.bodies)))
        mail = {"max-content": self.max_content, "hold-minutes": self.hold // MINUTE, "keep-days": self.keep // DAY}
        text.append(table("mail", mail))
        if self.tls is not None:
            listen = None if self.tls.listen is None else f"{self.tls.listen[0]}:{self.tls.listen[1]}"
            text.append(table("tls", {"certificate": self.tls.certificate, "key": self.tls.key, "listen": listen}))
        if self.asic is not None:
            given = {field_.name.replace("_", "-"): getattr(self.asic, field_.name) for field_ in fields(self.asic)}
            text.append(table("asic", given))
        systems = [
            {"id": each.id, "connection": each.way, "certificates": each.certificates} for each in self.subsystems or ()
        ]
        text += [tables("subsystems", systems), tables("services", map(self._service, self.services))]
        return "".join(text)

    def _service(self, id_: ServiceId) -> dict[str, object]:
        trust = self.trusts.get(id_, ServiceTrust())
        return {
            "id": id_,
            "url": self.services[id_],
            "openapi": self.descriptions.get(id_),
            "ca": trust.ca,
            "pinned": trust.pinned,
        }


def _plain(text: str, *, anywhere: bool) -> tuple[str, int]:
    address = address_of(text)
    if not anywhere and not is_loopback(address[0]):
        # Plain HTTP names its caller by a header: whoever reaches the port speaks for every system here.
        raise ValueError(f"listen = {text!r} is not on loopback; if only our systems reach it: trusted-segment = true")
    return address


def _secured(tls: Tls, subsystems: tuple[Subsystem, ...] | None) -> Tls:
    if tls.listen is not None and not subsystems:
        raise ValueError("[tls] listens for nobody: name who may connect in [[subsystems]]")
    return tls
