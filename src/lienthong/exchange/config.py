"""A gateway's configuration: one TOML file, checked as a whole before anything starts."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Self

import msgspec

from lienthong.exchange.http_client import Origin
from lienthong.exchange.mail.ordering import HOLD
from lienthong.exchange.mail.uploads import MAX_UPLOAD
from lienthong.exchange.rest.faults import Codes
from lienthong.kernel.clock import MINUTE, Millis
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ServiceId

JOURNAL: Final = "journal.sqlite"
DIRECTORY: Final = "directory"
BLOBS: Final = "blobs"


class ConfigInvalid(LienthongError):
    """The gateway's configuration is not in order."""

    code = "config_invalid"
    hint = "Correct the file; docs/operations.md lists all settings."


class _Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    url: str


class _Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    max_content: Annotated[int, msgspec.Meta(ge=1 << 20, le=1 << 40)] = MAX_UPLOAD
    hold_minutes: Annotated[int, msgspec.Meta(ge=0, le=7 * 24 * 60)] = HOLD // MINUTE


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
    services: list[_Service] = []
    mail: _Mail = _Mail()


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
    # Bytes that one content of a message may have.
    max_content: int = MAX_UPLOAD
    # How long a message waits for an earlier one of its conversation.
    hold: Millis = HOLD

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
        try:
            file = msgspec.toml.decode(path.read_bytes(), type=_File)
            services = {ServiceId.parse(service.id): service.url for service in file.services}
            for url in services.values():
                Origin.of(url)
            listen = None if file.listen is None else _address(file.listen, anywhere=file.trusted_segment)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError, IdentifierInvalid, ValueError) as error:
            raise ConfigInvalid(f"{path}: {error}") from error
        base = path.resolve().parent
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
            max_content=file.mail.max_content,
            hold=file.mail.hold_minutes * MINUTE,
        )

    def to_toml(self) -> str:
        """Write the configuration as ``load`` reads it, with absolute paths."""
        lines: dict[str, str | bool | list[str]] = {
            "site": self.site,
            "state": str(self.state),
            "nats": list(self.nats),
            "credential": str(self.credential),
            "keys": str(self.keys),
            "root": str(self.root),
            "error-codes": self.codes.value,
        }
        if self.passphrase_file is not None:
            lines["passphrase-file"] = str(self.passphrase_file)
        if self.listen is not None:
            lines["listen"] = f"{self.listen[0]}:{self.listen[1]}"
            lines["trusted-segment"] = not _is_loopback(self.listen[0])
        # A JSON string, and a list of them, is also one in TOML.
        text = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in lines.items()]
        text += ["", "[mail]", f"max-content = {self.max_content}", f"hold-minutes = {self.hold // MINUTE}"]
        for service, url in self.services.items():
            text += ["", "[[services]]", f"id = {json.dumps(str(service))}", f"url = {json.dumps(url)}"]
        return "\n".join(text) + "\n"


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
