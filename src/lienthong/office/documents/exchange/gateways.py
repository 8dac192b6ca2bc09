"""Which gateway serves which organ: from the TOML file that ``LIENTHONG_OFFICE_EXCHANGE`` names.

It may be written or changed while the office runs. Without it nothing leaves and nothing arrives.
"""

import contextlib
import ssl
import threading
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from lienthong.client import Client
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import OrganId, SubsystemId
from lienthong.office.documents.exchange.errors import GatewaysInvalid, OrganUnserved
from lienthong.office.documents.exchange.link import Exchange, Link
from lienthong.profiles import load

_EVERY: Final = "*"
_TIMEOUT: Final = 30.0
type _Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^/?#@]+/?$", max_length=300)]


class _Gateway(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    url: _Url
    # Identifiers, or all of the profile that no other gateway has.
    organs: list[str] | Literal["*"]
    # PEM files, beside the TOML file unless absolute.
    ca: str = ""
    certificate: str = ""
    key: str = ""
    # Plain HTTP to another machine, over a segment that only they share.
    trusted_segment: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gateway: list[_Gateway]
    system: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,40}$")] = "office"


@dataclass(slots=True, kw_only=True)
class Gateways:
    """The gateways of a file, and connections to them."""

    system: str
    _organs: Mapping[str, OrganId]
    # Organ's code → number of its gateway.
    _home: Mapping[str, int]
    _gateways: list[_Gateway]
    _folder: Path
    _clients: dict[int, Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, path: Path, known: Mapping[str, OrganId]) -> "Gateways":
        """Read a file.

        Args:
            path: the file.
            known: the organs of the profile by their codes.

        Raises:
            GatewaysInvalid: it cannot be read, or something in it is not in order.
        """
        try:
            file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=_File)
            organs = dict(known)
            home: dict[str, int] = {}
            for number, gateway in enumerate(file.gateway):
                _check(gateway)
                for text in () if gateway.organs == _EVERY else gateway.organs:
                    organ = OrganId.parse(text)
                    if home.setdefault(organ.member, number) != number or organs.get(organ.member, organ) != organ:
                        raise GatewaysInvalid(f"{path}: {text} stands there twice")
                    organs[organ.member] = organ
            rest = [number for number, gateway in enumerate(file.gateway) if gateway.organs == _EVERY]
            if len(rest) > 1:
                raise GatewaysInvalid(f"{path}: several gateways for all other organs")
            home = {code: rest[0] for code in known if rest} | home
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise GatewaysInvalid(f"{path}: {error}") from error
        except IdentifierInvalid as error:
            raise GatewaysInvalid(f"{path}: {error.where}") from error
        return cls(system=file.system, _organs=organs, _home=home, _gateways=file.gateway, _folder=path.parent)

    def served(self) -> Collection[str]:
        """Return the codes of organs whose office this is."""
        return self._home.keys()

    def organ(self, code: str) -> OrganId | None:
        """Return how an organ is named in the exchange; None for one that is not in it."""
        return self._organs.get(code)

    def link(self, code: str) -> Link:
        """Return an organ's way to its gateway.

        Raises:
            OrganUnserved: there is none.
        """
        organ, number = self._organs.get(code), self._home.get(code)
        if organ is None or number is None:
            raise OrganUnserved(code)
        name = SubsystemId(organ.instance, organ.member_class, organ.member, self.system)
        with self._lock:
            if number not in self._clients:
                self._clients[number] = self._connect(self._gateways[number], str(name))
            return self._clients[number].speaking_for(str(name))

    def close(self) -> None:
        """Close its connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _connect(self, gateway: _Gateway, name: str) -> Client:
        language = settings.LANGUAGE_CODE
        if not gateway.url.startswith("https:"):
            return Client(gateway.url, name, timeout=_TIMEOUT, language=language)
        try:
            tls = ssl.create_default_context(cafile=str(self._folder / gateway.ca) if gateway.ca else None)
            if gateway.certificate:
                tls.load_cert_chain(
                    self._folder / gateway.certificate, self._folder / gateway.key if gateway.key else None
                )
        except (OSError, ssl.SSLError) as error:
            raise GatewaysInvalid(f"{gateway.url}: certificate: {error}") from error
        return Client(gateway.url, name, timeout=_TIMEOUT, language=language, tls=tls)


class NoGateways:
    """Where no file is named or written yet: nobody is served."""

    system = "office"

    def served(self) -> Collection[str]:
        """Return none."""
        return ()

    def organ(self, code: str) -> OrganId | None:
        """Return how an organ of the profile is named in the exchange."""
        return profile_organs().get(code)

    def link(self, code: str) -> Link:
        """Refuse.

        Raises:
            OrganUnserved: always.
        """
        raise OrganUnserved(code)


@dataclass(slots=True)
class _Connected:
    """What was read last, and of which state of the file."""

    exchange: Exchange = field(default_factory=NoGateways)
    state: tuple[int, int, int] | None = None
    stand_in: Exchange | None = None


_connected: Final = _Connected()
_lock: Final = threading.Lock()


def connected() -> Exchange:
    """Return the exchange as the file describes it now.

    Raises:
        GatewaysInvalid: it is not in order.
    """
    if _connected.stand_in is not None:
        return _connected.stand_in
    path: Path | None = settings.EXCHANGE
    state = None
    if path is not None:
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            state = (found.st_mtime_ns, found.st_size, found.st_ino)
    with _lock:
        if state != _connected.state:
            if path is None or state is None:
                _connected.exchange = NoGateways()
            else:
                _connected.exchange = Gateways.read(path, profile_organs())
            _connected.state = state
        return _connected.exchange


def disconnect() -> None:
    """Close all connections; whoever asks next opens new ones."""
    with _lock:
        if isinstance(_connected.exchange, Gateways):
            _connected.exchange.close()


@contextlib.contextmanager
def standing_in(exchange: Exchange) -> Iterator[None]:
    """Have another exchange stand in for the configured one, for tests."""
    before, _connected.stand_in = _connected.stand_in, exchange
    try:
        yield
    finally:
        _connected.stand_in = before


@cache
def profile_organs() -> Mapping[str, OrganId]:
    """Return the organs of the profile by their codes, which are those of the office's units."""
    return {spec.id.member: spec.id for spec in load(settings.LIENTHONG_PROFILE).organs()}


def _check(gateway: _Gateway) -> None:
    parts = urlsplit(gateway.url)
    if parts.scheme == "http" and not (gateway.trusted_segment or _is_loopback(parts.hostname or "")):
        raise GatewaysInvalid(f"{gateway.url}: plain HTTP leaves this machine")
    if gateway.key and not gateway.certificate:
        raise GatewaysInvalid(f"{gateway.url}: a key without its certificate")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
