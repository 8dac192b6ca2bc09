"""What must hold of a source as a whole; every objection names file and place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

from lienthong.directory.entries import (
    BranchEntry,
    GrantEntry,
    InstanceEntry,
    KeyEntry,
    OrganEntry,
    ServiceEntry,
    SubsystemEntry,
    TopicEntry,
    TopicGrantEntry,
)
from lienthong.directory.errors import SourceInvalid
from lienthong.directory.model import GROUP, LOCAL_GROUP
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import OrganId, checked, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust.keys import Algorithm, PublicKey, Use

_EVERYONE: Final = "*"


def check_source(
    instance: InstanceEntry, groups: Mapping[str, tuple[str, ...]], branches: Mapping[str, BranchEntry]
) -> None:
    """Check a source.

    Raises:
        SourceInvalid: with file and place of the first thing that is not in order.
    """
    if not branches:
        raise SourceInvalid("branches: there is none")
    for code, members in groups.items():
        for index, member in enumerate(members):
            _client(member, f"groups.toml: {code}[{index}]")
    check = _Check(instance=instance.instance, groups=frozenset(groups))
    for code, branch in branches.items():
        check.branch(f"branches/{code}.json", branch)
    check.references()


def check_key(key: PublicKey) -> None:
    """Check that the public bytes are a key of their algorithm.

    Raises:
        ValueError: they are not.
    """
    _check_public(key.algorithm, key.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the services of an information system are checked against."""

    ceiling: Label
    groups: frozenset[str]


class _Check:
    """One walk over a source, remembering what must be unique or must exist."""

    def __init__(self, *, instance: str, groups: frozenset[str]) -> None:
        self._instance = instance
        self._groups = groups
        self._seen: dict[tuple[str, str], str] = {}
        self._sites_named: list[tuple[str, str]] = []
        self._parents: dict[str, tuple[str, str]] = {}

    def branch(self, file: str, branch: BranchEntry) -> None:
        for index, site in enumerate(branch.sites):
            place = f"{file}: sites[{index}] ({site.code})"
            self._unique("site", site.code, place)
            self._keys(site.keys, place)
            for number, key in enumerate(site.keys):
                if key.value().use is not Use.SEAL:
                    raise SourceInvalid(f"{place}.keys[{number}]: a site only seals; {key.algorithm} is for wrapping")
        for index, organ in enumerate(branch.organs):
            self._organ(organ, f"{file}: organs[{index}] ({organ.id})")

    def references(self) -> None:
        for site, place in self._sites_named:
            if ("site", site) not in self._seen:
                raise SourceInvalid(f"{place}.site: there is no site {site}")
        for organ, (parent, place) in self._parents.items():
            if ("organ", parent) not in self._seen:
                raise SourceInvalid(f"{place}.parent: there is no organ {parent}")
            self._no_circle(organ, place)

    def _organ(self, organ: OrganEntry, place: str) -> None:
        id_ = _translated(f"{place}.id", lambda: OrganId.parse(organ.id))
        if str(id_) != organ.id:
            raise SourceInvalid(f"{place}.id: write it as {id_}")
        if id_.instance != self._instance:
            raise SourceInvalid(f"{place}.id: it is not of the instance {self._instance}")
        self._unique("organ", organ.id, place)
        self._unique("token", organ.token, f"{place}.token")
        self._sites_named.append((organ.site, place))
        if organ.parent is not None:
            self._parents[organ.id] = (organ.parent, place)
        self._keys(organ.keys, place)
        ceiling = _translated(f"{place}.ceiling", lambda: Label.parse(organ.ceiling))
        known: dict[str, _Known] = {}
        for index, subsystem in enumerate(organ.subsystems):
            self._subsystem(subsystem, ceiling, known, f"{place}.subsystems[{index}]")
        seen: set[tuple[str, str]] = set()
        for index, service in enumerate(organ.services):
            self._service(service, known, seen, f"{place}.services[{index}]")
        topics: set[tuple[str, str]] = set()
        for index, topic in enumerate(organ.topics):
            self._topic(topic, known, topics, f"{place}.topics[{index}]")

    def _subsystem(self, subsystem: SubsystemEntry, above: Label, known: dict[str, _Known], place: str) -> None:
        _translated(f"{place}.code", lambda: checked(subsystem.code))
        ceiling = _translated(f"{place}.ceiling", lambda: Label.parse(subsystem.ceiling))
        if not ceiling <= above:
            raise SourceInvalid(f"{place}.ceiling: {ceiling} is above the organ's own, {above}")
        for group, members in subsystem.groups.items():
            for index, member in enumerate(members):
                _client(member, f"{place}.groups.{group}[{index}]")
        if subsystem.code in known:
            raise SourceInvalid(f"{place}.code: {subsystem.code} is there twice")
        known[subsystem.code] = _Known(ceiling=ceiling, groups=frozenset(subsystem.groups))

    def _service(
        self, service: ServiceEntry, known: Mapping[str, _Known], seen: set[tuple[str, str]], place: str
    ) -> None:
        provider = self._offered(service, known, seen, place)
        for index, grant in enumerate(service.grants):
            self._grant(grant, provider.groups, f"{place}.grants[{index}]")

    def _topic(self, topic: TopicEntry, known: Mapping[str, _Known], seen: set[tuple[str, str]], place: str) -> None:
        provider = self._offered(topic, known, seen, place)
        for index, grant in enumerate(topic.grants):
            self._grant(grant, provider.groups, f"{place}.grants[{index}]")

    @staticmethod
    def _offered(
        entry: ServiceEntry | TopicEntry, known: Mapping[str, _Known], seen: set[tuple[str, str]], place: str
    ) -> _Known:
        _translated(f"{place}.code", lambda: checked(entry.code))
        label = _translated(f"{place}.label", lambda: Label.parse(entry.label))
        provider = known.get(entry.subsystem)
        if provider is None:
            raise SourceInvalid(f"{place}.subsystem: the organ has no subsystem {entry.subsystem}")
        if not label <= provider.ceiling:
            raise SourceInvalid(f"{place}.label: {label} is above the subsystem's ceiling")
        if (entry.subsystem, entry.code) in seen:
            raise SourceInvalid(f"{place}.code: {entry.code} is there twice")
        seen.add((entry.subsystem, entry.code))
        return provider

    def _grant(self, grant: GrantEntry | TopicGrantEntry, local: frozenset[str], place: str) -> None:
        if grant.to.startswith(GROUP):
            if grant.to.removeprefix(GROUP) not in self._groups:
                raise SourceInvalid(f"{place}.to: there is no {grant.to} in groups.toml")
        elif grant.to.startswith(LOCAL_GROUP):
            if grant.to.removeprefix(LOCAL_GROUP) not in local:
                raise SourceInvalid(f"{place}.to: there is no {grant.to} in the groups of the subsystem")
        elif grant.to != _EVERYONE:
            _client(grant.to, f"{place}.to")

    def _keys(self, keys: Iterable[KeyEntry], place: str) -> None:
        for index, entry in enumerate(keys):
            where = f"{place}.keys[{index}]"
            key = entry.value()
            self._unique("key", key.kid.hex(), where)
            try:
                check_key(key)
            except ValueError as error:
                raise SourceInvalid(f"{where}.public: not a key of {entry.algorithm}") from error

    def _unique(self, kind: str, value: str, place: str) -> None:
        before = self._seen.setdefault((kind, value), place)
        if before is not place:
            raise SourceInvalid(f"{place}: the {kind} {value} is already at {before}")

    def _no_circle(self, organ: str, place: str) -> None:
        for above, steps in self._ancestors(organ):
            if above == organ or steps > len(self._parents):
                raise SourceInvalid(f"{place}.parent: the organs above it form a circle")

    def _ancestors(self, organ: str) -> Iterator[tuple[str, int]]:
        steps = 0
        while organ in self._parents:
            organ, steps = self._parents[organ][0], steps + 1
            yield organ, steps


@lru_cache(maxsize=65536)
def _check_public(algorithm: Algorithm, public: bytes) -> None:
    # X25519 takes any 32 bytes; the others have to be points or vectors of their ring.
    match algorithm:
        case Algorithm.ES256:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        case Algorithm.EDDSA:
            ed25519.Ed25519PublicKey.from_public_bytes(public)
        case Algorithm.ML_DSA_65:
            mldsa.MLDSA65PublicKey.from_public_bytes(public)
        case _:
            _ = PublicKey(algorithm, public, 0, 1).encapsulation_key


def _client(text: str, place: str) -> None:
    client = _translated(place, lambda: parse_client(text))
    if str(client) != text:
        raise SourceInvalid(f"{place}: write it as {client}")


def _translated[T](place: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except LienthongError as error:
        raise SourceInvalid(f"{place}: {error.message}: {error.where}", hint=error.advice) from error
