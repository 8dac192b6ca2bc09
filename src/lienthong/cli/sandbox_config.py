"""What takes part in a sandbox: one TOML file, checked as a whole before anything starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

import msgspec

from lienthong.directory.entries import ServiceType
from lienthong.exchange.descriptions import Source, source_of
from lienthong.exchange.http import METHODS
from lienthong.exchange.rest.faults import Codes
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId, TopicId, parse_client, part_of

_DEFAULT_INSTANCE: Final = "VN"
_NO_URL: Final = "SOAP"


class SandboxInvalid(LienthongError):
    """The sandbox's configuration is not in order."""

    code = "sandbox_invalid"
    hint = "Correct the file; docs/sandbox.md lists all settings."


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    pass


class _Grant(_Strict, frozen=True, kw_only=True):
    to: str
    methods: tuple[str, ...] = ()
    path: Annotated[str, msgspec.Meta(pattern=r"\A/", max_length=1024)] = "/**"


class _Service(_Strict, frozen=True, kw_only=True):
    code: str
    type: ServiceType = "REST"
    url: str | None = None
    # Its description (OPENAPI): an address, or a file; relative paths count from the folder of this file.
    openapi: str | None = None
    grants: tuple[_Grant, ...] | None = None


class _Provider(_Strict, frozen=True, kw_only=True):
    id: str
    service: tuple[_Service, ...] = ()


class _Topic(_Strict, frozen=True, kw_only=True):
    code: str
    grants: tuple[str, ...] | None = None


class _Consumer(_Strict, frozen=True, kw_only=True):
    id: str
    topic: tuple[_Topic, ...] = ()


class _File(_Strict, frozen=True, kw_only=True):
    instance: str = _DEFAULT_INSTANCE
    error_codes: Codes = Codes.CLASSIC
    consumer: tuple[_Consumer, ...] = ()
    provider: tuple[_Provider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxGrant:
    """Who may call a service, and how."""

    to: ClientId
    # Empty: all.
    methods: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxService:
    """A service behind the provider's gateway."""

    id: ServiceId
    type: ServiceType
    # None for a SOAP service whose address nobody needs: it cannot be called by REST.
    url: str | None
    # Its description, if it has one.
    openapi: Source | None = None
    # None: every consumer, all methods, all paths.
    grants: tuple[SandboxGrant, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTopic:
    """A topic that a consumer publishes on."""

    id: TopicId
    # Who may read it; None: every consumer.
    grants: tuple[ClientId, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Who takes part in a sandbox."""

    instance: str
    codes: Codes = Codes.CLASSIC
    consumers: tuple[ClientId, ...]
    providers: tuple[SubsystemId, ...]
    services: tuple[SandboxService, ...]
    topics: tuple[SandboxTopic, ...] = ()

    @classmethod
    def built_in(cls, echo: str) -> Self:
        """Return what runs without a file: a consumer, a provider and its echo service.

        Args:
            echo: where the echo service listens.
        """
        provider = SubsystemId(_DEFAULT_INSTANCE, "STATE", "G22", "Provider")
        service = SandboxService(id=_service_id(provider, "echo"), type="REST", url=echo, grants=None)
        return cls(
            instance=_DEFAULT_INSTANCE,
            consumers=(SubsystemId(_DEFAULT_INSTANCE, "PARTY", "A01", "Consumer"),),
            providers=(provider,),
            services=(service,),
        )

    @staticmethod
    def load(path: Path) -> "SandboxConfig":
        """Read a configuration.

        Raises:
            SandboxInvalid: with file and place of the first thing that is not in order.
        """
        return _Reader(path).read()


class _Reader:
    """One walk over a file; every objection names the place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._instance = _DEFAULT_INSTANCE

    def read(self) -> SandboxConfig:
        file = self._decoded()
        self._instance = self._part(file.instance, "instance")
        consumers = [
            self._own(self._checked(parse_client, each.id, place), place)
            for each, place in _places(file.consumer, "consumer", ".id")
        ]
        self._once(consumers, "consumer", ".id")
        providers = [
            self._own(self._checked(SubsystemId.parse, each.id, place), place)
            for each, place in _places(file.provider, "provider", ".id")
        ]
        self._once(providers, "provider", ".id")
        services = [
            service
            for number, each in enumerate(file.provider)
            for service in self._services(each, providers[number], f"provider[{number}]")
        ]
        return SandboxConfig(
            instance=self._instance,
            codes=file.error_codes,
            consumers=tuple(consumers),
            providers=tuple(providers),
            services=tuple(services),
            topics=tuple(
                topic
                for number, each in enumerate(file.consumer)
                for topic in self._topics(each, consumers[number], f"consumer[{number}].topic")
            ),
        )

    def _topics(self, consumer: _Consumer, owner: ClientId, place: str) -> list[SandboxTopic]:
        topics = []
        for topic, where in _places(consumer.topic, place, ""):
            if not isinstance(owner, SubsystemId):
                raise self._wrong(where, f"{owner} is an organ; an information system publishes")
            code = self._part(topic.code, f"{where}.code")
            id_ = TopicId(owner.instance, owner.member_class, owner.member, owner.subsystem, code)
            readers = None if topic.grants is None else self._readers(topic.grants, f"{where}.grants")
            topics.append(SandboxTopic(id=id_, grants=readers))
        self._once([topic.id for topic in topics], place, ".code")
        return topics

    def _readers(self, grants: tuple[str, ...], place: str) -> tuple[ClientId, ...]:
        return tuple(
            self._own(self._checked(parse_client, to, where), where) for to, where in _places(grants, place, "")
        )

    def _decoded(self) -> _File:
        try:
            return msgspec.toml.decode(self._path.read_bytes(), type=_File)
        except OSError as error:
            raise SandboxInvalid(f"{self._path}: {error.strerror}") from error
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
            # msgspec writes the place as a path from `$`.
            text = str(error).replace("`$.", "`")
            raise SandboxInvalid(f"{self._path}: {text}") from error

    def _services(self, provider: _Provider, id_: SubsystemId, place: str) -> list[SandboxService]:
        services = [
            self._service(each, id_, where) for each, where in _places(provider.service, f"{place}.service", "")
        ]
        self._once([service.id for service in services], f"{place}.service", ".code")
        return services

    def _service(self, service: _Service, provider: SubsystemId, place: str) -> SandboxService:
        if service.url is None and service.type != _NO_URL:
            raise self._wrong(f"{place}.url", "it is missing", hint='Write where the service is: url = "http://…".')
        if service.url is not None and not _is_address(service.url):
            raise self._wrong(f"{place}.url", f"{service.url!r} is not an http or https address without query")
        grants = service.grants
        return SandboxService(
            id=_service_id(provider, self._part(service.code, f"{place}.code")),
            type=service.type,
            url=service.url,
            openapi=self._description(service, place),
            grants=None
            if grants is None
            else tuple(self._grant(each, where) for each, where in _places(grants, f"{place}.grants", "")),
        )

    def _description(self, service: _Service, place: str) -> Source | None:
        if service.openapi is None:
            return None
        try:
            return source_of(service.openapi, base=self._path.resolve().parent)
        except ValueError as error:
            raise self._wrong(f"{place}.openapi", str(error)) from error

    def _grant(self, grant: _Grant, place: str) -> SandboxGrant:
        for method in grant.methods:
            if method not in METHODS:
                raise self._wrong(f"{place}.methods", f"{method!r} is none of {', '.join(sorted(METHODS))}")
        to = self._own(self._checked(parse_client, grant.to, f"{place}.to"), f"{place}.to")
        return SandboxGrant(to=to, methods=grant.methods, path=grant.path)

    def _part(self, text: str, place: str) -> str:
        return self._checked(part_of, text, place)

    def _checked[T](self, read: Callable[[str], T], text: str, place: str) -> T:
        try:
            return read(text)
        except IdentifierInvalid as error:
            raise self._wrong(place, f"{error.message}: {error.where}", hint=error.advice) from error

    def _own[T: OrganId | SubsystemId](self, id_: T, place: str) -> T:
        if id_.instance != self._instance:
            raise self._wrong(place, f"{id_} is not of the instance {self._instance}")
        return id_

    def _once(self, ids: Iterable[object], place: str, field: str) -> None:
        seen: dict[object, int] = {}
        for number, id_ in enumerate(ids):
            if id_ in seen:
                raise self._wrong(f"{place}[{number}]{field}", f"{id_} is already at {place}[{seen[id_]}]")
            seen[id_] = number

    def _wrong(self, place: str, what: str, *, hint: str = "") -> SandboxInvalid:
        return SandboxInvalid(f"{self._path}: {place}: {what}", hint=hint)


def _places[T](entries: Iterable[T], name: str, field: str) -> Iterable[tuple[T, str]]:
    return ((entry, f"{name}[{number}]{field}") for number, entry in enumerate(entries))


def _service_id(provider: SubsystemId, code: str) -> ServiceId:
    return ServiceId(provider.instance, provider.member_class, provider.member, provider.subsystem, code)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment and not parts.query
    return usable and text.isascii() and not any(character.isspace() for character in text)
